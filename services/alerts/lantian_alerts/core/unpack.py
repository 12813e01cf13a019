"""Many records to columns at once: what makes records of a single frame cheap.

Opening an Arrow stream costs 100 µs, whatever is in it. Records in the form of our own writer are laid out and copied
by a compiled loop (`ipc`), all of a chunk together; everything else goes the slow way, through `readings.decode`.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from lantian_alerts.core import ipc
from lantian_alerts.core.fetched import Fetched, of_values
from lantian_alerts.core.names import Names
from lantian_alerts.core.partition import checked
from lantian_proto.readings import Columns, ReadingsError, decode, encode, tick

ROWS_AT_ONCE: Final = 1 << 15


class Piece(NamedTuple):
    """Neighbouring records, `records` of them up to the offset `last`, as one; or one record that is none."""

    records: int
    last: int
    columns: Columns | ReadingsError


class Unpacker:
    """Holds the schema message of our writer; the same records always give the same columns. Not thread-safe."""

    def __init__(self) -> None:
        sample = encode(tick(0))
        self._names = Names()
        self._schema = np.frombuffer(sample[: 8 + struct.unpack_from("<i", sample, 4)[0]], np.uint8)
        self._cursor = np.zeros(ipc.CURSOR, np.int64)

    def unpack(self, values: Sequence[bytes | None]) -> list[Piece]:
        """The records in order, as pieces whose `records` sum to their number; offsets count from 0."""
        return self.read(iter([of_values(range(len(values)), values)]))

    def read(self, parts: Iterator[Fetched], at_most_bytes: int | None = None) -> list[Piece]:
        """The same of records that lie in parts of a fetch, until so many bytes are taken; [] when nothing is left."""
        reading = _Reading()
        size = 0
        for part in parts:
            self._take(part, reading)
            size += part.size
            if at_most_bytes is not None and size >= at_most_bytes:
                break
        reading.close()
        return reading.pieces

    def _take(self, part: Fetched, reading: "_Reading") -> None:
        cursor, data = self._cursor, part.data
        at = cursor[ipc.AT_RECORD] = 0
        while at < len(part.offsets):
            if reading.wide is None or reading.known is not self._names.known:
                reading.open(self._names)
            cursor[ipc.AT_ROW] = reading.rows
            stop = ipc.take(
                data, part.starts, part.ends, self._schema, ipc.WIDTHS, self._names.seed, self._names.table,
                reading.wide, cursor,
            )  # fmt: skip
            taken = int(cursor[ipc.AT_RECORD])
            if taken > at:
                reading.add(taken - at, int(cursor[ipc.AT_ROW]), int(part.offsets[taken - 1]))
            at = taken
            if stop == ipc.FULL:
                reading.open(self._names, int(cursor[ipc.NEEDED]))
            elif stop == ipc.BY_ARROW or (stop == ipc.NEW_NAME and not self._learn(data, reading)):
                start, end = int(part.starts[at]), int(part.ends[at])
                reading.one(int(part.offsets[at]), _slowly(None if start < 0 else data[start:end].tobytes()))
                at = cursor[ipc.AT_RECORD] = at + 1

    def _learn(self, data: Any, reading: "_Reading") -> bool:
        """Numbers the names of the record the loop stopped at; False when one is no text."""
        names, offsets, text = self._cursor[[ipc.NAMES_THERE, ipc.NAMES_OFFSETS, ipc.NAMES_TEXT]].tolist()
        bounds = text + data[offsets : offsets + 4 * (names + 1)].view("<i4").astype(np.int64)
        try:
            self._names.numbers(data, np.stack((bounds[:-1], bounds[1:]), axis=1))
        except UnicodeDecodeError:
            return False
        return True


class _Reading:
    """Pieces so far, and the one that is still growing."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.wide: ipc.Wide | None = None
        self.known: list[str] = []
        self.rows = self._records = self._last = 0

    def open(self, names: Names, rows: int = 0) -> None:
        """Begins a piece, for one record of so many rows at least."""
        self.close()
        self.wide, self.known = ipc.room(max(rows, ROWS_AT_ONCE)), names.known

    def add(self, records: int, rows: int, last: int) -> None:
        """Notes records that were appended."""
        self._records, self.rows, self._last = self._records + records, rows, last

    def one(self, offset: int, columns: Columns | ReadingsError) -> None:
        """A record that was read alone."""
        self.close()
        self.pieces.append(Piece(1, offset, columns))

    def close(self) -> None:
        """Ends the growing piece."""
        if self.wide is not None and self._records:
            columns = (column[: self.rows] for column in self.wide)
            self.pieces.append(Piece(self._records, self._last, Columns(self.known, *columns)))
            self.wide = None
        self.rows = self._records = 0


def _slowly(value: bytes | None) -> Columns | ReadingsError:
    try:
        if value is None:
            raise ReadingsError("the record is empty")
        return checked(decode(value))
    except ReadingsError as error:
        return error
