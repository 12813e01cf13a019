"""Columns of history of a block of sources, one an hour or day, compressed while nobody looks at them.

What is over hardly changes: a column is written while its hour closes and read a few times an hour, for one block of
sources after the other. So the columns of the block in work are arrays and those of all others are bytes: half the size
or less, and not a bit of them is lost. Bytes of one place of the records lie side by side (high bytes of means of one
factor are nearly the same): that compresses best, and a field that is asked for is found without the others.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
import pyarrow as pa

from lantian_alerts.core.layout import BLOCK_ROWS, Array

QUICK: Final[Any] = pa.Codec("lz4_raw")
"""For what is opened every hour: a third of the time of SMALL, two hundredths larger."""
SMALL: Final[Any] = pa.Codec("zstd", compression_level=1)
"""For what is opened once a day: a tenth smaller."""


class Ring:
    """Columns by their place; `labels` says which hour or day each is, -1 for none.

    `empty` makes a column without data of a width: BLOCK_ROWS sources by so many series.
    """

    def __init__(self, places: int, empty: Callable[[int], Array], codec: Any = SMALL) -> None:
        self._codec = codec
        self._dtype: np.dtype[Any] = empty(0).dtype
        self._planes: dict[int, Array] = {}
        self._fields: dict[str, tuple[Array, set[int]]] = {}
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
        self._forget(place)
        return column

    def put(self, place: int, column: Array) -> None:
        """Takes the place of what was there."""
        self._packed.pop(place, None)
        self._written[place] = self._wide(column)
        self._forget(place)

    def put_packed(self, place: int, width: int, data: bytes) -> None:
        """Takes a column as `packed_column` gave it. Raises ValueError for bytes that are none."""
        try:
            self._unpacked(data, width)
        except OSError as error:  # the decompressor's
            raise ValueError(str(error)) from error
        self._written.pop(place, None)
        self._packed[place] = (width, data)
        self._forget(place)

    def packed_column(self, place: int) -> bytes:
        """The bytes of a column in the present width."""
        held = self._packed.get(place)
        if place in self._written or held is None or held[0] != self.width:
            return self._pack(self._read(place))
        return held[1]

    def opened(self, places: Iterable[int]) -> Array:
        """All columns as one array to read from, of which those at `places` are filled in."""
        if self._opened is None:
            self._opened = np.zeros((len(self.labels), BLOCK_ROWS, self.width), self._dtype)
        for place in places:
            if place not in self._here:
                self._opened[place] = self._read(place)
                self._here.add(place)
        return self._opened

    def record(self, place: int, source: int, series: int) -> Any:
        """One record to read from."""
        column = self._written.get(place)
        return self.opened([place])[place, source, series] if column is None else column[source, series]

    def field(self, name: str, places: Iterable[int]) -> Array:
        """A field of all columns to read from, filled in at `places`: columns, series, sources."""
        array, here = self._fields.get(name, (None, set()))
        if array is None:
            array = np.zeros((len(self.labels), self.width, BLOCK_ROWS), self._dtype[name])
            self._fields[name] = array, here
        for place in places:
            if place not in here:
                self._fill(array[place], place, name)
                here.add(place)
        return array

    def _fill(self, into: Array, place: int, name: str) -> None:
        held = self._packed.get(place)
        if place in self._written or held is None:
            into[:] = self._read(place)[name].T
            return
        planes = self._planes.get(place)
        if planes is None:
            planes = self._planes[place] = self._unpacked(held[1], held[0])
        offset, size = self._dtype.fields[name][1], self._dtype[name].itemsize  # type: ignore[index]  # records have fields
        parts = into.view(np.uint8).reshape(*into.shape, size)[: held[0]]
        for byte in range(size):
            parts[:, :, byte] = planes[offset + byte]
        if held[0] < self.width:
            into[held[0] :] = self._empty(self.width - held[0])[name].T

    def close(self) -> None:
        """Forgets what was opened to be read."""
        self._opened = None
        self._here.clear()
        self._planes.clear()
        self._fields.clear()

    def pack(self) -> None:
        """Compresses what was written."""
        for place, column in self._written.items():
            self._packed[place] = (self.width, self._pack(column))
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
        planes = self._unpacked(held[1], held[0])
        columns = planes.transpose(2, 1, 0).copy()
        return self._wide(columns.view(self._dtype).reshape(BLOCK_ROWS, held[0]))

    def _wide(self, column: Array) -> Array:
        if column.shape[1] == self.width:
            return column
        wider = self._empty(self.width)
        wider[:, : column.shape[1]] = column
        return wider

    def _forget(self, place: int) -> None:
        self._here.discard(place)
        self._planes.pop(place, None)
        for _, here in self._fields.values():
            here.discard(place)

    def _pack(self, column: Array) -> bytes:
        """A column as bytes: its records cut into planes of single bytes, by series, then compressed."""
        width = column.shape[1]
        if not width:
            return b""
        planes = np.ascontiguousarray(column).view(np.uint8).reshape(BLOCK_ROWS, width, -1).transpose(2, 1, 0)
        found: bytes = self._codec.compress(np.ascontiguousarray(planes), asbytes=True)
        return bytes(
            memoryview(found)
        )  # it was made for the worst case and cut: a copy leaves no holes between columns

    def _unpacked(self, data: bytes, width: int) -> Array:
        """The planes of a column. Raises ValueError, OSError for other bytes."""
        shape = (self._dtype.itemsize, width, BLOCK_ROWS)
        if not width:
            return np.zeros(shape, np.uint8)
        size = self._dtype.itemsize * width * BLOCK_ROWS
        return np.frombuffer(self._codec.decompress(data, size, asbytes=True), np.uint8).reshape(shape)
