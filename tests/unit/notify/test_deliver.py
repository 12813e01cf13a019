"""The deliverer: schedule, endpoints, order."""

import asyncio

import pytest

from lantian_notify.channels.base import GiveUp, Reply, Retry
from lantian_notify.deliveries.schedule import DELAYS_SECONDS
from lantian_notify.registry.teams import Contact
from tests.support.notify_deliverer import ADDRESS, OTHER, Bench
from tests.support.notify_events import NOW_MS


@pytest.fixture
async def bench() -> Bench:
    """A deliverer that is not started yet."""
    return Bench()


async def test_what_is_due_is_sent_once_and_recorded(bench: Bench) -> None:
    """Found in the store at the start, sent, on record with every detail."""
    await bench.put()
    async with bench.running():
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "delivered")
        await bench.quiet()
    (attempt,) = bench.store.deliveries["msg_1"].attempts
    assert (attempt.at_ms, attempt.address, attempt.ip, attempt.result, attempt.status, attempt.digest) == (
        NOW_MS,
        ADDRESS,
        "8.8.8.8",
        "sent",
        200,
        "d" * 64,
    )
    assert bench.channel.ids(ADDRESS) == ["msg_1"]
    assert bench.value("lantian_notify_attempts_total", channel="webhook", result="sent") == 1
    assert bench.value("lantian_notify_settled_total", state="delivered") == 1


async def test_a_kick_needs_no_poll(bench: Bench) -> None:
    """New work goes out while time stands still."""
    async with bench.running():
        await bench.quiet()
        await bench.put()
        bench.deliverer.kick(["webhook:team-1"])
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "delivered")


async def test_without_a_kick_the_next_poll_finds_it(bench: Bench) -> None:
    """What another replica wrote down and then died."""
    async with bench.running():
        await bench.quiet()
        await bench.put()
        await bench.quiet()
        assert bench.store.deliveries["msg_1"].state == "pending"
        bench.clock.advance(5)
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "delivered")


async def test_the_schedule_is_kept_to_the_end_with_the_same_id(bench: Bench) -> None:
    """Ten attempts, never early, then failed and shown (F-14)."""
    bench.channel.always[ADDRESS] = Retry("status", "status 500", Reply(500))
    await bench.put()
    async with bench.running():
        for number in range(1, 11):
            await bench.until(lambda: len(bench.store.deliveries["msg_1"].attempts) == number)  # noqa: B023
            await bench.quiet()
            delivery = bench.store.deliveries["msg_1"]
            assert len(bench.channel.messages) == number
            if number < 10:
                bench.advance_ms(delivery.next_at_ms - bench.clock.now_ms() - 1)
                await bench.quiet()
                assert len(bench.channel.messages) == number
                bench.advance_ms(1)
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "failed")
    assert {message.notice_id for message in bench.channel.messages} == {"msg_1"}
    assert [message.attempt for message in bench.channel.messages] == list(range(1, 11))
    gaps = [
        (after - before) / 1000 for before, after in zip(bench.channel.at_ms, bench.channel.at_ms[1:], strict=False)
    ]
    assert all(wait <= gap <= wait * 1.1 for wait, gap in zip(DELAYS_SECONDS[1:], gaps, strict=True))
    assert bench.store.deliveries["msg_1"].reason == "schedule-exhausted"
    assert bench.value("lantian_notify_settled_total", state="failed") == 1
    assert bench.value("lantian_notify_attempts_total", channel="webhook", result="status") == 10


async def test_a_stuck_endpoint_delays_no_other(bench: Bench) -> None:
    """While four attempts hang on one endpoint, everything for the others goes out."""
    bench.channel.stuck[ADDRESS] = asyncio.Event()
    for number in range(20):
        await bench.put(f"bad_{number}", urgency=4)
        await bench.put(f"good_{number}", endpoint_id="webhook:team-2", address=OTHER, urgency=1)
    async with bench.running():
        await bench.until(lambda: len(bench.channel.ids(OTHER)) == 20)
        await bench.quiet()
        assert len(bench.channel.ids(ADDRESS)) == 4
        bench.channel.stuck[ADDRESS].set()
        await bench.until(lambda: len(bench.channel.ids(ADDRESS)) == 20)
    assert bench.channel.widest == {ADDRESS: 4, OTHER: 4}


