"""What is built here, kafka-python reads back: to the byte what its own builder would have written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder
from kafka.structs import TopicPartition

from lantian_kit.batches import Records, varint
from lantian_kit.handover import built

BYTES = st.none() | st.binary(max_size=300)
HEADERS = st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=200)), max_size=12)
RECORD = st.tuples(BYTES, BYTES, HEADERS, st.integers(1_700_000_000_000, 1_700_000_009_000))


@given(st.lists(RECORD, min_size=1, max_size=30), st.sampled_from([0, 3]))
def test_a_batch_is_what_the_library_would_have_built(rows: list[tuple[object, ...]], codec: int) -> None:
    """Keys, values, headers, times before and after the first, with lz4 and without."""
    records = Records(TopicPartition("t", 0))
    theirs = MemoryRecordsBuilder(2, codec, 1 << 20)
    for key, value, headers, stamp in rows:
        records.append(key, value, headers, stamp)  # type: ignore[arg-type]  # as drawn
        theirs.append(stamp, key, value, headers)
    ours = built(records, codec)
    assert ours.next_offset() == len(rows) == theirs.next_offset()
    assert ours.is_full()
    for builder in (ours, theirs):
        builder.set_producer_state(7, 1, 100, False)
        builder.close()
    assert bytes(ours.buffer()) == bytes(theirs.buffer())
    (batch,) = MemoryRecords(bytes(ours.buffer()))
    assert batch.validate_crc()
    assert [(r.key, r.value, r.headers, r.timestamp) for r in batch] == [tuple(row) for row in rows]


@pytest.mark.parametrize(("number", "wanted"), [(0, b"\0"), (-1, b"\1"), (1, b"\2"), (63, b"\x7e"), (64, b"\x80\1")])
def test_varints(number: int, wanted: bytes) -> None:
    """Values of the encoding's own description."""
    assert varint(number) == wanted
