"""Records of a fetch by their places in the bytes they came in: KIP-98's records read by a compiled loop."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from lantian_alerts.core.compiled import compiled
from lantian_alerts.core.layout import Array

NULL = -1


class BrokenBatch(ValueError):
    """The bytes are no batch of so many records, whatever their checksum says."""


class Fetched(NamedTuple):
    """Offsets of records in order, and where their values lie in `data`; start and end are NULL for a null value."""

    data: Array
    offsets: Array
    starts: Array
    ends: Array

    def after(self, offset: int) -> "Fetched":
        """Those behind an offset."""
        if not len(self.offsets) or self.offsets[0] > offset:
            return self
        begin = int(np.searchsorted(self.offsets, offset, "right"))
        return self._replace(offsets=self.offsets[begin:], starts=self.starts[begin:], ends=self.ends[begin:])

    @property
    def size(self) -> int:
        """Bytes from the first value to the end of the last."""
        if not len(self.starts):
            return 0
        first, last = int(self.starts[0]), int(self.ends[-1])
        return last - first if first >= 0 and last >= 0 else int((self.ends - self.starts).sum())

    def chunks(self, size: int) -> Iterator["Fetched"]:
        """The same in pieces of about so many bytes, each of one record at least."""
        if 0 < self.size <= size:
            yield self
            return
        ends = np.cumsum(self.ends - self.starts)
        begin, taken = 0, 0
        while begin < len(ends):
            end = min(len(ends), int(np.searchsorted(ends, taken + size)) + 1)
            yield self._replace(
                offsets=self.offsets[begin:end], starts=self.starts[begin:end], ends=self.ends[begin:end]
            )
            begin, taken = end, int(ends[end - 1])


@compiled
def _varint(data: Any, at: Any, out: Any) -> Any:
    """A zigzag varint into out[0]; the place behind it, or -1."""
    value, shift = np.uint64(0), np.uint64(0)
    while at < len(data) and shift < 64:
        byte = np.uint64(data[at])
        at += 1
        value |= (byte & np.uint64(0x7F)) << shift
        if byte < 128:
            out[0] = np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1))
            return at
        shift += np.uint64(7)
    return -1


@compiled
def read_batch(data: Any, begin: Any, end: Any, base: Any, offsets: Any, starts: Any, ends: Any) -> bool:
    """Reads len(offsets) records that fill data[begin:end]; False when they do not."""
    field = np.zeros(1, np.int64)
    at = begin
    for record in range(len(offsets)):
        at = _varint(data, at, field)
        stop = at + field[0]
        if at < 0 or field[0] < 0 or stop > end:
            return False
        at = _varint(data, at + 1, field)  # behind the attributes: the time since the first record
        if at < 0:
            return False
        at = _varint(data, at, field)
        if at < 0:
            return False
        offsets[record] = base + field[0]
        at = _varint(data, at, field)  # the key
        if at < 0 or field[0] < -1 or at + max(field[0], 0) > stop:
            return False
        at = _varint(data, at + max(field[0], 0), field)
        if at < 0 or field[0] < -1 or at + max(field[0], 0) > stop:
            return False
        starts[record] = at if field[0] >= 0 else -1
        ends[record] = at + field[0] if field[0] >= 0 else -1
        at = stop  # headers are not looked at
    return bool(at == end)


def of_batches(batches: Sequence[tuple[int, int, memoryview]], first: int) -> Fetched:
    """Records from `first` on of batches (base offset, number of records, their bytes). Raises BrokenBatch."""
    blob = batches[0][2] if len(batches) == 1 else b"".join(records for _, _, records in batches)
    count = sum(number for _, number, _ in batches)
    if count > len(blob):
        raise BrokenBatch(f"{count} records in {len(blob)} bytes")
    offsets, starts, ends = np.empty((3, count), np.int64)
    data = np.frombuffer(blob, np.uint8)
    at = row = 0
    for base, number, records in batches:
        rows = slice(row, row + number)
        if not read_batch(data, at, at + len(records), base, offsets[rows], starts[rows], ends[rows]):
            raise BrokenBatch(f"the batch at offset {base} does not hold {number} records")
        at, row = at + len(records), row + number
    return Fetched(data, offsets, starts, ends).after(first - 1)


def of_values(offsets: Sequence[int], values: Sequence[bytes | None]) -> Fetched:
    """Records that lie one by one."""
    lengths = np.array([len(value or b"") for value in values], np.int64)
    ends = np.cumsum(lengths)
    null = np.array([value is None for value in values], bool)
    data = np.frombuffer(b"".join(value or b"" for value in values), np.uint8)
    return Fetched(data, np.array(offsets, np.int64), np.where(null, NULL, ends - lengths), np.where(null, NULL, ends))
