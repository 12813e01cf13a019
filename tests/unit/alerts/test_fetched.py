"""Records read whole are the records that the client library reads."""

import struct
from collections.abc import Sequence

import pytest
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_alerts.core.fetched import NULL, BrokenBatch, Fetched, of_batches, of_values
from lantian_kit.whole_fetch import WholeFetch, WholeReader, readable

PLACE = TopicPartition("readings.v1", 3)
Given = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def batch(base: int, records: Sequence[Given], codec: int = 0, step: int = 1) -> bytes:
    """A record batch as the broker keeps it; `step` above 1 leaves holes, as compaction does."""
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=codec, is_transactional=False, producer_id=-1, producer_epoch=-1, base_sequence=-1,
        batch_size=1 << 20,
    )  # fmt: skip
    for number, (key, value, headers) in enumerate(records):
        builder.append(number * step, 1_000 + number, key, value, headers)
    data = builder.build()
    struct.pack_into(">q", data, 0, base)
    return bytes(data)


def whole(raw: bytes, first: int = 0) -> WholeFetch:
    """The fetch."""
    (found,) = WholeReader(PLACE, raw, first, True)
    return found


def read(found: WholeFetch) -> Fetched:
    """Its records by their places."""
    return of_batches([(part.base_offset, part.count, part.records()) for part in found.batches], found.first)


def pairs(fetched: Fetched) -> list[tuple[int, bytes | None]]:
    """Offsets and values."""
    places = zip(fetched.starts.tolist(), fetched.ends.tolist(), strict=True)
    values = [None if start == NULL else fetched.data[start:end].tobytes() for start, end in places]
    return list(zip(fetched.offsets.tolist(), values, strict=True))


def plainly(raw: bytes, first: int) -> list[tuple[int, bytes | None]]:
    """What aiokafka reads."""
    found = PartitionRecords(PLACE, MemoryRecords(raw), [], first, None, None, True, 0)
    return [(record.offset, record.value) for record in found if record.offset >= first]


some = st.one_of(st.none(), st.binary(max_size=200))
record = st.tuples(some, some, st.lists(st.tuples(st.text(max_size=3), some), max_size=2))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.lists(st.lists(record, min_size=1, max_size=5), min_size=1, max_size=4),
    st.sampled_from([0, 1, 3]),
    st.integers(1, 3),
    st.integers(0, 6),
)
def test_the_same_records(batches: list[list[Given]], codec: int, step: int, first: int) -> None:
    """Any keys, values, headers, compressions, holes between offsets, and a position inside a batch."""
    raw, base = b"", 0
    for records in batches:
        raw += batch(base, records, codec, step)
        base += len(records) * step
    expected = plainly(raw, first)
    reader = WholeReader(PLACE, raw + b"\x00" * 30, first, True)  # the broker may cut the last batch
    found = [one for fetch in reader for one in pairs(read(fetch))]
    assert found == expected
    assert reader.next_fetch_offset >= max((offset for offset, _ in expected), default=first)


def test_one_record_as_the_library_has_it() -> None:
    """For a dead letter: key, headers and value of one offset."""
    fetch = whole(batch(7, [(b"k", b"v", [("h", b"1")]), (None, None, [])], codec=3))
    found = fetch.record(7)
    assert (found.key, found.value, found.headers) == (b"k", b"v", (("h", b"1"),))  # type: ignore[attr-defined]
    with pytest.raises(LookupError):
        fetch.record(9)


def test_what_was_taken_before_is_left_out() -> None:
    """A fetch that begins before the position."""
    found = read(whole(batch(0, [(None, b"%d" % number, []) for number in range(5)])).since(3))
    assert pairs(found) == [(3, b"3"), (4, b"4")]
    assert pairs(found.after(3)) == [(4, b"4")]


def test_a_wrong_checksum_is_told() -> None:
    """As aiokafka tells it."""
    raw = bytearray(batch(0, [(None, b"value", [])]))
    raw[-3] ^= 1
    with pytest.raises(CorruptRecordException):
        whole(bytes(raw))


def test_an_older_format_is_left_to_the_library() -> None:
    """Magic 1 is not read here."""
    raw = bytearray(batch(0, [(None, b"value", [])]))
    assert readable(bytes(raw))
    raw[16] = 1
    assert not readable(bytes(raw))


@pytest.mark.parametrize("records", [b"", b"\x02\x00", b"\xff" * 12, b"\x0e\x00\x00\x00\x01\x7fab\x00"])
def test_a_batch_that_lies(records: bytes) -> None:
    """Lengths beyond the bytes, varints without end: refused, never read past the end."""
    with pytest.raises(BrokenBatch):
        of_batches([(0, 1, memoryview(records))], 0)


def test_pieces_of_bytes() -> None:
    """Pieces are of about so many bytes and hold all records in order, null ones too."""
    fetched = of_values(range(5), [b"aaaa", None, b"bb", b"", b"cccccc"])
    parts = list(fetched.chunks(5))
    assert [one for part in parts for one in pairs(part)] == pairs(fetched)
    assert [len(part.offsets) for part in parts] == [3, 2]
