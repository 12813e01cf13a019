"""When something is due, and why: a pure function of what happened, the calendar and the rule.

Counting: hours run through; days and working days begin at the local midnight after the start (the day of the start
does not count, 民法典 art. 201), working days count whole local days that are worked, and the clock is due when what
was counted reaches the span. Pauses stop the count; extensions add to the span. A rule without span takes its due time
from the `until` of its start (a date that a person has set); pauses and extensions move it like any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from lantian_tasks.clocks.calendar import DAY_MS, Calendar, day_of, midnight

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
LONGEST_DAYS = 3660
"""No clock of ours runs longer; it bounds the search of a working-day clock."""


class Unit(StrEnum):
    """How a span is counted."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working-days"


@dataclass(frozen=True, slots=True)
class Span:
    """An amount of time and how it is counted."""

    amount: int
    unit: Unit

    @property
    def ms(self) -> int:
        """The time that must be counted."""
        return self.amount * (HOUR_MS if self.unit is Unit.HOURS else DAY_MS)

    @property
    def zh(self) -> str:
        """For people."""
        return f"{self.amount}{ {'hours': '小时', 'days': '日', 'working-days': '个工作日'}[self.unit] }"


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a clock. `extend` adds `amount_ms` of counted time; a start may carry `until_ms`."""

    kind: Literal["start", "pause", "resume", "extend", "stop"]
    at_ms: int
    amount_ms: int = 0
    until_ms: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """One step of the reckoning, in words."""

    zh: str
    en: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Due:
    """`at_ms` None: the clock is paused and would not be due before it goes on."""

    at_ms: int | None
    why: tuple[Why, ...]


def due(events: Sequence[Happened], calendar: Calendar, span: Span | None, part: float = 1.0) -> Due:
    """When `part` of the clock that `events` (in order of time) speak of has run.

    Raises ValueError without a start, or when a rule without span has no date.
    """
    start = next((event for event in events if event.kind == "start"), None)
    if start is None or (span is None and not start.until_ms):
        raise ValueError("a clock needs a start, and a span or a date")
    why = [_started(start, span)]
    need = span.ms if span is not None else start.until_ms - start.at_ms
    for event in events:
        if event.kind == "extend":
            need += event.amount_ms
            days = event.amount_ms / DAY_MS
            why.append(
                Why(
                    f"延期{days:g}日{_because(event, '：')}",
                    f"extended by {days:g} d{_because(event, ': ')}",
                    event.at_ms,
                    event.at_ms,
                )
            )
    left = round(need * part)
    unit = span.unit if span is not None else Unit.HOURS
    begin = start.at_ms if unit is Unit.HOURS else midnight(day_of(start.at_ms) + timedelta(days=1))
    if begin > start.at_ms:
        why.append(Why("起始当日不计算在内", "the day of the start does not count", start.at_ms, begin))
    running = list(_running(events, begin))
    for (_, stopped, pause), (again, _, _) in pairwise(running):
        assert stopped is not None  # only the last span is open
        assert pause is not None
        why.append(Why(f"计时中止{_because(pause, '：')}", f"paused{_because(pause, ': ')}", stopped, again))
    for low, high, _ in running:
        at, left = _count(low, high, left, calendar if unit is Unit.WORKING_DAYS else None, why)
        if at is not None:
            return Due(at, tuple(why))
    _, stopped, pause = running[-1]
    assert pause is not None  # an open span would have ended
    still = f"计时中止，尚未恢复{_because(pause, '：')}", f"paused, not resumed yet{_because(pause, ': ')}"
    return Due(None, (*why, Why(*still, stopped or begin, 0)))


def _because(event: Happened, sign: str) -> str:
    return f"{sign}{event.reason}" if event.reason else ""


def _started(start: Happened, span: Span | None) -> Why:
    if span is None:
        said = f"a date set by a person{_because(start, ': ')}"
        return Why(f"自交办之日起，限期由人确定。{start.reason}", said, start.at_ms, start.until_ms)
    said = f"{span.amount} {span.unit}{_because(start, ': ')}"
    return Why(f"计时开始，时限{span.zh}。{start.reason}", said, start.at_ms, start.at_ms)


def _running(events: Sequence[Happened], begin: int) -> Iterator[tuple[int, int | None, Happened | None]]:
    """The spans in which the clock runs from `begin` on, each with the pause that ended it; the last is open unless the
    clock stands.
    """
    low: int | None = begin
    for event in events:
        if event.kind == "pause" and low is not None:
            yield low, max(low, event.at_ms), event
            low = None
        elif event.kind == "resume" and low is None:
            low = max(begin, event.at_ms)
    if low is not None:
        yield low, None, None


def _count(low: int, high: int | None, left: int, calendar: Calendar | None, why: list[Why]) -> tuple[int | None, int]:
    """Counts from `low` to `high`: the instant at which nothing is left, or None and what is left at `high`."""
    if calendar is None:
        if high is None or low + left <= high:
            return low + left, 0
        return None, left - (high - low)
    day = day_of(low)
    for _ in range(LONGEST_DAYS):
        begin, end = max(low, midnight(day)), midnight(day) + DAY_MS
        if high is not None and begin >= high:
            return None, left
        if not calendar.works(day):
            if left > 0:
                why.append(Why(f"{day:%Y-%m-%d} {calendar.name(day)}不计", f"{day} is no working day", begin, end))
        else:
            end = end if high is None else min(end, high)
            if left <= end - begin:
                return begin + left, 0
            left -= end - begin
        day += timedelta(days=1)
    raise ValueError(f"no due time within {LONGEST_DAYS} days")
