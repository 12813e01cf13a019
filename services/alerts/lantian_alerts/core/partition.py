"""One partition's memory: which sources and factors it knows, their arrays, and what the registry asks of them."""

from collections.abc import Callable, Sequence

import numpy as np

from lantian_alerts.core.demand import Demand
from lantian_alerts.core.ipc import LAST_MS
from lantian_alerts.core.layout import (
    ALIVE,
    BLOCK_ROWS,
    KNOWN,
    NEXT_SWEEP,
    NO_ROOM,
    ROW_MISPLACED,
    ROW_TICK,
    ROW_UNREGISTERED,
    SLOTS_AT_MOST,
    STREAM,
    UNKNOWN_FACTOR,
    Array,
    Rows,
    State,
    begin_row,
    begin_slot,
    empty_state,
    grown,
    more_slots,
)
from lantian_alerts.core.names import Known
from lantian_alerts.core.plan import SWEEP_EVERY_MS, Planner
from lantian_alerts.core.registry import Registry, Site
from lantian_proto import factors
from lantian_proto.readings import TICK_SOURCE, Columns, Edition, Period, ReadingsError

ROW_UNASKED = -9  # of a name that has not come with a reading yet


def checked(columns: Columns) -> Columns:
    """The same columns. Raises ReadingsError for numbers that would lead the compiled loop out of its arrays."""
    count = len(columns)
    if any(len(getattr(columns, name)) != count for name in Rows._fields[1:]):
        raise ReadingsError("columns differ in length")
    if count == 0:
        return columns
    if columns.source.min() < 0 or columns.source.max() >= len(columns.sources):
        raise ReadingsError("a row names no source")
    if columns.edition.max() >= len(Edition):
        raise ReadingsError(f"edition {columns.edition.max()} is not known")
    if columns.period.max() >= len(Period):
        raise ReadingsError(f"period {columns.period.max()} is not known")
    for name in ("time", "received"):
        times = getattr(columns, name)
        if times.min() < -LAST_MS or times.max() > LAST_MS:
            raise ReadingsError(f"{name} is beyond the year 2100")
    return columns


