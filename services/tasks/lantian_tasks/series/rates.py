"""How much of a month's data came, and how much of it counts. Pure.

Transmission: hours that came, of those expected. Valid: (H - stop - invalid) / (H - stop). Their product is
数据传输有效率, 90 % of which is asked for (S1 §24). An hour counts as come when any factor's mean came, as invalid when
each of them carries a mark other than N, as stopped when F marks it or a stop that the enterprise has marked covers it
whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.compliance.judge import STOPPED, VALID, Hour

ZONE = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class MonthRates:
    """A calendar month in UTC+8, `month` as YYYY-MM. Counts are hours; a rate without a base is None.

    `since_ms`: the first hour that is counted; earlier ones of the month were not kept, or are no ground for a rate.
    """

    month: str
    since_ms: int
    expected: int
    received: int
    stopped: int
    invalid: int

    @property
    def transmission(self) -> float | None:
        """Share of the expected hours that came."""
        return self.received / self.expected if self.expected else None

    @property
    def valid(self) -> float | None:
        """Share of the hours in work that count."""
        base = self.received - self.stopped
        return (base - self.invalid) / base if base > 0 else None

    @property
    def whole(self) -> float | None:
        """数据传输有效率."""
        return None if self.transmission is None or self.valid is None else self.transmission * self.valid


def rates(hours: Iterable[Hour], stops: Sequence[tuple[int, int]], now_ms: int) -> list[MonthRates]:
    """The months that hold an hour, the latest first. `stops`: begin and end of marked stops, end exclusive."""
    flags: dict[int, set[int]] = defaultdict(set)
    for hour in hours:
        flags[hour.time_ms - hour.time_ms % HOUR_MS].add(hour.flag)
    if not flags:
        return []
    first, end_ms = min(flags), now_ms - now_ms % HOUR_MS
    months: dict[str, list[int]] = defaultdict(list)
    for at_ms in sorted(flags):
        months[_month(at_ms)].append(at_ms)
    return [
        _rates(month, there, flags, stops, max(first, _begin(month)), min(end_ms, _begin(_next(month))))
        for month, there in sorted(months.items(), reverse=True)
    ]


def _rates(
    month: str,
    there: Sequence[int],
    flags: dict[int, set[int]],
    stops: Sequence[tuple[int, int]],
    since_ms: int,
    until_ms: int,
) -> MonthRates:
    def stopped(at_ms: int) -> bool:
        marked = any(begin <= at_ms and at_ms + HOUR_MS <= end for begin, end in stops)
        return marked or flags[at_ms] == {STOPPED}

    idle = [at_ms for at_ms in there if stopped(at_ms)]
    invalid = [at_ms for at_ms in there if at_ms not in idle and not flags[at_ms] & set(VALID)]
    # An hour that has only begun, sent early, is neither expected nor too much.
    expected = max((until_ms - since_ms) // HOUR_MS, len(there))
    return MonthRates(month, since_ms, expected, len(there), len(idle), len(invalid))


def _month(at_ms: int) -> str:
    return (datetime.fromtimestamp(at_ms / 1000, UTC) + ZONE).strftime("%Y-%m")


def _begin(month: str) -> int:
    local = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    return int((local - ZONE).timestamp() * 1000)


def _next(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
