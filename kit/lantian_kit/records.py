"""Single records read back by partition and offset: the evidence behind a pointer."""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from lantian_kit.consumer import connected

FETCH_SECONDS = 10.0
LATE_SECONDS = 1.0
READERS = 4


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
    """Reads records by their place, several side by side; a part of a process."""

    name = "record reader"
    failure: "asyncio.Future[None] | None" = None

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._consumers: list[AIOKafkaConsumer] = []
        self._idle: asyncio.Queue[AIOKafkaConsumer] = asyncio.Queue()

    async def start(self) -> None:
        """Connects; waits for the broker as long as it takes."""
        async with asyncio.TaskGroup() as together:
            for number in range(READERS):
                together.create_task(self._connect(number))

    async def _connect(self, number: int) -> None:
        consumer = await connected(
            self._bootstrap,
            f"{self._client_id}-{number}",
            fetch_max_wait_ms=50,
            max_poll_records=1,
            auto_offset_reset="none",  # a record that is gone must be said, never replaced by another
        )
        self._consumers.append(consumer)
        self._idle.put_nowait(consumer)

    async def stop(self) -> None:
        await asyncio.gather(*(consumer.stop() for consumer in self._consumers))

    async def fetch(self, topic: str, partition: int, offset: int) -> Record | None:
        """The record, or None when it is no longer (or not yet) there. Raises TimeoutError, KafkaError."""
        if not self._consumers:
            raise KafkaError("the reader is not started")
        place = TopicPartition(topic, partition)
        async with asyncio.timeout(FETCH_SECONDS):
            consumer = await self._idle.get()
            try:
                found = await _at(consumer, place, offset)
            finally:
                self._idle.put_nowait(consumer)
        if found is None or found.offset != offset:  # compacted away
            return None
        return record_of(found)


async def _at(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int) -> Any:
    consumer.assign([place])
    consumer.seek(place, offset)
    try:
        while True:
            try:
                async with asyncio.timeout(LATE_SECONDS):
                    return await consumer.getone(place)
            except TimeoutError:
                # Behind the end of the partition the broker just waits; a slow broker is asked again.
                if offset >= (await consumer.end_offsets([place]))[place]:
                    return None
    except OffsetOutOfRangeError:
        return None
