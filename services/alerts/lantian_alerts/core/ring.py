"""Columns of history of a block of sources, one an hour or day, compressed while nobody looks at them.

What is over hardly changes: a column is written while its hour closes and read a few times an hour, for one block of
sources after the other. So the columns of the block in work are arrays and those of all others are bytes: half the size
or less, and not a bit of them is lost. Bytes of one place of the records lie side by side (high bytes of means of one
factor are nearly the same), which halves the time of the compression too.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pyarrow as pa

from lantian_alerts.core.layout import BLOCK_ROWS, Array

CODEC: Final[Any] = pa.Codec("zstd", compression_level=1)


class Ring:
    """Columns by their place; `labels` says which hour or day each is, -1 for none.

    `empty` makes a column without data of a width: BLOCK_ROWS sources by so many series.
    """

    def __init__(self, places: int, empty: Callable[[int], Array]) -> None:
        self.labels = np.full(places, -1, np.int32)
        self.width = 0
        self._empty = empty
        self._packed: dict[int, tuple[int, bytes]] = {}  # width when it was packed, bytes
        self._written: dict[int, Array] = {}  # outranks what is packed
        self._opened: Array | None = None
        self._here: set[int] = set()

    def __len__(self) -> int:
        return len(self.labels)

    def fit(self, width: int) -> None:
        """Makes room for more series of a source."""
        if width > self.width:
            self.width = width
            self._written = {place: self._wide(column) for place, column in self._written.items()}
            self.close()

    def start(self, label: int) -> int:
        """The place of an hour or day, emptied when it held an older one."""
        place = label % len(self.labels)
        if self.labels[place] != label:
            self.labels[place] = label
            self.put(place, self._empty(self.width))
        return place

    def column(self, place: int) -> Array:
        """A column to write to, until the next `pack`."""
        column = self._written.get(place)
        if column is None:
            column = self._written[place] = self._read(place)
        self._here.discard(place)
        return column

    def put(self, place: int, column: Array) -> None:
        """Takes the place of what was there."""
        self._packed.pop(place, None)
        self._written[place] = self._wide(column)
        self._here.discard(place)

    def put_packed(self, place: int, width: int, data: bytes) -> None:
        """Takes a column as `packed_column` gave it. Raises ValueError for bytes that are none."""
        try:
            unpacked(data, self._empty(0).dtype, width)
        except OSError as error:  # the decompressor's
            raise ValueError(str(error)) from error
        self._written.pop(place, None)
        self._packed[place] = (width, data)
        self._here.discard(place)

    def packed_column(self, place: int) -> bytes:
        """The bytes of a column in the present width."""
        held = self._packed.get(place)
        if place in self._written or held is None or held[0] != self.width:
            return packed(self._read(place))
        return held[1]

    def opened(self, places: Iterable[int]) -> Array:
        """All columns as one array to read from, of which those at `places` are filled in."""
        if self._opened is None:
            none = self._empty(self.width)
            self._opened = np.zeros((len(self.labels), *none.shape), none.dtype)
        for place in places:
            if place not in self._here:
                self._opened[place] = self._read(place)
                self._here.add(place)
        return self._opened

    def close(self) -> None:
        """Forgets what was opened to be read."""
        self._opened = None
        self._here.clear()

    def pack(self) -> None:
        """Compresses what was written."""
        for place, column in self._written.items():
            self._packed[place] = (self.width, packed(column))
        self._written.clear()
        self.close()

    @property
    def nbytes(self) -> int:
        """What it holds, without what is opened."""
        columns = sum(column.nbytes for column in self._written.values())
        return columns + sum(len(data) for _, data in self._packed.values())

    def _read(self, place: int) -> Array:
        column = self._written.get(place)
        if column is not None:
            return column
        held = self._packed.get(place)
        if held is None:
            return self._empty(self.width)
        return self._wide(unpacked(held[1], self._empty(0).dtype, held[0]))

    def _wide(self, column: Array) -> Array:
        if column.shape[1] == self.width:
            return column
        wider = self._empty(self.width)
        wider[:, : column.shape[1]] = column
        return wider


def packed(column: Array) -> bytes:
    """A column as bytes: its records cut into planes of single bytes, by series, then compressed."""
    width = column.shape[1]
    if not width:
        return b""
    planes = np.ascontiguousarray(column).view(np.uint8).reshape(BLOCK_ROWS, width, -1).transpose(2, 1, 0)
    found: bytes = CODEC.compress(np.ascontiguousarray(planes), asbytes=True)
    return found


def unpacked(data: bytes, dtype: np.dtype[Any], width: int) -> Array:
    """The column again. Raises ValueError, OSError for other bytes."""
    if not width:
        return np.zeros((BLOCK_ROWS, 0), dtype)
    size = dtype.itemsize * width * BLOCK_ROWS
    planes = np.frombuffer(CODEC.decompress(data, size, asbytes=True), np.uint8)
    columns = planes.reshape(dtype.itemsize, width, BLOCK_ROWS).transpose(2, 1, 0).copy()
    return columns.view(dtype).reshape(BLOCK_ROWS, width)
