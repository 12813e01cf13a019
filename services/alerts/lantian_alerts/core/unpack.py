"""Many records to columns at once: what makes records of a single frame cheap.

Opening an Arrow stream costs 100 µs, whatever is in it. Records in the form of our own writer are laid out and copied
by compiled loops (`ipc`), all of a fetch together; everything else goes the slow way, through `readings.decode`.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from lantian_alerts.core import ipc
from lantian_alerts.core.fetched import NULL, Fetched, of_values
from lantian_alerts.core.names import Names
from lantian_alerts.core.partition import checked
from lantian_proto.readings import DTYPES, Columns, ReadingsError, decode, encode, tick


class Piece(NamedTuple):
    """Neighbouring records, `records` of them, as one; or one record that is none."""

    records: int
    columns: Columns | ReadingsError


class Unpacker:
    """Holds the schema message of our writer; the same records always give the same columns."""

    def __init__(self) -> None:
        sample = encode(tick(0))
        self._names = Names()
        self._schema = np.frombuffer(sample[: 8 + struct.unpack_from("<i", sample, 4)[0]], np.uint8)

    def unpack(self, values: Sequence[bytes | None]) -> list[Piece]:
        """The records in order, as pieces whose `records` sum to their number."""
        return self.read(of_values(range(len(values)), values)) if values else []

    def read(self, fetched: Fetched) -> list[Piece]:
        """The same of records that lie in a fetch."""
        blob, count = fetched.data, len(fetched.offsets)
        if not count:
            return []
        data = np.frombuffer(blob, np.uint8)
        starts, ends = np.maximum(fetched.starts, 0), np.maximum(fetched.ends, 0)
        lays = np.zeros((count, ipc.LAY), np.int64)
        ipc.survey(data, starts, ends, self._schema, ipc.WIDTHS, lays)
        by_arrow = lays[:, ipc.ROWS] == ipc.BY_ARROW
        turns = np.flatnonzero(by_arrow[1:] != by_arrow[:-1]) + 1
        pieces: list[Piece] = []
        for begin, end in pairwise([0, *turns.tolist(), count]):
            columns = None if by_arrow[begin] else self._joined(blob, data, lays[begin:end])
            if columns is not None:
                pieces.append(Piece(end - begin, columns))
                continue
            for start, stop in zip(fetched.starts[begin:end].tolist(), fetched.ends[begin:end].tolist(), strict=True):
                pieces.append(_slowly(None if start == NULL else blob[start:stop]))
        return pieces

    def _joined(self, blob: bytes, data: Any, lays: Any) -> Columns | None:
        """Records in our writer's form as one; None when a name is no text or `checked` refuses a value of one."""
        rows, names = lays[:, ipc.ROWS], lays[:, ipc.NAMES]
        spans = np.empty((int(names.sum()), 2), np.int64)
        ipc.spans(data, lays, spans)
        try:
            numbers = self._names.numbers(blob, data, spans)
        except UnicodeDecodeError:
            return None
        arrays: dict[str, Any] = {}
        for column, (name, dtype) in enumerate(DTYPES.items()):
            out = np.empty(int(rows.sum()) * int(ipc.WIDTHS[column]), np.uint8)
            ipc.copy(data, lays, column, ipc.WIDTHS[column], out)
            arrays[name] = out.view(dtype)
        if len(numbers):
            arrays["source"] = numbers[arrays["source"] + np.repeat(np.cumsum(names) - names, rows)]
        try:
            return checked(Columns(sources=self._names.known, **arrays))
        except ReadingsError:
            return None


def _slowly(value: bytes | None) -> Piece:
    try:
        if value is None:
            raise ReadingsError("the record is empty")
        return Piece(1, checked(decode(value)))
    except ReadingsError as error:
        return Piece(1, error)
