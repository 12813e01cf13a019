"""Times of HJ 212: local time of China, +08:00, without daylight saving, `YYYYMMDDhhmmss`."""

from datetime import UTC, datetime, timedelta
from typing import Final

from lantian_ingest.decoders.hj212.quirks import Quirk

DIGITS: Final = 14
LONGEST: Final = 17  # with milliseconds
OFFSET: Final = timedelta(hours=8)
FIRST_YEAR: Final = 2000  # nothing automatic is older
LAST_YEAR: Final = 2099
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant_ms(digits: str) -> int | None:
    """ms since 1970 UTC of 14 digits; None where they are no date of this century."""
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdecimal()):
        return None
    try:
        local = datetime(
            int(digits[:4]),
            int(digits[4:6]),
            int(digits[6:8]),
            int(digits[8:10]),
            int(digits[10:12]),
            int(digits[12:14]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    if not FIRST_YEAR <= local.year <= LAST_YEAR:
        return None
    return (local - OFFSET - _EPOCH) // timedelta(milliseconds=1)


def data_time(sent: str) -> tuple[int | None, set[Quirk]]:
    """DataTime as sent: 14 digits, up to three more are left out, of a range the start counts."""
    quirks = set()
    start, dash, _ = sent.partition("-")
    if dash:
        quirks.add(Quirk.DATA_TIME_RANGE)
        start = start.strip()
    if DIGITS < len(start) <= LONGEST and start.isascii() and start.isdecimal():
        quirks.add(Quirk.DATA_TIME_LONG)
        start = start[:DIGITS]
    time_ms = instant_ms(start)
    if time_ms is None:
        quirks = {Quirk.DATA_TIME_UNREADABLE}
    return time_ms, quirks
