"""Judges hours and days that all partitions have shared: rules that compare sources, and their episodes; pure.

The leads are a function of the shared hours and the registry: who reads them, how often and in which interleaving of
partitions does not matter. An episode ends with its Beijing month, so that reading the months kept gives it again with
the start, and so the name, that it had.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, cast

import msgspec
import numpy as np

from lantian_alerts.core.catalogue import Catalogue, Entry
from lantian_alerts.core.episodes import Change, Chart, Episodes
from lantian_alerts.core.guard import Guard
from lantian_alerts.core.layout import HOUR_MS
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import Finding, Verdict
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.together import (
    CLOSES_AFTER_MS,
    ComparingRule,
    SharedHour,
    Tables,
    TogetherDayFact,
    TogetherFact,
    TogetherHourFact,
)
from lantian_alerts.core.window import day_of_hour, first_hour, month_of_day
from lantian_proto.v1.lead_pb2 import LEAD_STATE_OPEN

CHART_HOURS: Final = 24
OTHERS_DRAWN: Final = 3
PASSED_AT_MOST: Final = 72
"""After a longer gap the hours between are not walked through: every episode has ended of quiet."""


def depths(catalogue: Catalogue) -> dict[str, int]:
    """By factor code, how many hours the rules of a catalogue compare; empty when none compares."""
    found: dict[str, int] = {}
    for kind in (TogetherHourFact, TogetherDayFact):
        for entry in catalogue.reading(kind):
            for code, hours in _comparing(entry).depths().items():
                found[code] = max(found.get(code, CHART_HOURS), hours)
    return found


def _comparing(entry: Entry) -> ComparingRule:
    return cast(ComparingRule, entry.rule)


class Across:
    """Takes what partitions share, in the order in which each shares it. Not thread-safe."""

    def __init__(self, catalogue: Catalogue, registry: Registry, guard: Guard | None = None) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.suppressed: Counter[str] = Counter()
        self.judged = -1
        self.guard = guard or Guard()
        self._registry, self._rules = registry, Rulebook(catalogue, registry)
        self._hour_rules, self._day_rules = (catalogue.reading(kind) for kind in (TogetherHourFact, TogetherDayFact))
        self._tables = Tables(depths(catalogue))
        self._episodes = Episodes(catalogue, self._rules)
        self._partitions = 0
        self._reached: dict[int, int] = {}
        self._waiting: dict[int, list[SharedHour]] = {}

    @property
    def opened(self) -> int:
        """How many episodes are open."""
        return self._episodes.opened

    def take(self, shared: SharedHour) -> Iterator[list[Change]]:
        """Changes, piece by piece: between two pieces the caller may do other work. A repeat gives none."""
        if shared.partitions != self._partitions:  # readings.v1 was given more partitions
            self._partitions, self._reached = shared.partitions, {}
            self._waiting.clear()
        if shared.hour <= max(self.judged, self._reached.get(shared.partition, -1)):
            return
        self._waiting.setdefault(shared.hour, []).append(shared)
        if not shared.whole:
            return
        self._reached[shared.partition] = shared.hour
        if len(self._reached) < self._partitions:
            return
        until = min(self._reached.values())
        first = min(self._waiting) if self.judged < 0 else max(self.judged + 1, until - PASSED_AT_MOST)
        for hour in range(first, until + 1):
            yield from self._hour(hour)
        for hour in [hour for hour in self._waiting if hour <= until]:
            del self._waiting[hour]

    def _hour(self, hour: int) -> Iterator[list[Change]]:
        found_ms = (hour + 1) * HOUR_MS + CLOSES_AFTER_MS
        if self.judged >= 0 and month_of_day(day_of_hour(hour)) != month_of_day(day_of_hour(self.judged)):
            yield self._episodes.end_all("month-over", found_ms)
        self._tables.begin(hour)
        for shared in sorted(self._waiting.get(hour, ()), key=lambda one: one.partition):
            for code, (names, values) in shared.parts.items():
                self._tables.put(code, names, values)
        self.judged = hour
        for entry in self._hour_rules:
            yield from self._compare(entry, TogetherHourFact, hour, found_ms)
        day = day_of_hour(hour)
        if hour == first_hour(day + 1) - 1:
            for entry in self._day_rules:
                yield from self._compare(entry, TogetherDayFact, first_hour(day), found_ms)
        yield self._episodes.sweep(found_ms)

    def _compare(self, entry: Entry, kind: type[TogetherFact], first: int, found_ms: int) -> Iterator[list[Change]]:
        entry = self._rules.at(entry, first * HOUR_MS)
        held = frozenset(
            source_id
            for (source_id, rule_id, _), one in self._episodes.items()
            if rule_id == entry.id and (one.open is not None or one.pending is not None)
        )
        fact = kind(
            start_ms=first * HOUR_MS,
            end_ms=(self.judged + 1) * HOUR_MS,
            found_ms=found_ms,
            tables=self._tables,
            registry=self._registry,
            held=held,
        )
        for finding in self.guard.compare(entry, fact):
            yield [] if finding is None else self._apply(entry, finding)

    def _apply(self, entry: Entry, finding: Finding) -> list[Change]:
        if finding.verdict is Verdict.BREACH:
            order = self._registry.site(finding.source_id).suppression(entry.id, finding.factor, finding.found_ms)
            if order is not None:
                self.suppressed[order.suppression_id] += 1
                finding = msgspec.structs.replace(finding, verdict=Verdict.SUPPRESSED, reason="order")
        self.outcomes[entry.id, finding.reason] += 1
        changes = self._episodes.take(entry, finding)
        drawn = _comparing(entry).depths()
        return [msgspec.structs.replace(change, charts=self._charts(change, list(drawn))) for change in changes]

    def _charts(self, change: Change, codes: list[str]) -> tuple[Chart, ...]:
        """The last day of the factors compared, of the source and of those it was compared with; when it opens."""
        episode = change.episode
        if change.state != LEAD_STATE_OPEN:
            return ()
        charts = []
        for code in [episode.factor] if episode.factor else codes:
            for name in (episode.source_id, *episode.others[:OTHERS_DRAWN]):
                values = self._tables.series(code, name, CHART_HOURS)
                if np.isfinite(values).any():
                    start_ms = (self.judged + 1 - CHART_HOURS) * HOUR_MS
                    own = name == episode.source_id
                    rounded = tuple(float(f"{value:.5g}") for value in values.tolist())
                    charts.append(Chart(code, start_ms, HOUR_MS, rounded, "" if own else name))
        return tuple(charts)
