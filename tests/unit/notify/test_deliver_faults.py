"""The deliverer when something is wrong: our faults, absent stores, frozen replicas, the end of the process."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from lantian_notify.channels.base import Retry
from lantian_notify.deliveries.stages import Unreachable
from tests.support.notify_deliverer import ADDRESS, Bench
from tests.support.notify_events import NOW_MS


@pytest.fixture
async def bench() -> Bench:
    """A deliverer that is not started yet."""
    return Bench()


async def test_faults_of_ours_do_not_rest_the_endpoint(bench: Bench) -> None:
    """A missing secret says nothing of the receiver: each message is tried."""
    bench.channel.always[ADDRESS] = Retry("no-secret")
    for number in range(20):
        await bench.put(f"msg_{number}")
    async with bench.running():
        await bench.until(lambda: all(d.tried == 1 for d in bench.store.deliveries.values()))
    assert bench.store.endpoints == {}


async def test_a_voided_team_gets_nothing_more(bench: Bench) -> None:
    """What waits for it is shown as failed."""
    bench.contacts["team-1"] = Unreachable("team-voided")
    await bench.put()
    async with bench.running():
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "failed")
    assert bench.store.deliveries["msg_1"].reason == "team-voided"
    assert bench.channel.messages == []


async def test_a_fault_of_the_channel_counts_as_an_attempt(bench: Bench) -> None:
    """It neither stops the lane nor loses the message."""
    bench.channel.always[ADDRESS] = RuntimeError("a bug")
    await bench.put()
    async with bench.running():
        await bench.until(lambda: len(bench.store.deliveries["msg_1"].attempts) == 1)
    assert bench.store.deliveries["msg_1"].attempts[0].result == "error"
    assert bench.store.deliveries["msg_1"].state == "pending"


async def test_an_unknown_channel_is_shown_as_failed(bench: Bench) -> None:
    """E.g. one that was removed while its deliveries waited."""
    await bench.put(channel="pigeon")
    async with bench.running():
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "failed")


async def test_an_absent_store_pauses_and_loses_nothing(bench: Bench) -> None:
    """The deliverer goes on when it is back."""
    await bench.put()
    bench.store.away = True
    async with bench.running():
        await bench.quiet()
        assert bench.value("lantian_notify_store_trouble_total") == 1
        bench.store.away = False
        bench.clock.advance(1)
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "delivered")


async def test_a_store_lost_between_answer_and_record_sends_the_same_id_again(bench: Bench) -> None:
    """The one repeat that is allowed: after the lease, with the same id."""
    bench.channel.stuck[ADDRESS] = asyncio.Event()
    await bench.put()
    async with bench.running():
        await bench.until(lambda: len(bench.channel.messages) == 1)
        bench.store.away = True
        bench.channel.stuck[ADDRESS].set()
        await bench.quiet()
        bench.store.away = False
        for _ in range(8):
            bench.clock.advance(5)
            await bench.quiet()
        assert bench.channel.ids(ADDRESS) == ["msg_1", "msg_1"]
    assert bench.store.deliveries["msg_1"].state == "delivered"


async def test_a_replica_that_was_frozen_can_not_overwrite(bench: Bench) -> None:
    """Its record is refused and counted; the one that took over decides."""
    bench.channel.stuck[ADDRESS] = asyncio.Event()
    await bench.put()
    other = bench.another("other")
    async with bench.running():
        await bench.until(lambda: len(bench.channel.messages) == 1)
        bench.store.deliveries["msg_1"] = replace(
            bench.store.deliveries["msg_1"], lease_owner="other", rev=bench.store.deliveries["msg_1"].rev + 1
        )
        bench.channel.stuck[ADDRESS].set()
        await bench.until(lambda: bench.value("lantian_notify_fenced_total") == 1)
        assert bench.store.deliveries["msg_1"].state == "pending"
    del bench.channel.stuck[ADDRESS]
    await other.start()
    await bench.until(lambda: bench.store.deliveries["msg_1"].state == "delivered")
    await other.stop()


async def test_a_new_life_goes_on_at_once(bench: Bench) -> None:
    """A replica restarted under its name does not wait for its own lease."""
    await bench.put(lease_owner="me", lease_until_wall_ms=NOW_MS + 30_000)
    async with bench.running():
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "delivered")


async def test_past_the_deadline_it_is_given_up(bench: Bench) -> None:
    """Shown and counted, not sent any more."""
    await bench.put(deadline_ms=NOW_MS, next_at_ms=NOW_MS + 1)
    async with bench.running():
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "failed")
    assert bench.value("lantian_notify_settled_total", state="failed") == 1
    assert bench.channel.messages == []


async def test_stopping_lets_an_attempt_end(bench: Bench) -> None:
    """And claims nothing more."""
    bench.channel.stuck[ADDRESS] = asyncio.Event()
    for number in range(6):
        await bench.put(f"msg_{number}")
    await bench.deliverer.start()
    await bench.until(lambda: len(bench.channel.messages) == 4)
    stop = asyncio.create_task(bench.deliverer.stop())
    await bench.quiet()
    bench.channel.stuck[ADDRESS].set()
    await stop
    states = sorted(d.state for d in bench.store.deliveries.values())
    assert states == ["delivered"] * 4 + ["pending"] * 2
    bench.deliverer.kick(["webhook:team-1"])
    await bench.quiet()
    assert len(bench.channel.messages) == 4


async def test_a_fault_of_ours_ends_the_process(bench: Bench) -> None:
    """Silence would look like peace."""
    await bench.put()

    async def broken(*_: Any, **__: Any) -> bool:
        raise ZeroDivisionError

    bench.store.save = broken  # type: ignore[method-assign]
    await bench.deliverer.start()
    await bench.until(lambda: bench.deliverer.failure is not None and bench.deliverer.failure.done())
    assert bench.deliverer.failure is not None
    assert isinstance(bench.deliverer.failure.exception(), ZeroDivisionError)
    await bench.deliverer.stop()


async def test_the_age_from_frame_to_webhook_is_measured(bench: Bench) -> None:
    """In wall seconds, from the reception of the newest reading."""
    await bench.put(received_ms=NOW_MS - 1500)
    async with bench.running():
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "delivered")
    assert bench.value("lantian_event_age_seconds_sum", stage="notify") == 1.5
