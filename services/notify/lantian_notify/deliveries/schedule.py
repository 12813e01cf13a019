"""When a delivery is tried again: the schedule of Standard Webhooks 1.0, "Deliverability and reliability". Pure."""

import hashlib
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import accumulate

# Wait before attempt 1, 2, 3 …, in seconds: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
DELAYS_SECONDS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
ATTEMPTS = len(DELAYS_SECONDS)
WHOLE_SECONDS = list(accumulate(DELAYS_SECONDS))[-1]
JITTER = 0.1
RETRY_AFTER_AT_MOST_SECONDS = 86_400.0
# Room for jitter, Retry-After and waits while an endpoint is down; a delivery never stays open longer.
DEADLINE_SECONDS = WHOLE_SECONDS * 1.25


def delay_seconds(attempt: int, notice_id: str) -> float | None:
    """Wait before attempt `attempt` (from 1), jitter included; None when the schedule has no such attempt.

    The jitter only lengthens a wait, by up to a tenth, and depends on the notice and the attempt alone.
    """
    if attempt > ATTEMPTS:
        return None
    digest = hashlib.sha256(f"{notice_id}:{attempt}".encode()).digest()
    share = int.from_bytes(digest[:8], "big") / 2**64
    return DELAYS_SECONDS[attempt - 1] * (1 + JITTER * share)


def next_attempt_ms(now_ms: int, tried: int, notice_id: str, at_least_seconds: float = 0.0) -> int | None:
    """Suite time of the attempt after `tried` failed ones; None after the last. A receiver's wish only lengthens."""
    delay = delay_seconds(tried + 1, notice_id)
    return None if delay is None else now_ms + int(max(delay, at_least_seconds) * 1000)


def deadline_ms(begun_ms: int) -> int:
    """Suite time at which a delivery is given up, whatever the number of attempts."""
    return begun_ms + int(DEADLINE_SECONDS * 1000)


def retry_after_seconds(value: str | None, wall_ms: int) -> float | None:
    """Wall seconds a Retry-After asks for, 0 to a day; None when unreadable (RFC 9110, 10.2.3: seconds or a date)."""
    text = (value or "").strip()
    if not text or len(text) > 64:
        return None
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
            if moment.tzinfo is None:  # "-0000", or a date without a zone: HTTP dates are GMT
                moment = moment.replace(tzinfo=UTC)
            seconds = moment.timestamp() - wall_ms / 1000
        except (ValueError, OverflowError, IndexError, TypeError):  # all of them from odd dates in the library
            return None
    return min(max(seconds, 0.0), RETRY_AFTER_AT_MOST_SECONDS)
