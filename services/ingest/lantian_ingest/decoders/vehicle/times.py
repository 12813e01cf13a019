"""Times of vehicles: six binary bytes, year since 2000 to second, +08:00 (GB 17691-2018 annex Q, GB/T 32960.3)."""

from datetime import UTC, datetime, timedelta
from typing import Final

TIME_BYTES: Final = 6
NO_TIME: Final = bytes(TIME_BYTES)
_OFFSET: Final = timedelta(hours=8)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MS: Final = (datetime(2000, 1, 1, tzinfo=UTC) - _OFFSET - _EPOCH) // timedelta(milliseconds=1)
END_MS: Final = (datetime(2256, 1, 1, tzinfo=UTC) - _OFFSET - _EPOCH) // timedelta(milliseconds=1)


def instant_ms(six: bytes) -> int | None:
    """ms since 1970 UTC; None where the six bytes are no date."""
    if len(six) != TIME_BYTES:
        return None
    try:
        local = datetime(2000 + six[0], six[1], six[2], six[3], six[4], six[5], tzinfo=UTC)
    except ValueError:
        return None
    return (local - _OFFSET - _EPOCH) // timedelta(milliseconds=1)


def six_bytes(time_ms: int) -> bytes:
    """The six bytes of an instant, whole seconds. Raises ValueError outside 2000 to 2255."""
    if not FIRST_MS <= time_ms < END_MS:
        raise ValueError(f"{time_ms} is not between 2000 and 2255")
    local = _EPOCH + timedelta(milliseconds=time_ms) + _OFFSET
    return bytes([local.year - 2000, local.month, local.day, local.hour, local.minute, local.second])
