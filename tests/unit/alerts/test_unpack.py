"""Many records at once give exactly what one by one gives, whatever lies between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_alerts.core import names as names_module
from lantian_alerts.core import unpack as module
from lantian_alerts.core.fetched import of_values
from lantian_alerts.core.partition import checked
from lantian_alerts.core.unpack import Unpacker
from lantian_proto.readings import DTYPES, Columns, ReadingsError, concatenate, decode, encode, tick

T = 1_794_268_800_000


def frame(source: str = "outlet-1", rows: int = 10, value: float = 5.0, **columns: Any) -> Columns:
    """A record of one source."""
    row = {"source": 0, "factor": 8, "stat": 0, "period": 0, "time": T, "value": value, "flag": 78, "received": T}
    row |= {"edition": 1, "seq": 7} | columns
    arrays: dict[str, Any] = {name: np.full(rows, row[name], dtype) for name, dtype in DTYPES.items()}
    return Columns(sources=[source], **arrays)


def plainly(values: Sequence[bytes | None]) -> list[tuple[Any, ...] | str]:
    """The rows of all records, and for a record that is none the reason in its place, one by one."""
    found: list[tuple[Any, ...] | str] = []
    for value in values:
        try:
            if value is None:
                raise ReadingsError("the record is empty")
            found += rows_of(checked(decode(value)))
        except ReadingsError as error:
            found.append(str(error))
    return found


def rows_of(columns: Columns) -> list[tuple[Any, ...]]:
    """Rows with the names of their sources; NaN by its bits."""
    names = [columns.sources[place] for place in columns.source.tolist()]
    rest = [getattr(columns, name) for name in DTYPES if name != "source"]
    return list(
        zip(
            names,
            *(column.view(np.int64 if column.itemsize == 8 else column.dtype).tolist() for column in rest),
            strict=True,
        )
    )


def at_once(unpacker: Unpacker, values: Sequence[bytes | None]) -> list[tuple[Any, ...] | str]:
    """The same of an unpacker's pieces."""
    found: list[tuple[Any, ...] | str] = []
    pieces = unpacker.unpack(values)
    assert sum(piece.records for piece in pieces) == len(values)
    for piece in pieces:
        found += [str(piece.columns)] if isinstance(piece.columns, ReadingsError) else rows_of(piece.columns)
    return found


def warmed(*examples: bytes) -> Unpacker:
    """An unpacker that has learned the lengths of the examples."""
    unpacker = Unpacker()
    for example in (*examples, *examples):
        unpacker.unpack([example])
    return unpacker


def test_the_fast_way_is_taken() -> None:
    """Records of one form are one piece."""
    values: list[bytes | None] = [encode(frame(f"outlet-{place}", value=place)) for place in range(10)]
    pieces = warmed(values[0] or b"").unpack(values)
    assert [piece.records for piece in pieces] == [10]
    assert at_once(warmed(values[0] or b""), values) == plainly(values)


def test_names_of_many_lengths() -> None:
    """Records whose names differ in length, and so in form, still are one piece, in their order."""
    values = [encode(frame("s" * (1 + place % 23), 1 + place % 3, place)) for place in range(200)]
    unpacker = Unpacker()
    unpacker.unpack(values)
    assert [piece.records for piece in unpacker.unpack(values)] == [200]
    assert at_once(unpacker, values) == plainly(values)


def test_a_tick_among_readings() -> None:
    """Ingest packs ticks with readings; a record of ticks alone is unpacked at once too."""
    mixed = [encode(concatenate([frame("s1"), tick(T + place)])) for place in range(3)]
    values = [*mixed, encode(tick(T)), encode(tick(T + 1)), *mixed]
    unpacker = warmed(mixed[0], encode(tick(T)))
    assert [piece.records for piece in unpacker.unpack(values)] == [8]
    assert at_once(unpacker, values) == plainly(values)


def test_two_sources_in_a_record() -> None:
    """A template holds for several sources; each row keeps its own."""
    values: list[bytes | None] = [encode(concatenate([frame("aa", 2), frame(f"b{place}", 3)])) for place in range(5)]
    assert [piece.records for piece in warmed(values[0] or b"").unpack(values)] == [5]
    assert at_once(warmed(values[0] or b""), values) == plainly(values)


