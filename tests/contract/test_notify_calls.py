"""Calls, silences, parked events, groups and tokens: the same cases in memory and in MongoDB's protocol."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from lantian_kit.once import Asked, Requests
from lantian_notify.calls.call import NEVER_MS, Call, CallStep, CallStore, acknowledge
from lantian_notify.calls.store import MongoCallStore
from lantian_notify.deliveries.bucket import Rate
from lantian_notify.deliveries.delivery import DeliveryStore
from lantian_notify.deliveries.store import MongoDeliveryStore
from lantian_notify.once_store import MongoRequests
from lantian_notify.parked.event import Parked, ParkedStore
from lantian_notify.parked.store import MongoParkedStore
from lantian_notify.routing.facts import facts_of
from lantian_notify.silences.silence import Match, Silence, SilenceStore
from lantian_notify.silences.store import MongoSilenceStore
from lantian_notify.store import Connection
from tests.support.notify_calls import FakeCallStore, FakeParkedStore, FakeRequests, FakeSilenceStore
from tests.support.notify_events import NOW_MS, a_delivery, an_event
from tests.support.notify_store import FakeDeliveryStore

WALL_MS = 1_800_000_000_000
RACES = 100


@dataclass
class Stores:
    """All of them, over one database."""

    deliveries: DeliveryStore
    calls: CallStore
    silences: SilenceStore
    parked: ParkedStore
    requests: Requests


@pytest.fixture(params=["memory", "mongo"])
async def stores(request: pytest.FixtureRequest) -> AsyncIterator[Stores]:
    """Stores with nothing in them."""
    if request.param == "memory":
        yield Stores(FakeDeliveryStore(), FakeCallStore(), FakeSilenceStore(), FakeParkedStore(), FakeRequests())
        return
    connection = Connection(request.getfixturevalue("store_url"), request.getfixturevalue("store_database"))
    deliveries, calls = MongoDeliveryStore(connection.database), MongoCallStore(connection.database)
    silences, parked = MongoSilenceStore(connection.database), MongoParkedStore(connection.database)
    requests = MongoRequests(connection.database)
    for store in (deliveries, calls, silences, parked, requests):
        await store.prepare()
    yield Stores(deliveries, calls, silences, parked, requests)
    await connection.close()


def a_call(call_id: str = "call_1", **changes: object) -> Call:
    """An open call with two steps, the first due now."""
    steps = (CallStep(1, NOW_MS, "duty-1", ("sms",)), CallStep(2, NOW_MS + 60_000, "duty-2", ("sms", "email")))
    plain = Call(
        call_id, "open", "team-1", "duty", "event-1", "issue-1", facts_of(an_event()).stored(), steps, NOW_MS, NOW_MS
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


async def claim(store: CallStore, *, owner: str = "me", wall: int = WALL_MS) -> list[Call]:
    """Whatever is due, for a minute."""
    return await store.claim_calls(NOW_MS, wall, limit=10, owner=owner, until_wall_ms=wall + 60_000)


async def test_a_call_comes_back_as_it_was_written(stores: Stores) -> None:
    """Every field, steps included; the same id is taken once."""
    call = a_call(comment="好", silence_id="s").taken(1, ["msg_1"], ["person/a"], NOW_MS + 1)
    assert await stores.calls.insert_call(call)
    assert not await stores.calls.insert_call(a_call())
    assert await stores.calls.get_call("call_1") == call
    assert await stores.calls.get_call("call_2") is None


async def test_due_calls_are_claimed_in_the_order_of_their_times(stores: Stores) -> None:
    """Open, due and free ones; each by one owner until its lease ends, and then the old owner is fenced."""
    await stores.calls.insert_call(a_call("call_late", due_ms=NOW_MS - 1))
    await stores.calls.insert_call(a_call("call_later", due_ms=NOW_MS))
    await stores.calls.insert_call(a_call("call_first", due_ms=NOW_MS - 9))
    await stores.calls.insert_call(a_call("call_future", due_ms=NOW_MS + 1))
    await stores.calls.insert_call(a_call("call_over", state="acknowledged", due_ms=NEVER_MS))
    first = await claim(stores.calls)
    assert [call.call_id for call in first] == ["call_first", "call_late", "call_later"]
    assert await claim(stores.calls, owner="other") == []
    second = await claim(stores.calls, owner="other", wall=WALL_MS + 60_000)
    assert not await stores.calls.save_call(first[0])
    assert await stores.calls.save_call(second[0].taken(1, ["m"], ["p"], NOW_MS))
    assert await stores.calls.next_call_ms(NOW_MS - 10) == NOW_MS - 1
    assert await stores.calls.next_call_ms(NOW_MS) == NOW_MS + 1


async def test_an_acknowledgement_is_one_write_that_beats_the_step(stores: Stores) -> None:
    """Whoever holds the lease is refused; a second acknowledgement shows the first."""
    await stores.calls.insert_call(a_call())
    (held,) = await claim(stores.calls)
    after = await acknowledge(stores.calls, "call_1", by="a", via="link", now_ms=NOW_MS + 5)
    assert after == await stores.calls.get_call("call_1")
    assert after is not None
    assert (after.state, after.due_ms) == ("acknowledged", NEVER_MS)
    assert {step.state for step in after.steps} == {"cancelled"}
    assert not await stores.calls.save_call(held.taken(1, ["m"], ["p"], NOW_MS))
    again = await acknowledge(stores.calls, "call_1", by="b", via="api", now_ms=NOW_MS + 9)
    assert again is not None
    assert again.acknowledged_by == "a"
    assert await acknowledge(stores.calls, "call_none", by="a", via="link", now_ms=NOW_MS) is None
    assert await stores.calls.calls_of_issue("issue-1") == []


async def test_an_acknowledgement_races_the_steps(stores: Stores) -> None:
    """One of the two wins whole, and nobody who looks after the acknowledgement is told to go on."""
    for number in range(RACES):
        call_id = f"call_{number:04}"
        await stores.calls.insert_call(a_call(call_id))

        async def step(call_id: str = call_id) -> bool:
            claimed = await claim(stores.calls)
            mine = [call for call in claimed if call.call_id == call_id]
            return bool(mine) and await stores.calls.save_call(mine[0].taken(1, ["m"], ["p"], NOW_MS))

        async def answer(call_id: str = call_id) -> bool:
            await acknowledge(stores.calls, call_id, by="a", via="link", now_ms=NOW_MS)
            after = await stores.calls.get_call(call_id)
            return after is not None and not after.expects_more

        taken, _, answered = await asyncio.gather(step(), step(), answer())
        assert answered
        call = await stores.calls.get_call(call_id)
        assert call is not None
        assert call.state == "acknowledged"
        assert call.steps[0].state in ("done", "cancelled")
        assert not taken or call.steps[0].state == "done"
        assert call.steps[1].state == "cancelled"


async def test_pages_of_calls(stores: Stores) -> None:
    """Newest first, whole, without overlap; by state."""
    for number in range(7):
        await stores.calls.insert_call(a_call(f"call_{number}", created_ms=NOW_MS + number // 3))
    await stores.calls.insert_call(a_call("call_x", state="acknowledged", due_ms=NEVER_MS))
    seen: list[str] = []
    before = None
    while found := await stores.calls.page_calls(state="open", before=before, limit=3):
        seen += [call.call_id for call in found]
        before = (found[-1].created_ms, found[-1].call_id)
    assert seen == [f"call_{number}" for number in reversed(range(7))]
    assert len(await stores.calls.page_calls(state=None, before=None, limit=100)) == 8


def a_silence(silence_id: str = "silence_1", **changes: object) -> Silence:
    """From now for a thousand seconds."""
    match = Match(divisions=("1302",), rules=("hour-*",), max_severity=3)
    plain = Silence(
        silence_id, "active", "li", "检修", "team-1", match, NOW_MS, NOW_MS + 1_000_000, NOW_MS, NOW_MS + 900_000
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_silences(stores: Stores) -> None:
    """As written; in force from start to end; due by their times; changed by revision."""
    silences = stores.silences
    assert await silences.insert_silence(a_silence())
    assert not await silences.insert_silence(a_silence(owner="other"))
    await silences.insert_silence(
        a_silence("silence_2", starts_ms=NOW_MS + 5, created_ms=NOW_MS + 1, due_ms=NOW_MS + 7)
    )
    await silences.insert_silence(a_silence("silence_3", state="cancelled"))
    assert await silences.get_silence("silence_1") == a_silence()
    assert [one.silence_id for one in await silences.silences(NOW_MS)] == ["silence_1"]
    assert [one.silence_id for one in await silences.silences(NOW_MS + 5)] == ["silence_1", "silence_2"]
    assert await silences.silences(NOW_MS + 1_000_000) == []
    assert await silences.due_silences(NOW_MS) == []
    assert [one.silence_id for one in await silences.due_silences(NOW_MS + 900_000)] == ["silence_2", "silence_1"]
    assert await silences.next_silence_ms(NOW_MS) == NOW_MS + 7
    assert await silences.save_silence(a_silence().reminded(NOW_MS))
    assert not await silences.save_silence(a_silence().ended(NOW_MS, "x"))
    found = await silences.page_silences(before=None, limit=10)
    assert [one.silence_id for one in found] == ["silence_2", "silence_3", "silence_1"]


async def test_parked_events(stores: Stores) -> None:
    """Once each, oldest first, settled by revision."""
    for name, created in (("e2", NOW_MS + 1), ("e1", NOW_MS)):
        assert await stores.parked.park(Parked(name, "waiting", b"\x00v", "130203", "i", created, created + 9))
    assert not await stores.parked.park(Parked("e1", "waiting", b"other", "", "", 0, 0))
    first, second = await stores.parked.parked(10)
    assert (first.event_id, second.event_id, first.value) == ("e1", "e2", b"\x00v")
    assert await stores.parked.save_parked(first.settled("told", NOW_MS))
    assert not await stores.parked.save_parked(first.settled("nobody", NOW_MS))
    assert [one.event_id for one in await stores.parked.parked(10)] == ["e2"]
    shown = await stores.parked.page_parked(state=None, before=None, limit=10)
    assert [(one.event_id, one.state, one.value) for one in shown] == [("e2", "waiting", b""), ("e1", "told", b"")]
    assert await stores.parked.page_parked(state="told", before=(NOW_MS, "e1"), limit=10) == []


async def test_kept_changes(stores: Stores) -> None:
    """By key and revision; dropped below one."""
    for revision in (10, 2, 2):
        await stores.parked.keep_change("team/t", revision, b"v%d" % revision)
    await stores.parked.keep_change("team/s", 1, b"s")
    assert await stores.parked.kept_changes() == [("team/s", b"s"), ("team/t", b"v2"), ("team/t", b"v10")]
    await stores.parked.drop_changes("team/t", 10)
    assert await stores.parked.kept_changes() == [("team/s", b"s"), ("team/t", b"v10")]


async def test_a_group_takes_more_in_until_it_is_claimed(stores: Stores) -> None:
    """By endpoint and key; the items come back, and what is rendered is kept with them."""
    store = stores.deliveries
    item = facts_of(an_event()).stored()
    gathering = a_delivery(group_key="g", items=(item,), body=b"", next_at_ms=NOW_MS)
    await store.insert(gathering)
    assert await store.gathering("webhook:team-1", "other") is None
    assert await store.gathering("webhook:team-2", "g") is None
    assert await store.gathering("webhook:team-1", "g") == gathering
    assert await store.save(replace(gathering, items=(item, item)))
    (claimed,) = await store.claim(
        "webhook:team-1", NOW_MS, WALL_MS, limit=1, owner="me", until_wall_ms=WALL_MS + 60_000
    )
    assert len(claimed.items) == 2
    assert await store.gathering("webhook:team-1", "g") is None
    assert await store.save(replace(claimed, body=b"rendered"))
    stored = await store.get("msg_1")
    assert stored is not None
    assert (stored.body, len(stored.items)) == (b"rendered", 2)
    assert await store.placed("n") is None
    await store.place("n", "msg_1")
    await store.place("n", "msg_2")
    assert await store.placed("n") == "msg_2"


async def test_deliveries_by_filter(stores: Stores) -> None:
    """For a replay of many: oldest first, cut at the limit."""
    for number in range(4):
        await stores.deliveries.insert(
            a_delivery(
                f"m{number}", state="muted" if number % 2 else "failed", silence_id="s", created_ms=NOW_MS + number
            )
        )

    async def ids(**wanted: object) -> list[str]:
        plain = {"state": None, "endpoint_id": None, "silence_id": None, "since_ms": 0, "limit": 10}
        return await stores.deliveries.matching(**{**plain, **wanted})  # type: ignore[arg-type]

    assert await ids(state="muted") == ["m1", "m3"]
    assert await ids(silence_id="s", limit=3) == ["m0", "m1", "m2"]
    assert await ids(since_ms=NOW_MS + 2, endpoint_id="webhook:team-1") == ["m2", "m3"]
    assert await ids(endpoint_id="webhook:team-2") == []


async def test_tokens_are_shared(stores: Stores) -> None:
    """Twenty askers at once get no more than the burst; later there are more."""
    rate = Rate(20, 60.0)
    first = await asyncio.gather(*(stores.deliveries.take_token("b", rate, WALL_MS) for _ in range(12)))
    assert sorted(wait == 0 for wait in first) == [False] * 2 + [True] * 10
    assert max(first) <= 6001
    assert await stores.deliveries.take_token("b", rate, WALL_MS + 6001) == 0
    assert await stores.deliveries.take_token("b", rate, WALL_MS + 6002) > 0
    assert await stores.deliveries.take_token("other", rate, WALL_MS) == 0


async def test_a_request_is_written_down_by_one(stores: Stores) -> None:
    """Of many at once one begins it; later revisions go on from the one before."""
    begun = Asked("n", 1, "begun", "c", WALL_MS)
    assert await stores.requests.asked("n") is None
    assert sum(await asyncio.gather(*(stores.requests.keep_asked(begun) for _ in range(12)))) == 1
    assert await stores.requests.asked("n") == begun
    done = replace(begun, rev=2, state="done", answer="{}")
    assert sum(await asyncio.gather(*(stores.requests.keep_asked(done) for _ in range(12)))) == 1
    assert not await stores.requests.keep_asked(replace(done, rev=4))
    assert await stores.requests.asked("n") == done
