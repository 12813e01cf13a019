"""What is remembered of hours and days that are over: rings per block of sources, filled when an hour closes.

The loop over readings never touches this. Hours are kept for sources' factors that a rule asks for (`Demand.history`),
days and the hourly shape of the last weeks for fewer of them (`Demand.deep`), which have a lane of their own.
Each column (one hour, one day) of a block is saved by itself, so that a snapshot writes what an hour has added.
"""

from typing import Any, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import BLOCK_ROWS, Array

HOURS_KEPT: Final = 28  # a day, two hours in which late data join it, and two to spare
DAYS_KEPT: Final = 31
SHAPES_KEPT: Final = 7

# One hour of a source and factor. `drift`: mean of the minutes over the reported mean, in steps of half a percent.
CELL: Final = np.dtype(
    [
        ("mean", "<f4"),
        ("zs", "<f4"),
        ("high", "<f4"),
        ("low", "<f2"),
        ("spread", "<f2"),
        ("n", "<i2"),
        ("minutes", "u1"),
        ("changes", "u1"),
        ("flagged", "u1"),
        ("mark", "u1"),
        ("bits", "u1"),
        ("drift", "i1"),
    ]
)
REPORTED, LATE_CELL, VALID, MINUTES, DRIFT, EXACT = 1, 2, 4, 8, 16, 32  # EXACT: from means, or a value a minute

# One Beijing day of a source and factor; hours counted.
DAY: Final = np.dtype(
    [
        ("mean", "<f4"),
        ("spread", "<f4"),  # of the hour means
        ("noise", "<f4"),  # middle spread within an hour
        ("due", "u1"),  # ingest was there
        ("received", "u1"),
        ("valid", "u1"),
        ("stopped", "u1"),  # marked as standing still, by the device
        ("flagged", "u1"),  # any other mark
        ("over", "u1"),  # above the limit in force
        ("near", "u1"),  # at 95 to 100 % of it
        ("ultra", "u1"),  # above the ultra-low limit
    ]
)

# The Beijing month so far. `digits`: last digits of the hour's highest raw value.
MONTH: Final = np.dtype(
    [
        ("month", "<i4"),  # year * 12 + month - 1; -1 never
        ("days", "u1"),
        ("decimals", "u1"),
        *((name, "<i2") for name in ("due", "received", "valid", "stopped", "flagged", "over", "near", "ultra")),
        ("digits", "<i2", (10,)),
    ]
)

COLUMN_HOURS, COLUMN_DAYS, COLUMN_SHAPES, COLUMN_MONTH, COLUMNS = 0, 32, 64, 72, 128
"""Places of the columns of a block among its saved parts."""


class HistoryError(ValueError):
    """A part does not fit; the text says why."""


class _Part(msgspec.Struct, array_like=True):
    label: int
    slots: int
    lanes: int
    data: bytes
    more: bytes = b""


def empty_cells(*shape: int) -> Array:
    """Hours without data."""
    cells = np.zeros(shape, CELL)
    for name in ("mean", "zs", "high", "low", "spread"):
        cells[name] = np.nan
    return cells


def empty_days(*shape: int) -> Array:
    """Days without data."""
    days = np.zeros(shape, DAY)
    for name in ("mean", "spread", "noise"):
        days[name] = np.nan
    return days


