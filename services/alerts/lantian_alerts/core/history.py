"""What is remembered of hours and days that are over: rings per block of sources, filled when an hour closes.

The loop over readings never touches this. Hours are kept for sources' factors that a rule asks for (`Demand.history`),
days and the hourly shape of the last weeks for fewer of them (`Demand.deep`), which have a lane of their own.
Each column (one hour, one day) of a block is saved by itself, so that a snapshot writes what an hour has added; it is
saved as it is kept, compressed (`ring`).
"""

from typing import Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import BLOCK_ROWS, Array
from lantian_alerts.core.ring import QUICK, Ring

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

# Hour means of one of the last usual days; `day` -1 for none.
SHAPE: Final = np.dtype([("day", "<i4"), ("hours", "<f2", (24,))])

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


def empty_shapes(*shape: int) -> Array:
    """Days that were not kept."""
    shapes = np.zeros(shape, SHAPE)
    shapes["day"], shapes["hours"] = -1, np.nan
    return shapes


def empty_months(*shape: int) -> Array:
    """Months that have not begun."""
    month = np.zeros(shape, MONTH)
    month["month"] = -1
    return month


class Chunk:
    """The history of one block of sources; `lane_of` is -1 for a series without a lane for days, shapes and month.

    What is opened to be read stays open until `close`, what was written stays an array until `pack`.
    """

    def __init__(self) -> None:
        self.hours = Ring(HOURS_KEPT, lambda slots: empty_cells(BLOCK_ROWS, slots), QUICK)
        self.lane_of = np.full((BLOCK_ROWS, 0), -1, np.int8)
        self.days = Ring(DAYS_KEPT, lambda lanes: empty_days(BLOCK_ROWS, lanes))
        self.shapes = Ring(SHAPES_KEPT, lambda lanes: empty_shapes(BLOCK_ROWS, lanes))
        self.months = Ring(1, lambda lanes: empty_months(BLOCK_ROWS, lanes))
        self.rings = (self.hours, self.days, self.shapes, self.months)
        self.dirty: set[int] = set()
        self.usual: dict[tuple[str, int, int, int], Array] = {}  # what follows from the shapes, until the next day

    @property
    def lanes(self) -> int:
        """For how many series of a source there is room in days, shapes and month."""
        return self.months.width

    def fit(self, slots: int, lanes: int) -> None:
        """Makes room."""
        held = self.lane_of.shape[1]
        if slots > held:
            self.hours.fit(slots)
            self.lane_of = np.pad(self.lane_of, ((0, 0), (0, slots - held)), constant_values=-1)
        for ring in (self.days, self.shapes, self.months):
            ring.fit(lanes)

    def close(self) -> None:
        """Nobody looks at the block any more."""
        for ring in self.rings:
            ring.close()

    def pack(self) -> None:
        """Nobody writes to the block any more."""
        for ring in self.rings:
            ring.pack()

    def add_lanes(self, missing: Array) -> None:
        """Gives series a lane for days and shapes; `missing` marks sources and slots that have none."""
        first = (self.lane_of >= 0).sum(axis=1)
        order = np.cumsum(missing, axis=1) - 1 + first[:, None]
        self.fit(missing.shape[1], int(np.where(missing, order, -1).max()) + 1)
        wide = self.lane_of[:, : missing.shape[1]]
        wide[missing] = order[missing]
        self.dirty.add(COLUMN_MONTH)

    def hour_column(self, hour: int) -> Array:
        """The column of an hour to write to, emptied when it held an older one."""
        place = self.hours.start(hour)
        self.dirty.add(COLUMN_HOURS + place)
        return self.hours.column(place)

    def day_column(self, day: int) -> Array:
        """The column of a day to write to, emptied when it held an older one."""
        place = self.days.start(day)
        self.dirty.add(COLUMN_DAYS + place)
        return self.days.column(place)

    def shape_column(self, day: int) -> Array:
        """The column of day shapes to write to; what it held of others stays."""
        place = day % SHAPES_KEPT
        self.dirty.add(COLUMN_SHAPES + place)
        return self.shapes.column(place)

    def month_column(self) -> Array:
        """The months to write to."""
        self.dirty.add(COLUMN_MONTH)
        return self.months.column(0)

    def cells(self, hour: int, count: int) -> Array:
        """Cells of so many hours up to one, newest last: hours, sources, slots; hours never kept are empty."""
        found = empty_cells(count, BLOCK_ROWS, self.hours.width)
        for at in range(count):
            wanted = hour - count + 1 + at
            place = wanted % HOURS_KEPT
            if self.hours.labels[place] == wanted:
                found[at] = self.hours.opened([place])[place]
        return found

    def saved(self) -> dict[int, bytes]:
        """The parts that have changed since the last call."""
        parts: dict[int, _Part] = {}
        slots, lanes = self.lane_of.shape[1], self.lanes
        for part in sorted(self.dirty):
            ring, place = self._ring(part)
            more = self.lane_of.tobytes() if part == COLUMN_MONTH else b""
            parts[part] = _Part(int(ring.labels[place]), slots, lanes, ring.packed_column(place), more)
        self.dirty.clear()
        return {part: msgspec.msgpack.encode(content) for part, content in parts.items()}

    def restore(self, part: int, data: bytes, *, plain: bool = False) -> None:
        """Takes one saved part back; `plain`: from before columns were compressed. Raises HistoryError."""
        try:
            held = msgspec.msgpack.decode(data, type=_Part)
            self.fit(held.slots, held.lanes)
            ring, place = self._ring(part)
            if ring in (self.hours, self.days):
                ring.labels[place] = held.label
            width = held.slots if ring is self.hours else held.lanes
            if plain:
                ring.put(place, _plain_column(part, held, width))
                ring.pack()
            else:
                ring.put_packed(place, width, held.data)
            if part == COLUMN_MONTH:
                lane_of = np.frombuffer(held.more, np.int8).reshape(BLOCK_ROWS, held.slots)
                self.lane_of[:, : held.slots] = lane_of
        except (msgspec.DecodeError, ValueError, IndexError) as error:
            raise HistoryError(str(error)) from error

    def _ring(self, part: int) -> tuple[Ring, int]:
        if part < COLUMN_DAYS:
            return self.hours, part - COLUMN_HOURS
        if part < COLUMN_SHAPES:
            return self.days, part - COLUMN_DAYS
        if part < COLUMN_MONTH:
            return self.shapes, part - COLUMN_SHAPES
        return self.months, part - COLUMN_MONTH


def _plain_column(part: int, held: _Part, width: int) -> Array:
    """A column of the format before: arrays as they were, days of shapes beside the shapes."""
    shape = (BLOCK_ROWS, width)
    if part < COLUMN_DAYS:
        return np.frombuffer(held.data, CELL).reshape(shape)
    if part < COLUMN_SHAPES:
        return np.frombuffer(held.data, DAY).reshape(shape)
    if part == COLUMN_MONTH:
        return np.frombuffer(held.data, MONTH).reshape(shape)
    shapes = np.zeros(shape, SHAPE)
    shapes["day"] = np.frombuffer(held.more, np.int32).reshape(shape)
    shapes["hours"] = np.frombuffer(held.data, np.float16).reshape(*shape, 24)
    return shapes
