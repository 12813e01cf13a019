"""Receivers that misbehave (F-14), over real sockets and the real document store."""

import itertools
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from lantian_notify.deliveries.schedule import DELAYS_SECONDS
from tests.support.notify_events import NOW_MS
from tests.support.notify_wire import Bench
from tests.support.receiver import OK, RESET, SECRET, SLOW_DRIP, Answer, LeadCollector


@pytest.fixture
def bench(wire: Bench) -> Bench:
    """With the webhook channel."""
    return wire


async def test_a_good_receiver_gets_it_once(bench: Bench) -> None:
    """Signed, with the id of the delivery and the same bytes."""
    async with LeadCollector() as team:
        await bench.send(await bench.deliverer(), team.url)
        delivery = await bench.when(lambda delivery: delivery.state == "delivered")
    (received,) = team.attempts
    assert received.trouble == ""
    assert (received.webhook_id, received.body) == ("msg_1", delivery.body)
    assert received.headers["content-type"] == "application/json"
    assert (delivery.attempts[0].ip, delivery.attempts[0].status) == ("127.0.0.1", 200)
    assert len(delivery.attempts[0].digest) == 64


@pytest.mark.parametrize(
    ("answer", "result", "at_least_seconds"),
    [
        (Answer(500), "status", 5.0),
        (Answer(400, body="x" * 100_000), "status", 5.0),
        (Answer(429, {"Retry-After": "70"}), "throttled", 70.0),
        (Answer(503, {"Retry-After": "70"}), "status", 70.0),
        (Answer(502), "throttled", 15.0),
        (Answer(301, {"Location": "/elsewhere"}), "redirect", 5.0),
        (Answer(307, {"Location": "/elsewhere"}), "redirect", 5.0),
        (SLOW_DRIP, "time-out", 5.0),
        (RESET, "broken-off", 5.0),
    ],
)
async def test_a_failure_is_tried_again_with_the_same_id(
    bench: Bench, answer: Answer, result: str, at_least_seconds: float
) -> None:
    """Not before its time, and nobody is led elsewhere."""
    async with LeadCollector() as team:
        team.answer(answer)
        # Only silence may be too long: on a busy machine an answer takes its time.
        hasty = await bench.deliverer(timeout_seconds=5.0 if answer.slow else 60.0)
        await bench.send(hasty, team.url)
        failed = await bench.attempts(1)
        assert (failed.state, failed.attempts[0].result) == ("pending", result)
        await bench.patient()
        health = await bench.store.health(failed.endpoint_id)
        due_ms = max(failed.next_at_ms, health.not_before_ms)
        assert due_ms >= NOW_MS + at_least_seconds * 1000
        bench.go_to(due_ms - 1)
        assert len(team.attempts) == 1
        bench.go_to(due_ms)
        await bench.when(lambda delivery: delivery.state == "delivered")
    assert [received.webhook_id for received in team.attempts] == ["msg_1", "msg_1"]
    assert {received.path for received in team.attempts} == {"/hook"}
    assert team.attempts[0].body == team.attempts[1].body
    assert [received.trouble for received in team.attempts] == ["", ""]


async def test_the_whole_schedule_is_kept_then_a_person_is_shown(bench: Bench) -> None:
    """Ten signed attempts over 75 hours, one id, then failed."""
    async with LeadCollector() as team:
        team.always(Answer(500))
        await bench.send(await bench.deliverer(), team.url)
        for number in itertools.count(1):
            delivery = await bench.attempts(number)
            if delivery.state != "pending":
                break
            bench.go_to(delivery.next_at_ms)
    assert (delivery.state, delivery.reason, len(team.attempts)) == ("failed", "schedule-exhausted", 10)
    assert team.ids == {"msg_1"}
    times = [attempt.at_ms for attempt in delivery.attempts]
    gaps = [(after - before) / 1000 for before, after in itertools.pairwise(times)]
    assert all(gap >= wait for gap, wait in zip(gaps, DELAYS_SECONDS[1:], strict=True))


async def test_a_gone_receiver_is_left_alone(bench: Bench) -> None:
    """410 disables: the next message is not even sent."""
    async with LeadCollector() as team:
        team.always(Answer(410))
        deliverer = await bench.deliverer()
        await bench.send(deliverer, team.url)
        await bench.when(lambda delivery: delivery.state == "disabled")
        await bench.send(deliverer, team.url, delivery_id="msg_2")
        await bench.when(lambda delivery: delivery.state == "disabled", "msg_2")
    assert len(team.attempts) == 1


