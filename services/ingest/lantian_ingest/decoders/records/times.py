"""Times of records, and what is refused: a time without meaning, in the future, or before any data could be."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
EARLIEST_MS: Final = 946_684_800_000  # 2000-01-01
AHEAD_MS: Final = 600_000  # clocks of publishers may be wrong by this much
DIGITS: Final = re.compile(r"\d{14}")
MILLISECONDS: Final = re.compile(r"\d{12,13}")
ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)


class TimeRefused(ValueError):
    """`reason`: time, future or too-old."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def instant_ms(value: object, now_ms: int) -> int:
    """ms since 1970 UTC of an RFC 3339 text, 14 digits, a datetime, or ms. Raises TimeRefused.

    A time without offset is Beijing time (+08:00), as in HJ 212.
    """
    milliseconds = _read(value)
    if milliseconds > now_ms + AHEAD_MS:
        raise TimeRefused("future", f"{(milliseconds - now_ms) / 1000:.0f} s after the time of arrival")
    if milliseconds < EARLIEST_MS:
        raise TimeRefused("too-old", "before the year 2000; whole numbers are milliseconds since 1970 UTC")
    return milliseconds


def _read(value: object) -> int:
    if isinstance(value, datetime):
        return _of(value)
    if isinstance(value, bool):
        raise TimeRefused("time", "no time")
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, str):
        raise TimeRefused("time", "a time is a text of RFC 3339 or a whole number of milliseconds since 1970 UTC")
    text = value.strip()
    try:
        if DIGITS.fullmatch(text):
            return _of(datetime.strptime(text, "%Y%m%d%H%M%S"))
        if MILLISECONDS.fullmatch(text):
            return int(text)
        if ISO.fullmatch(text.upper()):
            return _of(datetime.fromisoformat(text.upper().replace(" ", "T")))
    except (ValueError, OverflowError) as error:
        raise TimeRefused("time", f"no such time: {text[:40]}") from error
    raise TimeRefused("time", f"not RFC 3339, e.g. 2026-11-22T12:00:00+08:00: {text[:40]}")


def _of(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=BEIJING)
    try:
        return round(aware.astimezone(UTC).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise TimeRefused("time", "no such time") from error
