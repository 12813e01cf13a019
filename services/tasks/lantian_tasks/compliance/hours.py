"""Means of minutes, hours and days: kept from readings.v1 for curves, and judged when a dossier asks."""

from collections import defaultdict
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from lantian_kit.access.scope import EVERYTHING, Scope
from lantian_kit.clock import Clock
from lantian_kit.records import Record
from lantian_proto import factors
from lantian_proto.readings import Columns, Period, ReadingsError, decode
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.air.stations import stations
from lantian_tasks.clocks.facts import Verdict
from lantian_tasks.clocks.policy import DataRule
from lantian_tasks.compliance.judge import AVG, ZS_AVG, Hour, judge
from lantian_tasks.ports import HourStore, RecordQuery, RegistryStore
from lantian_tasks.registry.record import Kind

History = Literal["open", "all"]
"""Whose means are kept: of stations and the sources with open issues, or of all."""
MOST_MARKS = 1000
KEPT = (Period.MINUTE, Period.HOUR, Period.DAY)
WATCH_MS = 5_000
"""Wall time after which the watched sources are asked for again."""

STATIONS_MS = 60_000
"""As for stations, which are found among all sources."""


class MeansStore(HourStore, RegistryStore, Protocol):
    """What keeping needs."""


class HourKeeper:
    """Handler of readings.v1 for RecordWorker. Keeping an hour again replaces it: repeats and revisions do no harm."""

    def __init__(self, store: MeansStore, clock: Clock, history: History = "open") -> None:
        self._store = store
        self._clock = clock
        self._all = history == "all"
        self._watched: frozenset[str] = frozenset()
        self._asked_ms = 0
        self._stations: frozenset[str] = frozenset()
        self._stations_ms = 0

    async def handle(self, record: Record) -> str:
        """kept, passed-over or undecodable (alerts puts those among the dead letters). Raises Unavailable."""
        try:
            columns = decode(record.value or b"")
        except ReadingsError:
            return "undecodable"
        rows = np.flatnonzero(np.isin(columns.period, KEPT) & np.isin(columns.stat, (AVG, ZS_AVG)))
        if not len(rows):
            return "passed-over"
        if not self._all and self._clock.wall_ms() - self._asked_ms > WATCH_MS:
            if self._clock.wall_ms() - self._stations_ms > STATIONS_MS:
                self._stations = frozenset(id_ for id_, _ in await stations(self._store, EVERYTHING))
                self._stations_ms = self._clock.wall_ms()
            self._watched = self._stations.union(await self._store.open_sources())
            self._asked_ms = self._clock.wall_ms()
        kept = False
        for period in KEPT:
            found = self._means(columns, rows[columns.period[rows] == period])
            for source_id, means in found.items():
                await self._store.keep_hours(source_id, means, period)
                kept = True
        return "kept" if kept else "passed-over"

    def _means(self, columns: Columns, rows: npt.NDArray[np.intp]) -> dict[str, list[Hour]]:
        found: dict[str, list[Hour]] = defaultdict(list)
        for row in rows.tolist():
            source_id = columns.sources[columns.source[row]]
            value = float(columns.value[row])
            if not (self._all or source_id in self._watched) or not np.isfinite(value):
                continue
            try:
                factor = factors.by_number(int(columns.factor[row]))
            except KeyError:
                continue  # a number that was never given: no limit speaks of it
            hour = Hour(int(columns.time[row]), factor.code, int(columns.stat[row]), value, int(columns.flag[row]))
            found[source_id].append(hour)
        return found


class HourCompliance:
    """Judges by the hours that were kept, and the stops that were stated."""

    def __init__(self, store: MeansStore) -> None:
        self._store = store

    async def verdict(self, source_id: str, lead: Lead, rule: DataRule, since_ms: int, now_ms: int) -> Verdict:
        """As the port says."""
        hours = await self._store.hours(source_id, since_ms, now_ms)
        return judge(hours, lead, rule, since_ms, now_ms, await stated_stops(self._store, EVERYTHING, source_id))


async def stated_stops(store: RegistryStore, scope: Scope, source_id: str) -> list[tuple[int, int]]:
    """Begins and ends of the stops that the enterprise stated for a source, ms since 1970 UTC. Raises Unavailable."""
    asked = RecordQuery(scope, Kind.MARK, MOST_MARKS, source_id, equal=(("entity.kind", "stopped"),))
    return [(int(mark.entity["start_ms"]), int(mark.entity["end_ms"])) for mark in await store.page(asked)]
