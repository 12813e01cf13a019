"""The store of notify: the same cases over the one in memory and the one in MongoDB's protocol."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from lantian_notify.deliveries.circuit import EndpointHealth
from lantian_notify.deliveries.delivery import Attempt, Delivery, DeliveryStore, StoreAway
from lantian_notify.deliveries.store import MongoDeliveryStore
from lantian_notify.store import Connection
from tests.support.notify_events import NOW_MS, a_delivery
from tests.support.notify_store import FakeDeliveryStore

WALL_MS = 1_800_000_000_000
ENDPOINT = "webhook:team-1"


@pytest.fixture(params=["memory", "mongo"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[DeliveryStore]:
    """A store with nothing in it."""
    if request.param == "memory":
        yield FakeDeliveryStore()
        return
    connection = Connection(request.getfixturevalue("store_url"), request.getfixturevalue("store_database"))
    mongo = MongoDeliveryStore(connection.database)
    await mongo.prepare()
    yield mongo
    await connection.close()


async def claim(store: DeliveryStore, limit: int = 10, owner: str = "me", wall: int = WALL_MS) -> list[Delivery]:
    """A claim of a minute."""
    return await store.claim(ENDPOINT, NOW_MS, wall, limit=limit, owner=owner, until_wall_ms=wall + 60_000)


async def test_a_delivery_comes_back_as_it_was_written(store: DeliveryStore) -> None:
    """Every field, attempts included, survives the way there and back."""
    attempt = Attempt(NOW_MS, WALL_MS, "https://a.example", "8.8.8.8", "status", "status 500", 500, "ab" * 32, 12)
    delivery = a_delivery(attempts=(attempt,), replays_ms=(NOW_MS,), tried=1, reason="status", body="蓝天".encode())
    assert await store.insert(delivery)
    assert await store.get("msg_1") == delivery
    assert await store.get("msg_2") is None


async def test_the_same_id_is_taken_once(store: DeliveryStore) -> None:
    """A repeat answers False and changes nothing."""
    assert await store.insert(a_delivery())
    assert not await store.insert(a_delivery(body=b"other"))
    stored = await store.get("msg_1")
    assert stored is not None
    assert stored.body == a_delivery().body


async def test_only_due_and_free_deliveries_are_claimed(store: DeliveryStore) -> None:
    """Not those of other endpoints, not settled ones, not those of later, not those leased."""
    await store.insert(a_delivery("due"))
    await store.insert(a_delivery("later", next_at_ms=NOW_MS + 1))
    await store.insert(a_delivery("other", endpoint_id="webhook:team-2"))
    await store.insert(a_delivery("done", state="delivered"))
    await store.insert(a_delivery("leased", lease_until_wall_ms=WALL_MS + 1))
    assert await store.due_endpoints(NOW_MS, WALL_MS) == [ENDPOINT, "webhook:team-2"]
    assert [delivery.delivery_id for delivery in await claim(store)] == ["due"]
    assert await claim(store) == []
    assert await store.due_endpoints(NOW_MS, WALL_MS) == ["webhook:team-2"]
    assert await store.next_due_ms(NOW_MS) == NOW_MS + 1
    assert await store.next_due_ms(NOW_MS + 1) is None


async def test_the_most_urgent_then_the_oldest_come_first(store: DeliveryStore) -> None:
    """Severity before age (F-15), and the limit cuts the rest."""
    await store.insert(a_delivery("minor-old", urgency=1, created_ms=NOW_MS - 9))
    await store.insert(a_delivery("grave-new", urgency=4, created_ms=NOW_MS - 1))
    await store.insert(a_delivery("grave-old", urgency=4, created_ms=NOW_MS - 5))
    await store.insert(a_delivery("history", urgency=0, created_ms=NOW_MS - 99))
    assert [delivery.delivery_id for delivery in await claim(store, 3)] == ["grave-old", "grave-new", "minor-old"]
    assert [delivery.delivery_id for delivery in await claim(store, 3)] == ["history"]


async def test_an_old_owner_is_fenced(store: DeliveryStore) -> None:
    """After the lease ran out another takes over, and the first one's record is refused."""
    await store.insert(a_delivery())
    (first,) = await claim(store, owner="a")
    assert await claim(store, owner="b", wall=WALL_MS + 59_999) == []
    (second,) = await claim(store, owner="b", wall=WALL_MS + 60_000)
    assert not await store.save(replace(first, state="delivered"))
    assert await store.save(replace(second, state="delivered"))
    stored = await store.get("msg_1")
    assert stored is not None
    assert (stored.state, stored.rev, stored.body) == ("delivered", second.rev + 1, a_delivery().body)


