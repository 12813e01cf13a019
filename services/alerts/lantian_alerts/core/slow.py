"""Asks the slow rules when hours of the stream are over: what they see is the history, not the readings."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from lantian_alerts.core.across import depths
from lantian_alerts.core.catalogue import Entry
from lantian_alerts.core.episodes import Episodes
from lantian_alerts.core.guard import Guard
from lantian_alerts.core.history import HOURS_KEPT, LATE_CELL
from lantian_alerts.core.layout import AWAY, BLOCK_ROWS, CLOSED_HOUR, HOUR_MS, KEPT_AWAY, KEPT_HOUR, STREAM
from lantian_alerts.core.memory import Memory
from lantian_alerts.core.partition import Partition, frames
from lantian_alerts.core.rule import (
    PAST_FACTS,
    Finding,
    SourceDayFact,
    SourceHourFact,
    SourceMonthFact,
)
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.sharing import shared_parts
from lantian_alerts.core.together import SharedHour
from lantian_alerts.core.window import DAY_HOURS, EIGHT, Window, day_of_hour, first_day, first_hour, month_of_day

FOLD_AT: Final = 1  # Beijing hour with whose end the day before is counted
LATE_SHARE: Final = 0.25

Apply = Callable[[Entry, Finding, int], None]
PastFact = SourceHourFact | SourceDayFact | SourceMonthFact
Span = tuple[type[SourceHourFact] | type[SourceDayFact] | type[SourceMonthFact], int, int, dict[str, int]]
"""Kind of fact, first hour, hour after the last, further fields."""


class Slow:
    """Keeps, folds and asks, hour by hour."""

    def __init__(self, rules: Rulebook, partition: Partition, memory: Memory, episodes: Episodes, guard: Guard) -> None:
        self._partition, self._memory, self._episodes, self._guard = partition, memory, episodes, guard
        self._at = rules.at
        self._rules = {kind: rules.catalogue.reading(kind) for kind in PAST_FACTS}
        self._compared = tuple(depths(rules.catalogue))
        self.shared: list[SharedHour] = []

    def close(self, apply: Apply) -> None:
        """Takes all hours that have closed since the last call."""
        scalars = self._partition.state.scalars
        over, kept = int(scalars[CLOSED_HOUR]), int(scalars[KEPT_HOUR])
        if self._memory.wanted:
            first = over if kept < 0 else max(kept + 1, over - HOURS_KEPT + 2)
            for hour in range(first, over + 1):
                self._close_hour(hour, apply)
        scalars[KEPT_HOUR], scalars[KEPT_AWAY] = over, scalars[AWAY]

    def _close_hour(self, hour: int, apply: Apply) -> None:
        self._memory.keep(hour)
        if self._compared:
            self.shared.append(shared_parts(self._memory, self._partition.ids, hour, self._compared))
        folded = day_of_hour(hour) - (1 if (hour + EIGHT) % DAY_HOURS >= FOLD_AT else 2)
        folds = (hour + EIGHT) % DAY_HOURS == FOLD_AT
        self._ask((SourceHourFact, hour, hour + 1, {}), hour, folded - folds, apply)
        if not folds:
            return
        self._memory.fold(folded, hour, self._responding(folded))
        self._ask((SourceDayFact, first_hour(folded), first_hour(folded + 1), {"day": folded}), hour, folded, apply)
        month = month_of_day(folded)
        if month_of_day(folded + 1) != month:
            start = first_hour(first_day(month))
            self._ask((SourceMonthFact, start, first_hour(folded + 1), {"month": month}), hour, folded, apply)
            self._partition.follow_month()

    def _responding(self, day: int) -> Iterator[int]:
        """Sources under an emergency response on a day: it is no usual day of theirs."""
        start, end = first_hour(day) * HOUR_MS, first_hour(day + 1) * HOUR_MS
        for source_id in self._partition.registry.responding():
            row = self._partition.row_or_none(source_id)
            if row is not None and self._partition.site(row).responses(start, end):
                yield row

    def _ask(self, span: Span, hour: int, day: int, apply: Apply) -> None:
        entries = [self._at(entry, span[1] * HOUR_MS) for entry in self._rules[span[0]]]
        if not entries:
            return
        opened: dict[tuple[str, str], list[int]] = defaultdict(list)
        wanted = {entry.id for entry in entries}
        for (source_id, rule_id, factor), held in self._episodes.items():
            if rule_id in wanted and (held.open is not None or held.pending is not None):
                opened[rule_id, factor].append(self._partition.row(source_id))
        for block in self._memory.blocks():
            window = self._memory.window(block, hour, day)
            for entry in entries:
                for factor in entry.rule.factors:  # type: ignore[attr-defined]  # the catalogue has checked it
                    for index in self._chosen(entry, factor, window, opened.get((entry.id, factor), []), span):
                        fact = self._fact(span, window, factor, index)
                        row = block * BLOCK_ROWS + index
                        finding = self._guard.judge(entry, fact, self._partition.site(row))
                        if finding is not None:
                            apply(entry, finding, row)

    def _chosen(self, entry: Entry, factor: str, window: Window, opened: list[int], span: Span) -> list[int]:
        has = window.has(factor)
        if not has.any():
            return []
        times = (span[1] * HOUR_MS, span[2] * HOUR_MS, int(self._partition.state.scalars[STREAM]))
        chosen = self._guard.screen(entry, factor, window, has, times)
        for row in opened:
            if row // BLOCK_ROWS == window.block:
                chosen[row % BLOCK_ROWS] = True
        found: list[int] = np.flatnonzero(chosen).tolist()
        return found

    def _fact(self, span: Span, window: Window, factor: str, index: int) -> PastFact:
        kind, first, after, more = span
        count = min(after - first, HOURS_KEPT - 2)
        late = window.hours(factor, "bits", count, window.hour + 1 - after) if factor else np.zeros((window.rows, 1))
        came = late[index][late[index] != 0]
        return kind(
            source_id=self._partition.ids[window.block * BLOCK_ROWS + index],
            factor=factor,
            start_ms=first * HOUR_MS,
            end_ms=after * HOUR_MS,
            found_ms=int(self._partition.state.scalars[STREAM]),
            past=window.of(index),
            late=bool(len(came)) and float((came.astype(np.uint8) & LATE_CELL != 0).mean()) >= LATE_SHARE,
            frames=frames(self._partition, window.block * BLOCK_ROWS + index),
            **more,
        )
