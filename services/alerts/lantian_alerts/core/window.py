"""What slow rules look at: the hours and days of a block of sources as tables, or of one source as rows of them.

Every table has one row a source and one column an hour or day, newest last; NaN where there is nothing. A rule's
`screen` gets a Window and answers for all sources of the block at once; its `judge` gets the Past of one source.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import numpy as np

from lantian_alerts.core.flags import Mark
from lantian_alerts.core.history import VALID, Chunk, empty_months
from lantian_alerts.core.layout import BLOCK_ROWS, HOUR_MS, HOURS_SCALARS, Array
from lantian_alerts.core.partition import Partition
from lantian_alerts.core.plan import O2_CODE
from lantian_alerts.core.registry import factor_number
from lantian_alerts.core.ring import Ring
from lantian_alerts.core.sample import Sample
from lantian_alerts.knowledge.validity import AIR_O2, GUARD_O2
from lantian_proto.readings import Period, Stat

EIGHT: Final = 8  # hours Beijing is ahead of UTC
DAY_HOURS: Final = 24
USUAL_DAYS: Final = 3
EPOCH: Final = date(1970, 1, 1)
STOPPED: Final = (int(Mark.INSTRUMENT_STOPPED), int(Mark.SOURCE_STOPPED))


def day_of_hour(hour: int) -> int:
    """Beijing day, counted since 1970, of an hour since 1970 UTC."""
    return (hour + EIGHT) // DAY_HOURS


def first_hour(day: int) -> int:
    """First hour, since 1970 UTC, of a Beijing day."""
    return day * DAY_HOURS - EIGHT


def month_of_day(day: int) -> int:
    """Beijing month of a day as year * 12 + month - 1."""
    found = EPOCH + timedelta(days=day)
    return found.year * 12 + found.month - 1


def first_day(month: int) -> int:
    """First day of a month."""
    return (date(month // 12, month % 12 + 1, 1) - EPOCH).days


def month_start_ms(day: int) -> int:
    """Start of the Beijing month of a day; ms since 1970 UTC."""
    return first_hour(first_day(month_of_day(day))) * HOUR_MS


class Window:
    """One block of sources up to an hour; `day` is the last day that is folded."""

    def __init__(self, partition: Partition, block: int, chunk: Chunk, hour: int, day: int) -> None:
        self.partition, self.block, self.chunk, self.hour, self.day = partition, block, chunk, hour, day
        self.rows = min(BLOCK_ROWS, len(partition.ids) - block * BLOCK_ROWS)
        self._span = slice(block * BLOCK_ROWS, block * BLOCK_ROWS + self.rows)
        self._slots: dict[str, Array] = {}
        self._tables: dict[tuple[Any, ...], Array] = {}
        self._index = np.arange(self.rows)

    def slots(self, code: str) -> Array:
        """Slot of a factor by source, -1 where it was never sent."""
        found = self._slots.get(code)
        if found is None:
            same = self.partition.state.series[self._span]["factor"] == factor_number(code)
            found = self._slots[code] = np.where(same.any(axis=1), same.argmax(axis=1), -1)
        return found

    def has(self, code: str) -> Array:
        """Which sources send a factor; all of the block for ''."""
        return self.slots(code) >= 0 if code else np.ones(self.rows, bool)

    def hours(self, code: str, field: str, count: int = 1, back: int = 0) -> Array:
        """A field of `history.CELL` in the last hours; `back` leaves out so many of the newest. At most 28 hours."""
        key = (code, field, count, back)
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = self._hours(code, field, count, back)
        return found

    def _hours(self, code: str, field: str, count: int, back: int) -> Array:
        held = self.chunk.hours
        empty = np.nan if field in FLOATS else 0.0
        if not held.width:
            return np.full((self.rows, count), empty)
        slots = self.slots(code)
        inside = np.where(slots < held.width, slots, -1)
        return self._table(held, field, inside, np.arange(self.hour - back - count + 1, self.hour - back + 1), empty)

    def _table(self, ring: Ring, field: str, series: Array, wanted: Array, empty: float) -> Array:
        """A field by source and by hour or day; `series` is the slot or lane of each source, -1 for none."""
        places = wanted % len(ring)
        held = ring.labels[places] == wanted
        columns = ring.field(field, places[held].tolist())
        table: Array = columns[places[None, :], series[:, None], self._index[:, None]].astype(np.float64)
        table[:, ~held] = empty
        table[series < 0] = empty
        return table

    def values(self, code: str, count: int = 1, back: int = 0) -> Array:
        """Hour means that are valid and bear no mark."""
        key = (code, "value", count, back)
        found = self._tables.get(key)
        if found is None:
            valid = self.hours(code, "bits", count, back).astype(np.uint8) & VALID != 0
            marked = self.hours(code, "mark", count, back) != 0
            found = np.where(valid & ~marked, self.hours(code, "mean", count, back), np.nan)
            self._tables[key] = found
        return found

    def judged(self, code: str, count: int = 1, back: int = 0, against: str = "limit") -> Array:
        """Hour means as the limit in force (`limit`, `ultra`, `day`) wants them: converted where it names an oxygen."""
        measured, reference = self.values(code, count, back), self.planned(code, f"{against}_o2")[:, None]
        oxygen = self.values(O2_CODE, count, back)
        sent = self.hours(code, "zs", count, back)
        with np.errstate(invalid="ignore", divide="ignore"):
            computed = measured * (AIR_O2 - reference) / (AIR_O2 - oxygen)
            converted = np.where(np.isnan(sent) | np.isnan(measured), computed, sent)
            converted = np.where(oxygen >= GUARD_O2, np.nan, converted)
        return np.where(reference > 0, converted, measured)

    def planned(self, code: str, field: str) -> Array:
        """Limits in force, `limit`, `ultra` or `day` with `_o2`; NaN for none."""
        slots = self.slots(code)
        found: Array = self.partition.plan.series[self._span][np.arange(self.rows), slots][field].astype(np.float64)
        return np.where(slots >= 0, found, np.nan)

    def source(self, field: str) -> Array:
        """A field of `layout.SOURCE`."""
        found: Array = self.partition.state.sources[self._span][field]
        return found

    def registered(self, kind: str) -> Array:
        """Which sources ever had an entity of a kind in the registry."""
        key = ("registered", kind)
        found = self._tables.get(key)
        if found is None:
            registry, ids = self.partition.registry, self.partition.ids[self._span]
            found = self._tables[key] = np.array([registry.has(source_id, kind) for source_id in ids], bool)
        return found

    def stated(self, hours: int) -> Array:
        """About which sources an operator stated something in this hour, of the last so many hours."""
        key = ("stated", hours)
        found = self._tables.get(key)
        if found is None:
            found = self._tables[key] = np.zeros(self.rows, bool)
            start, end = self.hour * HOUR_MS, (self.hour + 1) * HOUR_MS
            for row in np.flatnonzero(self.registered("mark")).tolist():
                site = self.partition.site(self.block * BLOCK_ROWS + row)
                marks = site.marks(end - hours * HOUR_MS, end)
                found[row] = any(start <= mark.declared_ms < end for mark in marks)
        return found

    def watched(self) -> Array:
        """Which sources have a feed that is due to send."""
        found: Array = self.partition.plan.sources[self._span]["silent_ms"] > 0
        return found

    def alive(self, count: int, back: int = 0) -> Array:
        """In which of the last hours ingest was there, for all sources alike."""
        hours = np.arange(self.hour - back - count + 1, self.hour - back + 1)
        blind = self.partition.state.scalars[HOURS_SCALARS:]
        return np.array(blind[hours % len(blind)] != hours)

    def days(self, code: str, field: str, count: int, back: int = 0) -> Array:
        """A field of `history.DAY` in the last days that are folded; at most 31."""
        held = self.chunk.days
        empty = np.nan if field in FLOATS else 0.0
        if not held.width:
            return np.full((self.rows, count), empty)
        wanted = np.arange(self.day - back - count + 1, self.day - back + 1)
        return self._table(held, field, self._lanes(code), wanted, empty)

    def _lanes(self, code: str) -> Array:
        slots = self.slots(code)
        held = self.chunk.lane_of.shape[1]
        if not held:
            return np.full(self.rows, -1)
        inside = np.where(slots < held, slots, -1)
        return np.where(inside >= 0, self.chunk.lane_of[np.arange(self.rows), inside], -1)

    def shapes(self, code: str, before: int) -> Array:
        """Hour means of the last seven days kept before a day, as (sources, days, 24), oldest first within the ring."""
        key = (code, "shapes", before)
        if key not in self._tables:
            self._tables[key] = self._shapes(code, before)
        return self._tables[key]

    def _shapes(self, code: str, before: int) -> Array:
        lanes, shapes = self._lanes(code), self.chunk.shapes
        if not shapes.width:
            return np.full((self.rows, len(shapes), DAY_HOURS), np.nan)
        held = shapes.opened(range(len(shapes)))[:, self._index, lanes]
        found, days = held["hours"].astype(np.float64).transpose(1, 0, 2), held["day"].T
        usable = (days >= 0) & (days < before) & (days >= before - 31) & (lanes >= 0)[:, None]
        return np.where(usable[:, :, None], found, np.nan)

    def usual(self, code: str, before: int) -> Array:
        """The median hour of the days kept before a day, NaN with fewer than three of them; the same all day long."""
        key = (code, before, self.day, self.rows)
        found = self.chunk.usual.get(key)
        if found is None:
            shapes = self._shapes(code, before).reshape(self.rows, -1)
            days = np.isfinite(shapes).reshape(self.rows, -1, DAY_HOURS).any(axis=2).sum(axis=1)
            found = np.full(self.rows, np.nan)
            enough = np.flatnonzero(days >= USUAL_DAYS)
            if len(enough):
                found[enough] = np.nanmedian(shapes[enough], axis=1)
            if any(other[2] != self.day for other in self.chunk.usual):
                self.chunk.usual.clear()
            self.chunk.usual[key] = found
        return found

    def shape_days(self, code: str) -> Array:
        """The day of each of the shapes; -1 for none."""
        lanes, shapes = self._lanes(code), self.chunk.shapes
        if not shapes.width:
            return np.full((self.rows, len(shapes)), -1)
        days = shapes.opened(range(len(shapes)))["day"][:, self._index, lanes]
        return np.where(lanes[:, None] >= 0, days.T, -1)

    def month(self, code: str) -> Array:
        """The row of `history.MONTH` of each source; month -1 where there is none."""
        lanes = self._lanes(code)
        if not self.chunk.lanes:
            return empty_months(self.rows)
        found: Array = self.chunk.months.opened([0])[0, self._index, lanes]
        found["month"] = np.where(lanes >= 0, found["month"], -1)
        return found

    def of(self, index: int) -> "Past":
        """One source of the block."""
        return Past(self, index)


FLOATS: Final = frozenset({"mean", "zs", "high", "low", "spread", "noise"})


class Past:
    """One source's hours and days; the functions are those of Window, for its row."""

    def __init__(self, window: Window, index: int) -> None:
        self.window, self.index = window, index

    @property
    def hour(self) -> int:
        """The hour up to which it reaches, since 1970 UTC."""
        return self.window.hour

    def has(self, code: str) -> bool:
        return bool(self.window.has(code)[self.index])

    def hours(self, code: str, field: str, count: int = 1, back: int = 0) -> Array:
        found: Array = self.window.hours(code, field, count, back)[self.index]
        return found

    def values(self, code: str, count: int = 1, back: int = 0) -> Array:
        found: Array = self.window.values(code, count, back)[self.index]
        return found

    def value(self, code: str, back: int = 0) -> float:
        """The newest hour mean, NaN for none."""
        return float(self.window.values(code, 1, back)[self.index, 0])

    def judged(self, code: str, count: int = 1, back: int = 0, against: str = "limit") -> Array:
        found: Array = self.window.judged(code, count, back, against)[self.index]
        return found

    def planned(self, code: str, field: str) -> float:
        return float(self.window.planned(code, field)[self.index])

    def source(self, field: str) -> int:
        return int(self.window.source(field)[self.index])

    def alive(self, count: int, back: int = 0) -> Array:
        return self.window.alive(count, back)

    def days(self, code: str, field: str, count: int, back: int = 0) -> Array:
        found: Array = self.window.days(code, field, count, back)[self.index]
        return found

    def shapes(self, code: str, before: int) -> Array:
        found: Array = self.window.shapes(code, before)[self.index]
        return found

    def usual(self, code: str, before: int) -> float:
        return float(self.window.usual(code, before)[self.index])

    def shape_days(self, code: str) -> Array:
        found: Array = self.window.shape_days(code)[self.index]
        return found

    def month(self, code: str) -> dict[str, Any]:
        """The month so far by name of the field."""
        row = self.window.month(code)[self.index]
        return {name: row[name].tolist() for name in row.dtype.names}

    def samples(self, codes: Sequence[str], count: int, found_ms: int, back: int = 0) -> tuple[Sample, ...]:
        """Hour means as evidence, oldest first."""
        kept = []
        for code in codes:
            means = self.hours(code, "mean", count, back)
            for place, mean in enumerate(means.tolist()):
                if not np.isnan(mean):
                    start = (self.hour - back - count + 1 + place) * HOUR_MS
                    kept.append(
                        Sample(factor_number(code), int(Stat.AVG), int(Period.HOUR), start, mean, 0, found_ms, -1)
                    )
        return tuple(sorted(kept, key=lambda one: (one.time, one.factor)))


def month_name(month: int) -> str:
    """2026-11 for a month."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def beijing(hour: int) -> datetime:
    """Beijing time of an hour, without a zone."""
    return datetime.fromtimestamp(hour * 3600, UTC).replace(tzinfo=None) + timedelta(hours=EIGHT)