async def test_saving_what_is_not_there_is_refused(store: DeliveryStore) -> None:
    """No delivery appears by the back door."""
    assert not await store.save(a_delivery("unknown"))
    assert await store.get("unknown") is None


async def test_a_new_life_frees_its_own_leases_only(store: DeliveryStore) -> None:
    """And what the former life still tries to record is refused."""
    await store.insert(a_delivery("mine"))
    (mine,) = await claim(store, owner="a")
    await store.insert(a_delivery("theirs"))
    await claim(store, owner="b")
    assert await store.release("a") == 1
    assert not await store.save(mine)
    assert [delivery.delivery_id for delivery in await claim(store, owner="a")] == ["mine"]


async def test_past_the_deadline_a_delivery_fails(store: DeliveryStore) -> None:
    """Pending and free ones only; the store says how many."""
    await store.insert(a_delivery("late", deadline_ms=NOW_MS))
    await store.insert(a_delivery("leased", deadline_ms=NOW_MS, lease_until_wall_ms=WALL_MS + 1))
    await store.insert(a_delivery("done", deadline_ms=NOW_MS, state="delivered"))
    await store.insert(a_delivery("in-time", deadline_ms=NOW_MS + 1))
    assert await store.expire(NOW_MS, WALL_MS) == 1
    late = await store.get("late")
    assert late is not None
    assert (late.state, late.reason, late.settled_ms, late.rev) == ("failed", "expired", NOW_MS, 2)
    backlog = await store.backlog()
    counted = {state: count for state, count in backlog.counts.items() if count}
    assert counted == {"pending": 2, "delivered": 1, "failed": 1}
    assert backlog.oldest_pending_ms == NOW_MS


async def test_pages_are_whole_and_do_not_overlap(store: DeliveryStore) -> None:
    """Keyset paging over equal times, with the filters; bodies stay behind."""
    for number in range(7):
        await store.insert(a_delivery(f"msg_{number}", created_ms=NOW_MS + number // 3, state="failed"))
    await store.insert(a_delivery("pending", created_ms=NOW_MS + 99))
    await store.insert(a_delivery("elsewhere", endpoint_id="webhook:team-2", state="failed"))
    seen: list[str] = []
    before = None
    while found := await store.page(state="failed", endpoint_id=ENDPOINT, before=before, limit=3):
        assert all(delivery.body == b"" for delivery in found)
        seen += [delivery.delivery_id for delivery in found]
        before = (found[-1].created_ms, found[-1].delivery_id)
    assert seen == ["msg_6", "msg_5", "msg_4", "msg_3", "msg_2", "msg_1", "msg_0"]
    everything = await store.page(state=None, endpoint_id=None, before=None, limit=100)
    assert len(everything) == 9


async def test_an_empty_store_has_no_backlog(store: DeliveryStore) -> None:
    """Zero of each state, nothing oldest."""
    backlog = await store.backlog()
    assert set(backlog.counts.values()) == {0}
    assert backlog.oldest_pending_ms is None


async def test_health_is_fresh_until_changed(store: DeliveryStore) -> None:
    """Changes build on each other and are kept."""
    assert await store.health(ENDPOINT) == EndpointHealth(ENDPOINT)
    for expected in (1, 2, 3):
        health = await store.change_health(ENDPOINT, lambda health: health.failed("https://a.example", NOW_MS))
        assert health.failures == expected
    assert await store.health(ENDPOINT) == health
    gone = await store.change_health(ENDPOINT, lambda health: health.disabled("https://a.example", NOW_MS, "gone"))
    assert gone == await store.health(ENDPOINT)
    assert gone.disabled_reason == "gone"


async def test_a_store_that_is_away_says_so(unused_tcp_port: int) -> None:
    """Both kinds raise StoreAway, nothing else."""
    fake = FakeDeliveryStore()
    fake.away = True
    with pytest.raises(StoreAway):
        await fake.insert(a_delivery())
    connection = Connection(f"mongodb://127.0.0.1:{unused_tcp_port}", "x", selection_ms=200)
    try:
        with pytest.raises(StoreAway):
            await MongoDeliveryStore(connection.database).insert(a_delivery())
    finally:
        await connection.close()
