"""What becomes of a delivery after an answer."""

from dataclasses import replace

import pytest

from lantian_notify.channels.base import Answer, GiveUp, Reply, Retry, Sent
from lantian_notify.deliveries.delivery import ATTEMPTS_KEPT, Attempt, delivery_of, finite_wait_seconds
from lantian_notify.deliveries.schedule import DELAYS_SECONDS, deadline_ms
from lantian_notify.registry.teams import Contact
from lantian_notify.routing.facts import facts_of
from lantian_notify.routing.route import Notice
from tests.support.notify_events import NOW_MS, a_delivery, an_event

TRY = Attempt(NOW_MS, NOW_MS, "https://team.example/hook", "8.8.8.8", "status", "", 500, "", 3)


def test_success_ends_it() -> None:
    """Delivered, with the attempt on record and the lease gone."""
    leased = a_delivery(lease_owner="me", lease_until_wall_ms=NOW_MS + 1)
    after = leased.after(TRY, Sent(Reply(200)), NOW_MS + 5, 1.0)
    assert (after.state, after.reason, after.settled_ms) == ("delivered", "", NOW_MS + 5)
    assert (after.tried, after.attempts, after.lease_owner, after.lease_until_wall_ms) == (1, (TRY,), "", 0)


def test_ten_failures_follow_the_schedule_and_end_it() -> None:
    """Each wait is the schedule's with at most a tenth more; after the tenth a person must look."""
    delivery = a_delivery()
    now = NOW_MS
    for number in range(1, 10):
        delivery = delivery.after(TRY, Retry("status"), now, 1.0)
        assert (delivery.state, delivery.tried, delivery.reason) == ("pending", number, "status")
        wait = (delivery.next_at_ms - now) / 1000
        assert DELAYS_SECONDS[number] <= wait <= DELAYS_SECONDS[number] * 1.1
        now = delivery.next_at_ms
    assert now < delivery.deadline_ms
    delivery = delivery.after(TRY, Retry("status"), now, 1.0)
    assert (delivery.state, delivery.reason, delivery.tried) == ("failed", "schedule-exhausted", 10)


def test_a_wish_in_wall_seconds_is_kept_on_a_fast_clock() -> None:
    """Ten real seconds are two hours of suite time at 720×."""
    after = a_delivery().after(TRY, Retry("throttled", after_seconds=10.0), NOW_MS, 720.0)
    assert after.next_at_ms == NOW_MS + 7_200_000


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (GiveUp("gone", disables=True), "disabled", "gone"),
        (GiveUp("refused-address"), "failed", "refused-address"),
    ],
)
def test_giving_up_ends_it_at_once(answer: Answer, state: str, reason: str) -> None:
    """No attempt can help before a person has changed something."""
    after = a_delivery().after(TRY, answer, NOW_MS, 1.0)
    assert (after.state, after.reason) == (state, reason)


def test_a_replay_begins_the_schedule_anew() -> None:
    """Same id and body, attempts kept, due now."""
    failed = replace(a_delivery(attempts=(TRY,) * 10, tried=10), state="failed", reason="x", settled_ms=1)
    again = failed.replayed(NOW_MS + 9)
    assert (again.state, again.tried, again.next_at_ms, again.reason) == ("pending", 0, NOW_MS + 9, "")
    assert (again.delivery_id, again.body, again.attempts) == (failed.delivery_id, failed.body, failed.attempts)
    assert (again.replays_ms, again.deadline_ms) == ((NOW_MS + 9,), deadline_ms(NOW_MS + 9))


def test_the_record_of_attempts_is_bounded() -> None:
    """Replays by hand can not grow a document without end; the newest stay."""
    many = a_delivery(attempts=(TRY,) * ATTEMPTS_KEPT)
    newest = replace(TRY, status=503)
    after = many.after(newest, Retry("status"), NOW_MS, 1.0)
    assert len(after.attempts) == ATTEMPTS_KEPT
    assert after.attempts[-1] == newest


def test_a_delivery_is_made_from_its_notice_and_event() -> None:
    """Due at once, as urgent as the lead is grave."""
    notice = Notice("msg_x", "webhook:t", "t", Contact("webhook", "https://t.example", "s"), "systems")
    made = delivery_of(notice, facts_of(an_event()), NOW_MS + 7, body=b"body")
    assert (made.delivery_id, made.endpoint_id, made.address, made.secret_name) == (
        "msg_x",
        "webhook:t",
        "https://t.example",
        "s",
    )
    assert (made.urgency, made.next_at_ms, made.received_ms, made.happened_ms) == (3, NOW_MS + 7, NOW_MS - 2000, NOW_MS)
    late = an_event()
    late.lead.retrospective = True
    made = delivery_of(notice, facts_of(late), NOW_MS, body=b"body")
    assert (made.urgency, made.received_ms) == (0, 0)


@pytest.mark.parametrize(("until", "expected"), [(None, 5.0), (1500, 0.5), (900, 0.0), (99_000, 5.0)])
def test_naps_are_finite(until: int | None, expected: float) -> None:
    """Never negative, never longer than a poll."""
    assert finite_wait_seconds(until, 1000, 5.0) == expected