class Partition:
    """Arrays, and the numbers of sources in them. `owns` says which sources belong to this partition.

    `demand_at` says what the loop has to notice at a time of the stream.
    """

    def __init__(
        self, demand_at: Callable[[int], Demand], registry: Registry, owns: Callable[[str], bool], *, tick_gap_ms: int
    ) -> None:
        self.registry = registry
        self._demand_at = demand_at
        self.state = empty_state()
        self.ids: list[str] = []
        self._owns = owns
        self._row_of: dict[str, int] = {}
        self._known = Known()
        self._row_of_name = np.zeros(0, np.int32)
        self._asked = 0
        self._planner = Planner(demand_at(self.swept_ms), tick_gap_ms, *self.state.series.shape)
        self.plan = self._planner.plan
        self._planned = 0
        self._feed_times: dict[str, list[int]] = {}
        self._swept_ms = 0

    def adopt(self, state: State, ids: list[str]) -> None:
        """Goes on from a restored state."""
        self.state, self.ids = state, ids
        self._row_of = {source_id: row for row, source_id in enumerate(ids)}
        self._known = Known()
        rows, slots = state.series.shape
        self._planner.grow(rows, slots, 0)
        self._planner.follow(self._demand_at(self.swept_ms))
        self.plan = self._planner.plan
        for row in range(len(ids)):
            self._plan_source(row)
        self._swept_ms = int(state.scalars[STREAM])

    @property
    def swept_ms(self) -> int:
        """Full minute of the stream with which the last sweep came: the loop notices by what was in force then."""
        return int(self.state.scalars[NEXT_SWEEP]) - SWEEP_EVERY_MS

    def site(self, row: int) -> Site:
        """The registry as a source sees it."""
        return self.registry.site(self.ids[row])

    def row(self, source_id: str) -> int:
        """Row of a source that has one. Raises KeyError."""
        return self._row_of[source_id]

    def row_or_none(self, source_id: str) -> int | None:
        """Row of a source, None when it has none here."""
        return self._row_of.get(source_id)

    def follow_month(self) -> None:
        """Plans every source anew: tables of limits change with a month, parameters of the loop with their date."""
        for row in range(len(self.ids)):
            self._plan_source(row)

    def touch(self, row: int) -> None:
        """The source's block has changed."""
        self.state.dirty[row // BLOCK_ROWS] = 1

    def watched(self, row: int) -> bool:
        """Whether the source is watched for silence."""
        return bool(self.plan.sources[row]["silent_ms"] > 0)

    def follow_registry(self) -> None:
        """Plans what has changed in the registry since the last call, and takes in new sources of this partition."""
        touched = self.registry.touched_since(self._planned)
        if touched == []:
            return
        self._planned = self.registry.changes
        for source_id in touched if touched is not None else list(self.registry.sources()):
            row = self._row_of.get(source_id)
            if row is not None:
                self._plan_again(row)
            elif self._owns(source_id) and self.registry.knows(source_id):
                self._add(source_id)

    def follow_time(self) -> None:
        """Plans sources whose feeds begin or cease to hold; all when the loop has to notice something else."""
        if self._planner.follow(self._demand_at(self.swept_ms)):
            self.plan = self._planner.plan
            self.follow_month()
        stream = int(self.state.scalars[STREAM])
        for source_id, times in self._feed_times.items():
            if any(self._swept_ms < time <= stream for time in times):
                self._plan_again(self._row_of[source_id])
        self._swept_ms = stream

    def _plan_again(self, row: int) -> None:
        before = self.watched(row)
        if self._plan_source(row) and not before:  # silence counts from the moment the feed holds
            self.state.sources[row]["last_alive"] = self.state.scalars[ALIVE]
            self.state.sources[row]["tier"] = 0
            self.touch(row)

    def _plan_source(self, row: int) -> bool:
        site = self.site(row)
        times = site.times()
        if times:
            self._feed_times[site.source_id] = times
        else:
            self._feed_times.pop(site.source_id, None)
        used = int(self.state.sources[row]["slots"])
        stream = int(self.state.scalars[STREAM])
        self._planner.screen(row, 0, self.state.series[row, :used]["factor"], site, stream)
        return self._planner.watch(row, site, stream)

    def _add(self, source_id: str) -> int:
        row = len(self.ids)
        rows, slots = self.state.series.shape
        if row == rows:
            self._grow(rows * 2, slots)
        self.ids.append(source_id)
        self.state.scalars[KNOWN] = len(self.ids)
        begin_row(self.state, row)
        self._row_of[source_id] = row
        self.state.sources[row]["last_alive"] = self.state.scalars[ALIVE]
        self.state.sources[row]["last_received"] = self.state.scalars[STREAM]
        self.touch(row)
        self._plan_source(row)
        return row

    def _grow(self, rows: int, slots: int) -> None:
        self.state = grown(self.state, rows, slots)
        self._planner.grow(rows, slots, len(self.ids))
        self.plan = self._planner.plan

    def slot(self, row: int, number: int) -> int | None:
        """Slot of a factor of a source, or None when it was never sent."""
        used = int(self.state.sources[row]["slots"])
        held = self.state.series[row, :used]["factor"].tolist()
        return held.index(number) if number in held else None

    def slot_for(self, row: int, number: int) -> tuple[int, int | None]:
        """Slot of a factor, made when it is new; or -1 and the result by which its reading leaves."""
        known = self.slot(row, number)
        if known is not None:
            return known, None
        try:
            factors.by_number(number)
        except KeyError:
            return -1, UNKNOWN_FACTOR
        used = int(self.state.sources[row]["slots"])
        if used == SLOTS_AT_MOST:
            return -1, NO_ROOM
        rows, slots = self.state.series.shape
        if used == slots:
            self._grow(rows, more_slots(slots))
        begin_slot(self.state, row, used, number)
        fresh, stream = self.state.series[row, used : used + 1]["factor"], int(self.state.scalars[STREAM])
        self._planner.screen(row, used, fresh, self.site(row), stream)
        return used, None

    def gather(self, records: Sequence[Columns]) -> Rows:
        """The readings of several records as one call's rows."""
        rows = [self._rows(columns) for columns in records]
        if len(records) == 1:
            return Rows(rows[0], *(getattr(records[0], name) for name in Rows._fields[1:]))
        rest = (np.concatenate([getattr(columns, name) for columns in records]) for name in Rows._fields[1:])
        return Rows(np.concatenate(rows), *rest)

    def _rows(self, columns: Columns) -> Array:
        if not isinstance(columns.sources, Known):
            return self._numbers(columns.sources)[columns.source]
        names = self._follow_names(columns.sources)
        found: Array = self._row_of_name[columns.source]
        if len(found) and found.min() == ROW_UNASKED:
            asked = columns.source[found == ROW_UNASKED]
            for place in np.sort(np.unique(asked, return_index=True)[1]).tolist():  # in order of first sight
                self._row_of_name[asked[place]] = self._number(names[asked[place]])
            found = self._row_of_name[columns.source]
        return found

    def _follow_names(self, names: Known) -> Known:
        """Rows of the names that have one; others are asked for when they come with a reading, and after a change."""
        if names is not self._known:
            self._known, self._row_of_name = names, np.zeros(0, np.int32)
        elif self._asked != self.registry.changes:
            self._row_of_name[self._row_of_name < 0] = ROW_UNASKED
        self._asked = self.registry.changes
        if len(self._row_of_name) < len(names):
            fresh = [self._row_of.get(name, ROW_UNASKED) for name in names[len(self._row_of_name) :]]
            self._row_of_name = np.concatenate((self._row_of_name, np.array(fresh, np.int32)))
        return names

    def _numbers(self, source_ids: list[str]) -> Array:
        known = list(map(self._row_of.get, source_ids))
        if None in known:
            pairs = zip(source_ids, known, strict=True)
            known = [self._number(source_id) if row is None else row for source_id, row in pairs]
        return np.array(known, np.int32)

    def _number(self, source_id: str) -> int:
        if source_id in self._row_of:  # it was named twice
            return self._row_of[source_id]
        if source_id == TICK_SOURCE:
            return ROW_TICK
        if not self.registry.knows(source_id):
            return ROW_UNREGISTERED
        return self._add(source_id) if self._owns(source_id) else ROW_MISPLACED


def frames(partition: Partition, row: int) -> tuple[int, ...]:
    """Frames of about the last hour, oldest first."""
    at, ring = int(partition.state.sources[row]["ring_at"]), partition.state.ring_seq[row].tolist()
    return tuple(seq for seq in (*ring[at:], *ring[:at]) if seq >= 0)