async def test_a_dead_endpoint_is_probed_one_at_a_time_and_served_on_its_return(bench: Bench) -> None:
    """A hundred waiting messages cost a few attempts, and go out gravest first when it is back (F-15)."""
    bench.channel.always[ADDRESS] = Retry("no-connection")
    for number in range(100):
        await bench.put(f"msg_{number:03}", urgency=1 + number % 4, created_ms=NOW_MS + number)
    async with bench.running():
        await bench.until(lambda: len(bench.channel.messages) == 8)  # two rounds of four, then it rests
        await bench.quiet()
        assert len(bench.channel.messages) == 8
        for _ in range(60):
            bench.clock.advance(60)
            await bench.quiet()
        tried = len(bench.channel.messages)
        assert 8 + 12 <= tried <= 8 + 20  # an hour: at most one probe in the rests of up to five minutes
        assert bench.channel.widest[ADDRESS] == 4
        del bench.channel.always[ADDRESS]
        for _ in range(5):
            bench.clock.advance(60)
            await bench.quiet()
        done = [d for d in bench.store.deliveries.values() if d.state == "delivered"]
        fresh = [message.notice_id for message in bench.channel.messages[tried:] if message.attempt == 1]
        assert len(fresh) > 50
        urgencies = [bench.store.deliveries[notice_id].urgency for notice_id in fresh]
        assert urgencies == sorted(urgencies, reverse=True)
        for _ in range(400):
            if len(done) == 100:
                break
            bench.clock.advance(600)
            await bench.quiet()
            done = [d for d in bench.store.deliveries.values() if d.state == "delivered"]
        assert len(done) == 100


async def test_a_throttling_receiver_is_left_in_peace(bench: Bench) -> None:
    """Everything for the endpoint waits as long as it asked, not only the message that met the answer."""
    bench.channel.always[ADDRESS] = Retry("throttled", "", Reply(429), after_seconds=90.0, throttle=True)
    await bench.put("msg_1")
    async with bench.running():
        await bench.until(lambda: len(bench.store.deliveries["msg_1"].attempts) == 1)
        del bench.channel.always[ADDRESS]
        await bench.put("msg_2", created_ms=NOW_MS + 1)
        bench.deliverer.kick(["webhook:team-1"])
        bench.clock.advance(89)
        await bench.quiet()
        assert len(bench.channel.messages) == 1
        bench.clock.advance(1)
        await bench.until(lambda: len(bench.channel.messages) == 3)
    assert {d.state for d in bench.store.deliveries.values()} == {"delivered"}


async def test_an_endpoint_that_is_gone_is_disabled(bench: Bench) -> None:
    """What waits for it ends as disabled, unsent; a corrected address is tried again."""
    bench.channel.always[ADDRESS] = GiveUp("gone", "status 410", Reply(410), disables=True)
    await bench.put("msg_1")
    async with bench.running():
        await bench.until(lambda: bench.store.deliveries["msg_1"].state == "disabled")
        await bench.put("msg_2")
        bench.deliverer.kick(["webhook:team-1"])
        await bench.until(lambda: bench.store.deliveries["msg_2"].state == "disabled")
        assert bench.channel.ids(ADDRESS) == ["msg_1"]
        bench.contacts["team-1"] = Contact("webhook", OTHER, "new-secret")
        await bench.put("msg_3")
        bench.deliverer.kick(["webhook:team-1"])
        await bench.until(lambda: bench.store.deliveries["msg_3"].state == "delivered")
    assert bench.channel.messages[-1].address == OTHER
    assert bench.channel.messages[-1].secret_name == "new-secret"
    assert bench.store.deliveries["msg_3"].address == OTHER
    assert bench.value("lantian_notify_settled_total", state="disabled") == 2
