"""A due time found minute by minute: the slow, plain reckoning that the quick one must equal."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from lantian_tasks.clocks.calendar import Calendar, Override
from lantian_tasks.clocks.sla import Happened, Span, Unit

MINUTE_MS = 60_000
OFFSET_MIN = 8 * 60
FIRST, LAST = date(2025, 11, 1), date(2031, 12, 31)
OVERRIDES = {
    date(2026, 12, 31): Override(False, "停工演练"),
    date(2027, 2, 14): Override(True, "调休上班"),
    date(2028, 1, 1): Override(True, "值守"),
    date(2029, 12, 31): Override(False, "放假"),
}
CALENDAR = Calendar(OVERRIDES)


def minutes_of(day: date) -> int:
    """Minutes since 1970 UTC at which a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) // 60 - OFFSET_MIN


BEGIN = minutes_of(FIRST)


def working_minutes() -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """For each minute from FIRST on whether it lies in a working day; asked day by day."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)]
    return np.repeat(np.array([CALENDAR.works(day) for day in days]), 1440)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A case: what happened, the rule, and the part asked for."""

    events: tuple[Happened, ...]
    span: Span
    part: float


def drawn(rng: random.Random) -> Drawn:
    """A random clock of 2026 to 2030; every fourth begins around a year's end. Times are whole minutes."""
    year = rng.randint(2026, 2030)
    if rng.random() < 0.25:
        start = minutes_of(date(year, 12, 20)) + rng.randrange(20 * 1440)
    else:
        start = minutes_of(date(year, 1, 1)) + rng.randrange(365 * 1440)
    unit = rng.choice(list(Unit))
    amount = rng.randint(1, 96) if unit is Unit.HOURS else rng.randint(1, 30)
    events = [Happened("start", start * MINUTE_MS)]
    at = start
    for _ in range(rng.randint(0, 3)):
        at += rng.randrange(1, 9 * 1440)
        events.append(Happened("pause", at * MINUTE_MS))
        at += rng.randrange(0, 6 * 1440)
        if rng.random() < 0.1:
            break
        events.append(Happened("resume", at * MINUTE_MS))
    if rng.random() < 0.3:
        events.append(Happened("extend", at * MINUTE_MS, amount_ms=rng.randint(1, 10 * 1440) * MINUTE_MS))
    return Drawn(tuple(events), Span(amount, unit), rng.choice([0.5, 0.75, 1.0]))


def simulated(case: Drawn, working: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> int | None:
    """The first minute at which enough minutes were counted, or None when that never comes; ms since 1970 UTC."""
    start = case.events[0].at_ms // MINUTE_MS
    minute_of_day = (start + OFFSET_MIN) % 1440
    begin = start if case.span.unit is Unit.HOURS else start + (1440 - minute_of_day)
    horizon = 150 * 1440
    counted = np.ones(horizon, bool)
    if case.span.unit is Unit.WORKING_DAYS:
        counted &= working[begin - BEGIN : begin - BEGIN + horizon]
    paused_from: int | None = None
    extended = 0
    for event in case.events:
        at = max(0, event.at_ms // MINUTE_MS - begin)
        if event.kind == "pause":
            paused_from = at
        elif event.kind == "resume" and paused_from is not None:
            counted[paused_from:at] = False
            paused_from = None
        elif event.kind == "extend":
            extended += event.amount_ms // MINUTE_MS
    if paused_from is not None:
        counted[paused_from:] = False
    per = 60 if case.span.unit is Unit.HOURS else 1440
    need = round((case.span.amount * per + extended) * case.part * MINUTE_MS)
    whole, rest = divmod(need, MINUTE_MS)  # half a minute is asked for by a quarter of an odd extension
    minutes = np.flatnonzero(counted)
    wanted = whole + (1 if rest else 0)
    if len(minutes) < wanted:
        return None
    minute = int(minutes[wanted - 1])
    return (begin + minute) * MINUTE_MS + (rest or MINUTE_MS)
