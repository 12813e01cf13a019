"""A compacted topic followed into memory, e.g. the registry."""

import asyncio
from collections.abc import Callable

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from lantian_kit.consumer import connected
from lantian_kit.deadletter import DeadLetters
from lantian_kit.records import record_of
from lantian_kit.whole import places_of, up_to

Apply = Callable[[str, bytes | None], None]


class CompactedTable:
    """Calls `apply(key, value)` for every record, oldest first; value None means the key is gone.

    `start` returns only when everything that lay in the topic at that moment has been applied. `apply` raises
    ValueError for a record it can not read: the record becomes a dead letter and the table goes on.
    """

    def __init__(
        self, bootstrap: str, topic: str, apply: Apply, *, group: str, dead_letters: DeadLetters | None = None
    ) -> None:
        self.name = f"table {topic}"
        self.failure: asyncio.Future[None] | None = None
        self._bootstrap = bootstrap
        self._topic = topic
        self._apply = apply
        self._group = group
        self._dead_letters = dead_letters
        self._consumer: AIOKafkaConsumer | None = None
        self._follower: asyncio.Task[None] | None = None
        self._whole = False

    async def start(self) -> None:
        self.failure = asyncio.get_running_loop().create_future()
        self._consumer = await connected(
            self._bootstrap, f"{self._group}-table", auto_offset_reset="earliest", isolation_level="read_committed"
        )
        places = await places_of(self._consumer, self._topic)
        await self._consumer.seek_to_beginning(*places)
        ends = await self._consumer.end_offsets(places)
        async for _, records in up_to(self._consumer, ends):
            await self._take(records)
        self._whole = True
        self._follower = asyncio.create_task(self._follow(), name=self.name)

    async def _follow(self) -> None:
        consumer = self._consumer
        assert consumer is not None
        while True:
            try:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    await self._take(records)
            except KafkaError as error:
                structlog.get_logger().warning("following failed, trying again", topic=self._topic, error=repr(error))
                await asyncio.sleep(1)

    async def _take(self, records: list[object]) -> None:
        for found in records:
            await self._take_one(found)

    async def _take_one(self, found: object) -> None:
        record = record_of(found)
        try:
            if record.key is None:
                raise ValueError("a record of a table needs a key")
            self._apply(record.key.decode(), record.value)
        except ValueError as error:
            structlog.get_logger().error(
                "unreadable record", topic=record.topic, offset=record.offset, error=str(error)
            )
            if self._dead_letters is not None:
                await self._dead_letters.put(record, "undecodable", str(error), group=self._group, attempts=1)

    async def stop(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()

    def probe(self) -> str | None:
        """For readiness: None once the whole table was read."""
        return None if self._whole else f"{self._topic} is being read"