class Chunk:
    """The history of one block of sources; `lane_of` is -1 for a series without one."""

    def __init__(self) -> None:
        self.hours = empty_cells(HOURS_KEPT, BLOCK_ROWS, 0)
        self.hour_of = np.full(HOURS_KEPT, -1, np.int32)
        self.lane_of = np.full((BLOCK_ROWS, 0), -1, np.int8)
        self.days = empty_days(DAYS_KEPT, BLOCK_ROWS, 0)
        self.day_of = np.full(DAYS_KEPT, -1, np.int32)
        self.shapes = np.full((SHAPES_KEPT, BLOCK_ROWS, 0, 24), np.nan, np.float16)
        self.shape_day = np.full((SHAPES_KEPT, BLOCK_ROWS, 0), -1, np.int32)
        self.month = empty_months(BLOCK_ROWS, 0)
        self.dirty: set[int] = set()
        self.usual: dict[tuple[str, int, int, int], Array] = {}  # what follows from the shapes, until the next day

    def fit(self, slots: int, lanes: int) -> None:
        """Makes room."""
        if slots > self.lane_of.shape[1]:
            self.hours = _wider(self.hours, empty_cells(HOURS_KEPT, BLOCK_ROWS, slots))
            self.lane_of = _wider(self.lane_of, np.full((BLOCK_ROWS, slots), -1, np.int8))
        if lanes > self.month.shape[1]:
            self.days = _wider(self.days, empty_days(DAYS_KEPT, BLOCK_ROWS, lanes))
            shapes = np.full((SHAPES_KEPT, BLOCK_ROWS, lanes, 24), np.nan, np.float16)
            shapes[:, :, : self.shapes.shape[2]] = self.shapes
            self.shapes = shapes
            self.shape_day = _wider(self.shape_day, np.full((SHAPES_KEPT, BLOCK_ROWS, lanes), -1, np.int32))
            self.month = _wider(self.month, empty_months(BLOCK_ROWS, lanes))

    def add_lanes(self, missing: Array) -> None:
        """Gives series a lane for days and shapes; `missing` marks sources and slots that have none."""
        first = (self.lane_of >= 0).sum(axis=1)
        order = np.cumsum(missing, axis=1) - 1 + first[:, None]
        self.fit(missing.shape[1], int(np.where(missing, order, -1).max()) + 1)
        wide = self.lane_of[:, : missing.shape[1]]
        wide[missing] = order[missing]
        self.dirty.add(COLUMN_MONTH)

    def hour_column(self, hour: int) -> Array:
        """The column of an hour, emptied when it held an older one."""
        at = hour % HOURS_KEPT
        if self.hour_of[at] != hour:
            self.hours[at] = empty_cells(*self.hours.shape[1:])
            self.hour_of[at] = hour
        self.dirty.add(COLUMN_HOURS + at)
        column: Array = self.hours[at]
        return column

    def day_column(self, day: int) -> Array:
        """The column of a day, emptied when it held an older one."""
        at = day % DAYS_KEPT
        if self.day_of[at] != day:
            self.days[at] = empty_days(*self.days.shape[1:])
            self.day_of[at] = day
        self.dirty.add(COLUMN_DAYS + at)
        column: Array = self.days[at]
        return column

    def cells(self, hour: int, count: int) -> Array:
        """Cells of so many hours up to one, newest last: hours, sources, slots; hours never kept are empty."""
        found = empty_cells(count, *self.hours.shape[1:])
        for place in range(count):
            wanted = hour - count + 1 + place
            if self.hour_of[wanted % HOURS_KEPT] == wanted:
                found[place] = self.hours[wanted % HOURS_KEPT]
        return found

    def saved(self) -> dict[int, bytes]:
        """The parts that have changed since the last call."""
        parts: dict[int, _Part] = {}
        slots, lanes = self.lane_of.shape[1], self.month.shape[1]
        for part in sorted(self.dirty):
            if part < COLUMN_DAYS:
                at = part - COLUMN_HOURS
                parts[part] = _Part(int(self.hour_of[at]), slots, lanes, self.hours[at].tobytes())
            elif part < COLUMN_SHAPES:
                at = part - COLUMN_DAYS
                parts[part] = _Part(int(self.day_of[at]), slots, lanes, self.days[at].tobytes())
            elif part < COLUMN_MONTH:
                at = part - COLUMN_SHAPES
                days = self.shape_day[at].tobytes()
                parts[part] = _Part(0, slots, lanes, self.shapes[at].tobytes(), days)
            else:
                parts[part] = _Part(0, slots, lanes, self.month.tobytes(), self.lane_of.tobytes())
        self.dirty.clear()
        return {part: msgspec.msgpack.encode(content) for part, content in parts.items()}

    def restore(self, part: int, data: bytes) -> None:
        """Takes one saved part back. Raises HistoryError."""
        try:
            held = msgspec.msgpack.decode(data, type=_Part)
            self.fit(held.slots, held.lanes)
            at_slots, at_lanes = (slice(None), slice(0, held.slots)), (slice(None), slice(0, held.lanes))
            if part < COLUMN_DAYS:
                self.hour_of[part] = held.label
                self.hours[part][at_slots] = np.frombuffer(held.data, CELL).reshape(BLOCK_ROWS, held.slots)
            elif part < COLUMN_SHAPES:
                at = part - COLUMN_DAYS
                self.day_of[at] = held.label
                self.days[at][at_lanes] = np.frombuffer(held.data, DAY).reshape(BLOCK_ROWS, held.lanes)
            elif part < COLUMN_MONTH:
                at = part - COLUMN_SHAPES
                shapes = np.frombuffer(held.data, np.float16).reshape(BLOCK_ROWS, held.lanes, 24)
                self.shapes[at][at_lanes] = shapes
                self.shape_day[at][at_lanes] = np.frombuffer(held.more, np.int32).reshape(BLOCK_ROWS, held.lanes)
            else:
                self.month[at_lanes] = np.frombuffer(held.data, MONTH).reshape(BLOCK_ROWS, held.lanes)
                self.lane_of[at_slots] = np.frombuffer(held.more, np.int8).reshape(BLOCK_ROWS, held.slots)
        except (msgspec.DecodeError, ValueError, IndexError) as error:
            raise HistoryError(str(error)) from error


def empty_months(*shape: int) -> Array:
    """Months that have not begun."""
    month = np.zeros(shape, MONTH)
    month["month"] = -1
    return month


def _wider(old: Any, new: Any) -> Any:
    new[..., : old.shape[-1]] = old
    return new
