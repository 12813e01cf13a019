"""Single records read back by partition and offset: the evidence behind a pointer."""

import asyncio
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from lantian_kit.consumer import connected

FETCH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies in a topic."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def record_of(found: object) -> Record:
    """Our record from the client library's."""
    get = found.__getattribute__
    return Record(
        get("topic"), get("partition"), get("offset"), get("timestamp"), get("key"), get("value"), tuple(get("headers"))
    )


class RecordReader:
    """Reads one record at a time; a part of a process."""

    name = "record reader"
    failure: "asyncio.Future[None] | None" = None

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._consumer: AIOKafkaConsumer | None = None
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Connects; waits for the broker as long as it takes."""
        self._consumer = await connected(self._bootstrap, self._client_id, fetch_max_wait_ms=50, max_poll_records=1)

    async def stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def fetch(self, topic: str, partition: int, offset: int) -> Record | None:
        """The record, or None when it is no longer (or not yet) there. Raises TimeoutError, KafkaError."""
        if self._consumer is None:
            raise KafkaError("the reader is not started")
        place = TopicPartition(topic, partition)
        async with self._turn, asyncio.timeout(FETCH_SECONDS):
            first = (await self._consumer.beginning_offsets([place]))[place]
            end = (await self._consumer.end_offsets([place]))[place]
            if not first <= offset < end:
                return None
            self._consumer.assign([place])
            self._consumer.seek(place, offset)
            found = await self._consumer.getone(place)
        if found.offset != offset:  # compacted away
            return None
        return Record(topic, partition, offset, found.timestamp, found.key, found.value, tuple(found.headers))
