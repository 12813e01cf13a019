"""The readings codec: what it refuses and what it tolerates."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_proto import readings
from tests.support import examples

GOOD = readings.encode(examples.columns("sinter-hour.json"))


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_in_words(data: bytes) -> None:
    """Only ReadingsError, whatever comes."""
    with pytest.raises(readings.ReadingsError):
        readings.decode(data)


@given(st.integers(0, len(GOOD) - 16))
def test_cut_records_are_refused(end: int) -> None:
    """A record that lost its tail is no record."""
    with pytest.raises(readings.ReadingsError):
        readings.decode(GOOD[:end])


def test_extra_columns_and_other_order_are_read() -> None:
    """Outside publishers may send more than we know, in their order, with plain strings."""
    table = pa.ipc.open_stream(GOOD).read_all()
    plain = table.column("source").cast(pa.utf8())
    other = pa.table({"note": ["x"] * table.num_rows, "seq": table["seq"], "source": plain} | {
        name: table[name] for name in readings.DTYPES if name not in ("seq", "source")
    })  # fmt: skip
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, other.schema) as writer:
        writer.write_table(other)
    columns = readings.decode(sink.getvalue().to_pybytes())
    assert columns.sources == ["outlet-demo-1"]
    assert columns.value.tolist() == examples.columns("sinter-hour.json").value.tolist()


def test_a_missing_column_is_named() -> None:
    """The sender must learn what is wrong."""
    table = pa.ipc.open_stream(GOOD).read_all().drop_columns(["value"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(readings.ReadingsError, match="value"):
        readings.decode(sink.getvalue().to_pybytes())


def _with_value(column: pa.Array) -> bytes:
    table = pa.ipc.open_stream(GOOD).read_all()
    other = table.set_column(table.schema.get_field_index("time"), "time", column)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, other.schema) as writer:
        writer.write_table(other)
    return bytes(sink.getvalue().to_pybytes())


def test_another_type_is_taken_when_every_value_survives() -> None:
    """A publisher whose times are doubles is understood; one whose times are words or fractions is refused."""
    assert readings.decode(_with_value(pa.array([5.0] * 10))).time.tolist() == [5] * 10
    for column in (pa.array([5.5] * 10), pa.array(["noon"] * 10), pa.array([None] * 10, pa.int64())):
        with pytest.raises(readings.ReadingsError):
            readings.decode(_with_value(column))


def test_concatenate_numbers_sources_anew() -> None:
    """Ticks and readings joined keep their sources."""
    joined = readings.concatenate([readings.tick(5), examples.columns("sinter-hour.json"), readings.tick(6)])
    names = [joined.sources[index] for index in joined.source]
    assert names == ["", *["outlet-demo-1"] * 10, ""]
    assert joined.time[[0, -1]].tolist() == [5, 6]


@given(st.integers(0, 2**14), st.integers(0, 2**48 - 1))
def test_pointers_go_there_and_back(partition: int, offset: int) -> None:
    """A frame is found again by one number, which fits the column."""
    seq = readings.pointer(partition, offset)
    assert readings.pointed(seq) == (partition, offset)
    assert int(np.int64(seq)) == seq
