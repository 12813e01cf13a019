r"""Readings as Arrow IPC streams: one schema, one dictionary, one record batch a record.

Any Arrow reader opens a record without our code.
The schema carries no metadata: in a record of one frame it would weigh more than the frame.

| column | meaning |
|---|---|
| source | registry id of the source; empty in a tick |
| factor | number in factors.csv; 0 in a tick |
| stat | 0 rtd, 1 min, 2 avg, 3 max, 4 cou; 10 to 13 the same converted to the reference oxygen |
| period | 0 real time, 1 minute, 2 hour, 3 day |
| time | start of the period or the instant, ms since 1970 UTC |
| value | in the factor's unit |
| flag | data mark, character code; 0 none sent |
| received | at the gateway, ms since 1970 UTC |
| edition | of HJ 212: 0 2005, 1 2017, 2 2025 |
| seq | frame in raw-frames.v1: partition << 48 \| offset |
"""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

POINTER_OFFSET_BITS = 48
TICK_FACTOR = 0
TICK_SOURCE = ""


class Stat(IntEnum):
    """Statistic of a reading; Zs is the value converted to the reference oxygen 折算 (HJ 212-2017 table 4)."""

    RTD = 0
    MIN = 1
    AVG = 2
    MAX = 3
    COU = 4
    ZS_RTD = 10
    ZS_MIN = 11
    ZS_AVG = 12
    ZS_MAX = 13


class Period(IntEnum):
    """Period of a reading: commands 2011, 2051, 2061 and 2031 of HJ 212-2017."""

    REAL_TIME = 0
    MINUTE = 1
    HOUR = 2
    DAY = 3


class Edition(IntEnum):
    """Edition of HJ 212; the data marks of 2005 mean other things than those of 2017."""

    E2005 = 0
    E2017 = 1
    E2025 = 2


STAT_NAMES = {
    Stat.RTD: "rtd",
    Stat.MIN: "min",
    Stat.AVG: "avg",
    Stat.MAX: "max",
    Stat.COU: "cou",
    Stat.ZS_RTD: "zs-rtd",
    Stat.ZS_MIN: "zs-min",
    Stat.ZS_AVG: "zs-avg",
    Stat.ZS_MAX: "zs-max",
}
PERIOD_NAMES = {Period.REAL_TIME: "rtd", Period.MINUTE: "minute", Period.HOUR: "hour", Period.DAY: "day"}


class ReadingsError(ValueError):
    """The bytes are no batch of readings; the text says why."""


SCHEMA = pa.schema(
    [
        pa.field("source", pa.dictionary(pa.int32(), pa.utf8()), nullable=False),
        pa.field("factor", pa.uint16(), nullable=False),
        pa.field("stat", pa.uint8(), nullable=False),
        pa.field("period", pa.uint8(), nullable=False),
        pa.field("time", pa.int64(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("flag", pa.uint8(), nullable=False),
        pa.field("received", pa.int64(), nullable=False),
        pa.field("edition", pa.uint8(), nullable=False),
        pa.field("seq", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Readings of one record; `source` indexes `sources`, all arrays have one length."""

    sources: list[str]
    source: npt.NDArray[np.int32]
    factor: npt.NDArray[np.uint16]
    stat: npt.NDArray[np.uint8]
    period: npt.NDArray[np.uint8]
    time: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    flag: npt.NDArray[np.uint8]
    received: npt.NDArray[np.int64]
    edition: npt.NDArray[np.uint8]
    seq: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.source)


DTYPES: dict[str, type[np.generic]] = {
    "source": np.int32,
    "factor": np.uint16,
    "stat": np.uint8,
    "period": np.uint8,
    "time": np.int64,
    "value": np.float64,
    "flag": np.uint8,
    "received": np.int64,
    "edition": np.uint8,
    "seq": np.int64,
}


def encode(columns: Columns) -> bytes:
    """One record's value. Raises ReadingsError when the columns differ in length or an index has no source."""
    try:
        arrays: list[pa.Array] = [
            pa.DictionaryArray.from_arrays(pa.array(columns.source, pa.int32()), pa.array(columns.sources, pa.utf8()))
        ]
        arrays += [pa.array(getattr(columns, field.name), field.type) for field in SCHEMA if field.name != "source"]
        batch = pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)
    except (pa.ArrowException, IndexError) as error:
        raise ReadingsError(str(error)) from error
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())


def decode(data: bytes) -> Columns:
    """The readings of one record; extra columns are ignored, several batches joined. Raises ReadingsError."""
    try:
        with pa.ipc.open_stream(data) as reader:
            batches = list(reader)
        if not batches:
            raise ReadingsError("no record batch in the stream")
        table = pa.Table.from_batches(batches).combine_chunks() if len(batches) > 1 else None
        batch = table.to_batches()[0] if table is not None and table.num_rows else batches[0]
        batch.validate(full=True)
        source = batch.column("source")
        if not isinstance(source, pa.DictionaryArray):
            source = source.dictionary_encode()
        if any(column.null_count for column in (batch.column(name) for name in DTYPES)):
            raise ReadingsError("null in a column")
        arrays = {name: _numpy(batch, name) for name in DTYPES if name != "source"}
        sources = source.dictionary.cast(pa.utf8()).to_pylist()
        if None in sources:
            raise ReadingsError("null among the sources")
        return Columns(sources=sources, source=source.indices.cast(pa.int32()).to_numpy(), **arrays)
    except (pa.ArrowException, KeyError, OSError, OverflowError) as error:
        raise ReadingsError(f"{type(error).__name__}: {error}"[:500]) from error


def _numpy(batch: pa.RecordBatch, name: str) -> Any:
    """A column in our type; another type is taken when every value survives, else refused by Arrow."""
    column, type_ = batch.column(name), SCHEMA.field(name).type
    return (column if column.type.equals(type_) else column.cast(type_)).to_numpy(zero_copy_only=False)


def concatenate(parts: list[Columns]) -> Columns:
    """Joins batches; sources are numbered anew, in order of first sight."""
    numbers: dict[str, int] = {}
    mapped = []
    for part in parts:
        table = np.array([numbers.setdefault(name, len(numbers)) for name in part.sources], dtype=np.int32)
        mapped.append(table[part.source] if len(part) else part.source)
    rest: dict[str, Any] = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Columns)
        if field.name not in ("sources", "source")
    }
    return Columns(sources=list(numbers), source=np.concatenate(mapped).astype(np.int32), **rest)


def tick(time_ms: int) -> Columns:
    """The row by which ingest tells every partition the time."""
    row: dict[str, float] = {
        "source": 0,
        "factor": TICK_FACTOR,
        "stat": 0,
        "period": 0,
        "time": time_ms,
        "value": 0.0,
        "flag": 0,
    }
    row |= {"received": time_ms, "edition": int(Edition.E2017), "seq": 0}
    arrays: dict[str, Any] = {name: np.array([row[name]], dtype) for name, dtype in DTYPES.items()}
    return Columns(sources=[TICK_SOURCE], **arrays)


def pointer(partition: int, offset: int) -> int:
    """Where a frame lies in raw-frames.v1, as one number."""
    return partition << POINTER_OFFSET_BITS | offset


def pointed(seq: int) -> tuple[int, int]:
    """Partition and offset of a pointer."""
    return seq >> POINTER_OFFSET_BITS, seq & ((1 << POINTER_OFFSET_BITS) - 1)
