"""The retry schedule of Standard Webhooks, its jitter, and what a receiver may ask for."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_notify.deliveries.schedule import (
    ATTEMPTS,
    DELAYS_SECONDS,
    WHOLE_SECONDS,
    deadline_ms,
    delay_seconds,
    next_attempt_ms,
    retry_after_seconds,
)

WALL_MS = 1_800_000_000_000


def test_the_schedule_is_that_of_the_standard() -> None:
    """Ten attempts over 75 hours and 35 minutes."""
    minute, hour = 60, 3600
    assert (
        0, 5, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour,
    ) == DELAYS_SECONDS  # fmt: skip
    assert ATTEMPTS == 10
    assert 75 * hour + 35 * minute + 5 == WHOLE_SECONDS


@given(st.integers(1, 10), st.text(max_size=40))
def test_jitter_only_lengthens_by_a_tenth_and_is_the_same_every_time(attempt: int, notice_id: str) -> None:
    """The wait depends on the notice and the attempt alone."""
    wait = delay_seconds(attempt, notice_id)
    assert wait is not None
    assert DELAYS_SECONDS[attempt - 1] <= wait <= DELAYS_SECONDS[attempt - 1] * 1.1
    assert wait == delay_seconds(attempt, notice_id)


def test_jitter_spreads_notices() -> None:
    """A hundred notices of one moment do not come back together."""
    assert len({delay_seconds(3, f"msg_{number}") for number in range(100)}) == 100


def test_after_the_last_attempt_there_is_none() -> None:
    """The tenth failure is the end."""
    assert next_attempt_ms(0, 9, "m") is not None
    assert next_attempt_ms(0, 10, "m") is None
    assert next_attempt_ms(0, 10, "m", 5.0) is None


def test_a_wish_of_the_receiver_only_lengthens() -> None:
    """A Retry-After below the schedule's wait changes nothing, one above counts."""
    plain = next_attempt_ms(1000, 2, "m")
    assert next_attempt_ms(1000, 2, "m", 1.0) == plain
    assert next_attempt_ms(1000, 2, "m", 4000.0) == 1000 + 4_000_000


def test_the_deadline_leaves_room_for_the_whole_schedule_with_jitter() -> None:
    """No delivery expires before its last attempt could be made."""
    assert deadline_ms(0) > WHOLE_SECONDS * 1100


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("120", 120.0),
        (" 120 ", 120.0),
        ("999999999999", 86_400.0),
        ("-5", None),
        ("1.5", None),
        ("１２", None),
        ("soon", None),
        ("9" * 100, None),
        (format_datetime(datetime.fromtimestamp(WALL_MS / 1000, UTC) + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(datetime.fromtimestamp(WALL_MS / 1000, UTC) - timedelta(seconds=90), usegmt=True), 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("Fri, 99 Dec 2099 23:59:59 GMT", None),
        ("Fri, 15 Jan 2027 08:00:30 -0000", 30.0),
    ],
)
def test_retry_after_is_read_in_both_forms_and_bounded(value: str | None, expected: float | None) -> None:
    """Seconds or an HTTP date, from now to a day; anything else is as if it were absent."""
    assert retry_after_seconds(value, WALL_MS) == expected


DATES = st.from_regex(r"\A(Fri, )?[0-9]{1,3} (Jan|Feb) [0-9]{1,6} [0-9:]{0,9} ?([+-][0-9]{1,15}|GMT)?\Z")


@given(st.text(max_size=70) | DATES)
def test_no_retry_after_breaks_the_reader(value: str) -> None:
    """Whatever a receiver writes, the answer is a wait within a day or None."""
    seconds = retry_after_seconds(value, WALL_MS)
    assert seconds is None or 0.0 <= seconds <= 86_400.0