def test_rubbish_between_good_records() -> None:
    """Ticks, rubbish of the same length and empty records leave their neighbours alone."""
    good = encode(frame())
    values = [good, good, encode(tick(T)), b"x" * len(good), None, b"", good, good[:-8], good]
    assert at_once(warmed(good), values) == plainly(values)


@pytest.mark.parametrize(
    ("column", "value"),
    [("edition", 3), ("period", 4), ("time", 1 << 60), ("time", -1 << 63), ("received", 1 << 42), ("source", 1)],
)
def test_a_refused_value_between_good_records(column: str, value: int) -> None:
    """A record that `checked` refuses is refused alone."""
    good, bad = frame(), frame()
    getattr(bad, column)[0] = value
    values = [encode(good), _encoded_unchecked(bad, good, column), encode(good)]
    told = at_once(warmed(encode(good)), values)
    assert told == plainly(values)
    assert sum(isinstance(one, str) for one in told) == 1


def _encoded_unchecked(bad: Columns, good: Columns, column: str) -> bytes:
    """The bad record's bytes; `encode` would refuse an index without a source, so that one is written by hand."""
    if column != "source":
        return encode(bad)
    data = encode(good)
    with pa.ipc.open_stream(whole := pa.py_buffer(data)) as reader:
        start = next(iter(reader)).column("source").indices.buffers()[1].address - whole.address
    return data[:start] + (1).to_bytes(4, "little") + data[start + 4 :]


def test_more_rows_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit begins a piece; a record alone may be larger than that."""
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 25)
    values: list[bytes | None] = [encode(frame(f"s{rows}", rows)) for rows in (10, 10, 10, 40, 3)]
    assert [piece.records for piece in warmed(values[0] or b"").unpack(values)] == [2, 1, 1, 1]
    assert at_once(warmed(values[0] or b""), values) == plainly(values)


def test_names_that_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that was full in the middle of the records ends a piece: its numbers mean other names from there on."""
    monkeypatch.setattr(names_module, "NAMES_AT_MOST", 3)
    values = [encode(frame(f"s{place}")) for place in (0, 1, 2, 0, 3, 1, 2, 0)]
    assert at_once(Unpacker(), values) == plainly(values)


def test_a_name_that_is_no_text() -> None:
    """Its record is left to Arrow, alone."""
    good, bad = encode(frame("outlet-1")), encode(frame("outlet-2")).replace(b"outlet-2", b"outlet-\xff")
    assert at_once(warmed(good), [good, bad, good]) == plainly([good, bad, good])


def test_parts_until_enough_is_taken() -> None:
    """Reading ends behind the part that fills the measure, and goes on there; offsets are those of the last record."""
    good = encode(frame())
    parts = iter([of_values([10, 11], [good, good]), of_values([12], [good]), of_values([20, 30], [good, None])])
    unpacker = Unpacker()
    told = []
    while pieces := unpacker.read(parts, 2 * len(good)):
        told.append([(piece.records, piece.last) for piece in pieces])
    assert told == [[(2, 11)], [(2, 20), (1, 30)]]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(place=st.integers(0, 10_000), bits=st.integers(1, 255), rows=st.integers(1, 3))
def test_any_byte_may_be_wrong(place: int, bits: int, rows: int) -> None:
    """A record with any byte changed gives what the slow way gives, or is refused like there."""
    good = encode(frame(rows=rows))
    data = bytearray(good)
    data[place % len(data)] ^= bits
    values: list[bytes | None] = [good, bytes(data), good]
    told, expected = at_once(warmed(good), values), plainly(values)
    if any(isinstance(one, str) and "Invalid flatbuffers" in one for one in expected):
        # Arrow also verifies metadata that nobody reads; where we do not refuse, not a cell may differ.
        assert told in (expected, plainly([good] * 3))
        return
    assert [isinstance(one, str) for one in told] == [isinstance(one, str) for one in expected]
    assert [one for one in told if not isinstance(one, str)] == [one for one in expected if not isinstance(one, str)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    records=st.lists(
        st.tuples(st.sampled_from(["a", "bb", "监测点", "x\0"]), st.integers(1, 4), st.floats(width=64)), max_size=30
    )
)
def test_any_mixture(records: list[tuple[str, int, float]]) -> None:
    """Records of any sources, sizes and values, in any order, in one call or after others."""
    values: list[bytes | None] = [encode(frame(source, rows, value)) for source, rows, value in records]
    unpacker = Unpacker()
    assert at_once(unpacker, values) == plainly(values)
    assert at_once(unpacker, values) == plainly(values)
