"""What a fetch brought of one partition as the bytes it came in: no object for each record.

aiokafka makes two objects a record, which costs more than judging it. Its fetcher is left as it is: a tap on its client
keeps the bytes of each answer, and the reader of a partition's records is exchanged for one that gives the batches
whole. What it does not know (formats before Kafka 0.11, transactions that were aborted) stays with aiokafka. Private
names are guarded by tests/contract/test_faust_names.py.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cramjam
from aiokafka.codec import gzip_decode, snappy_decode, zstd_decode
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import TopicPartition
from crc32c import crc32c

HEADER = struct.Struct(">qiibIhiqqqhii")  # KIP-98: record batch, magic 2
LENGTH_ENDS, MAGIC_AT, MAGIC = 12, 16, 2
CHECKED_FROM = 21  # what the checksum is over, to the end
CODECS = {0: memoryview, 1: gzip_decode, 2: snappy_decode, 3: cramjam.lz4.decompress, 4: zstd_decode}


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records of one batch, as they were compressed."""

    base_offset: int
    first_timestamp: int
    count: int
    codec: int
    packed: memoryview

    def records(self) -> memoryview:
        """KIP-98's records one after the other. Raises what the codec raises."""
        return memoryview(CODECS[self.codec](self.packed))


@dataclass(frozen=True, slots=True)
class WholeFetch:
    """Batches of one partition in order. Records before `first` are not wanted; `last` is the end of what was read."""

    topic: str
    partition: int
    first: int
    last: int
    timestamp: int
    batches: tuple[RecordBatch, ...]
    raw: bytes

    def since(self, offset: int) -> "WholeFetch":
        """The same without what lies before an offset."""
        return replace(self, first=max(self.first, offset))

    def record(self, offset: int) -> object:
        """One record as the client library has it. Raises LookupError."""
        place = TopicPartition(self.topic, self.partition)
        for found in PartitionRecords(place, MemoryRecords(self.raw), [], self.first, None, None, False, 0):
            if found.offset == offset:
                return found
        raise LookupError(f"{place} has no record {offset} here")


def _frames(raw: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of every batch that is there in full; the broker may cut the last one."""
    at = 0
    while at + HEADER.size <= len(raw):
        end = at + LENGTH_ENDS + int.from_bytes(raw[at + 8 : at + LENGTH_ENDS], "big", signed=True)
        if end > len(raw) or end <= at:
            return
        yield at, end
        at = end


def readable(raw: bytes) -> bool:
    """Whether every batch is of the format known here."""
    return all(raw[at + MAGIC_AT] == MAGIC for at, _ in _frames(raw))


class WholeReader:
    """Takes the place of aiokafka's PartitionRecords: gives one WholeFetch, or nothing where no record is."""

    def __init__(self, place: Any, raw: bytes, fetch_offset: int, check_crcs: bool) -> None:
        self.next_fetch_offset = fetch_offset
        self._place, self._raw, self._check_crcs = place, raw, check_crcs
        self._left = True

    def __iter__(self) -> "WholeReader":
        return self

    def __next__(self) -> WholeFetch:
        """Raises CorruptRecordException when a batch does not have its checksum."""
        if not self._left:
            raise StopIteration
        self._left = False
        first, batches, latest = self.next_fetch_offset, [], 0
        raw = memoryview(self._raw)
        for at, end in _frames(self._raw):
            base, _, _, _, checksum, attributes, delta, began, ended, _, _, _, count = HEADER.unpack_from(raw, at)
            if self._check_crcs and crc32c(raw[at + CHECKED_FROM : end]) != checksum:
                raise CorruptRecordException(f"Invalid CRC - {self._place}")
            self.next_fetch_offset = max(first, base + delta + 1)
            if not attributes & 0x20 and count:  # control batches hold no records of ours
                packed = raw[at + HEADER.size : end]
                batches.append(RecordBatch(base, began, count, attributes & 0x07, packed))
                latest = max(latest, ended)
        if not batches or self.next_fetch_offset <= first:
            raise StopIteration
        place = self._place
        return WholeFetch(
            place.topic, place.partition, first, self.next_fetch_offset - 1, latest, tuple(batches), self._raw
        )


class Tap:
    """The fetcher's client, which keeps the bytes of the last answer for each partition."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.raw: dict[Any, bytes] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any, **options: Any) -> Any:
        """As the client does."""
        answer = await self._client.send(node_id, request, **options)
        if hasattr(request, "topics") and hasattr(answer, "topics") and "Fetch" in type(answer).__name__:
            for topic, partitions in answer.topics:
                for partition, _, _, *rest in partitions:
                    if isinstance(rest[-1], bytes):
                        self.raw[TopicPartition(topic, partition)] = rest[-1]
        return answer


def exchange(fetcher: Any) -> None:
    """Gives the fetcher its tap, and what it has fetched a reader of whole batches where that is possible."""
    tap = fetcher._client
    if not isinstance(tap, Tap):
        fetcher._client = Tap(tap)
        return
    for place, result in fetcher._records.items():
        if type(result) is not FetchResult or type(result._partition_records) is not PartitionRecords:
            continue
        own, raw = result._partition_records, tap.raw.pop(place, None)
        same = raw is not None and len(raw) == own._records.size_in_bytes() and not own._aborted_transactions
        if raw is not None and same and readable(raw):
            result._partition_records = WholeReader(place, raw, own.next_fetch_offset, own._check_crcs)
