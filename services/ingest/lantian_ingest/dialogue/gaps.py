"""Finds the hours, days and minutes that a feed did not send, from those that it did; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lantian_proto.readings import Period

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
KIND: Final = {Period.MINUTE: "recall-minutes", Period.HOUR: "recall-hours", Period.DAY: "recall-days"}
LONGEST_MS: Final = {Period.MINUTE: 2 * DAY_MS, Period.HOUR: 31 * DAY_MS, Period.DAY: 31 * DAY_MS}
OF_ONE_REQUEST: Final = {Period.MINUTE: 60, Period.HOUR: 24, Period.DAY: 31}  # records; devices are slow
ASKED_AT_MOST: Final = 3


@dataclass(slots=True)
class _Missing:
    noticed_ms: int
    asked: int = 0


@dataclass(slots=True)
class _Row:
    step_ms: int
    latest_ms: int
    missing: dict[int, _Missing] = field(default_factory=dict)  # in order of time
    partial: set[int] = field(default_factory=set)  # those that came in part once


@dataclass(frozen=True, slots=True)
class Gap:
    """Starts of the first and the last record missing, ms; `attempt` from 1."""

    feed: str
    period: Period
    begin_ms: int
    end_ms: int
    attempt: int


class Gaps:
    """Follows each feed's records by period. What lies before its first record, or longer back than two days (minutes)
    or a month (hours, days), is not missed.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[str, Period], _Row] = {}

    def __len__(self) -> int:
        return sum(len(row.missing) for row in self._rows.values())

    def seen(self, feed: str, period: Period, start_ms: int, step_ms: int, now_ms: int) -> None:
        """A record that starts at `start_ms`; `step_ms` is the feed's interval, 0 where it is not known."""
        if step_ms <= 0:
            return
        row = self._rows.get((feed, period))
        if row is None or row.step_ms != step_ms:
            self._rows[feed, period] = _Row(step_ms, start_ms)
            return
        if start_ms <= row.latest_ms:
            row.missing.pop(start_ms, None)
            return
        steps, rest = divmod(start_ms - row.latest_ms, step_ms)
        if not rest and start_ms <= now_ms:
            for back in range(min(steps - 1, LONGEST_MS[period] // step_ms), 0, -1):
                row.missing[start_ms - back * step_ms] = _Missing(now_ms)
        row.latest_ms = start_ms

    def partial(self, feed: str, period: Period, start_ms: int, now_ms: int) -> None:
        """Of a record some parts did not come: it counts as missing until one of them does. Once a record, so that a
        device that never sends a part is not asked for ever.
        """
        row = self._rows.get((feed, period))
        if row is not None and start_ms <= row.latest_ms and start_ms not in row.partial:
            row.partial.add(start_ms)
            row.missing.setdefault(start_ms, _Missing(now_ms))

    def due(self, now_ms: int, delay_ms: int, again_ms: int) -> Iterator[Gap]:
        """What is missing since `delay_ms`, in stretches; asked for at most 3 times, `again_ms` apart.

        The delay lets a device that pushes its backlog by itself do so.
        """
        for (feed, period), row in self._rows.items():
            for start in [start for start in row.missing if start < row.latest_ms - LONGEST_MS[period]]:
                del row.missing[start]
            if row.partial:
                row.partial = {start for start in row.partial if start >= row.latest_ms - LONGEST_MS[period]}
            ripe = [
                start
                for start, missing in sorted(row.missing.items())
                if now_ms - missing.noticed_ms >= delay_ms + missing.asked * again_ms and missing.asked < ASKED_AT_MOST
            ]
            while ripe:
                stretch = [ripe.pop(0)]
                while ripe and len(stretch) < OF_ONE_REQUEST[period] and ripe[0] == stretch[-1] + row.step_ms:
                    stretch.append(ripe.pop(0))
                for start in stretch:
                    row.missing[start].asked += 1
                yield Gap(feed, period, stretch[0], stretch[-1], row.missing[stretch[0]].asked)