async def test_a_success_with_an_error_code_in_its_body_is_a_success(bench: Bench) -> None:
    """By the standard the status alone decides; channels with codes in the body judge them themselves."""
    async with LeadCollector() as team:
        team.answer(Answer(200, body='{"errcode":45009}'))
        await bench.send(await bench.deliverer(), team.url)
        await bench.when(lambda delivery: delivery.state == "delivered")


async def test_one_bad_endpoint_delays_no_other(bench: Bench) -> None:
    """Ten messages hang on one team; all of the other team's arrive while they do."""
    async with LeadCollector() as team:
        team.always(SLOW_DRIP, path="/bad")
        deliverer = await bench.deliverer(timeout_seconds=600.0)
        for number in range(10):
            await bench.send(deliverer, team.url_of("/bad"), delivery_id=f"bad_{number}", endpoint_id="webhook:bad")
        await team.wait_for(4, path="/bad")
        for number in range(20):
            await bench.send(deliverer, team.url_of("/good"), delivery_id=f"good_{number}", endpoint_id="webhook:good")
        await team.wait_for(20, path="/good")
        for number in range(20):
            await bench.when(lambda delivery: delivery.state == "delivered", f"good_{number}")
        assert len(team.on("/bad")) == 4
        bad = [await bench.store.get(f"bad_{number}") for number in range(10)]
        assert {delivery.state for delivery in bad if delivery} == {"pending"}
        for deliverer in bench.started:
            deliverer.cut_off()


async def test_nobody_listens(bench: Bench, unused_tcp_port: int) -> None:
    """A refused connection is tried again."""
    await bench.send(await bench.deliverer(), f"http://127.0.0.1:{unused_tcp_port}/")
    failed = await bench.attempts(1)
    assert (failed.state, failed.attempts[0].result, failed.attempts[0].status) == ("pending", "no-connection", None)


async def test_the_name_is_gone(bench: Bench) -> None:
    """DNS without an answer is tried again."""

    async def nothing(host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    await bench.send(await bench.deliverer(resolver=nothing), "https://team.example/hook")
    failed = await bench.attempts(1)
    assert (failed.state, failed.attempts[0].result) == ("pending", "no-name")


async def test_a_name_that_moves_inside_reaches_nobody(bench: Bench) -> None:
    """DNS rebinding: without an allow-list nothing on this machine hears of it, however often it is tried."""

    async def rebinding(host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async with LeadCollector() as team:
        await bench.send(await bench.deliverer(resolver=rebinding, allow=""), f"https://team.example:{team.port}/hook")
        failed = await bench.attempts(1)
        bench.go_to(failed.next_at_ms)
        failed = await bench.attempts(2)
    assert {attempt.result for attempt in failed.attempts} == {"refused-address"}
    assert failed.state == "pending"
    assert team.attempts == []


async def test_an_address_inside_is_refused_for_good(bench: Bench) -> None:
    """Shown to a person at once: only a change of the address or of the allow-list can help."""
    async with LeadCollector() as team:
        await bench.send(await bench.deliverer(allow=""), team.url)
        failed = await bench.when(lambda delivery: delivery.state == "failed")
    assert failed.reason == "refused-address"
    assert team.attempts == []


async def test_without_its_secret_nothing_is_sent(bench: Bench, tmp_path: Path) -> None:
    """Never unsigned; once the secret is there it goes out."""
    async with LeadCollector() as team:
        await bench.send(await bench.deliverer(), team.url, secret_name="missing")
        failed = await bench.attempts(1)
        assert (failed.attempts[0].result, team.attempts) == ("no-secret", [])
        (tmp_path / "missing").write_text(SECRET)
        bench.go_to(failed.next_at_ms)
        await bench.when(lambda delivery: delivery.state == "delivered")
    assert team.attempts[0].answer == OK


async def test_a_replica_cut_off_while_it_waits_for_the_answer(bench: Bench) -> None:
    """The next one sends the same id: at least once, never a second notice."""
    async with LeadCollector() as team:
        team.answer(SLOW_DRIP)
        first = await bench.deliverer(timeout_seconds=600.0)
        await bench.send(first, team.url)
        await team.wait_for(1)
        first.cut_off()
        await first.stop()
        await bench.deliverer()
        delivery = await bench.when(lambda delivery: delivery.state == "delivered")
    assert [received.webhook_id for received in team.attempts] == ["msg_1", "msg_1"]
    assert len(delivery.attempts) == 1
