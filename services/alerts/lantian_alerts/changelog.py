"""State on Kafka: a compacted topic, written by one transactional producer per owned partition.

Opening a partition fences whoever wrote it before and aborts what was under way, so that a process that lost its
partitions while it was frozen can not write over the new owner's state. Measured: ADR 2.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced

from lantian_kit import kafka_security
from lantian_kit.bus import LARGEST_RECORD_BYTES
from lantian_kit.whole import up_to
from lantian_proto.topics import ALERTS_STATE

TRANSACTION_MS = 20_000


class Fenced(Exception):
    """Another process owns the partition: write nothing, acknowledge nothing, wait for the next assignment."""


class Changelog(Protocol):
    """What the detector knows of it."""

    async def open(self, partitions: set[int]) -> dict[int, dict[int, bytes]]:
        """Takes over the partitions, and only these; their blocks by number. Nobody else can write them after."""

    async def write(self, partition: int, blocks: Mapping[int, bytes | None]) -> None:
        """All blocks or none; None removes a block. Raises Fenced."""

    async def close(self) -> None:
        """Lets all partitions go."""


class KafkaChangelog:
    """The real one. `prefix` names the suite; producers of one partition share the transactional id made from it."""

    def __init__(self, bootstrap: str, prefix: str, topic: str = ALERTS_STATE) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._topic = topic
        self._producers: dict[int, AIOKafkaProducer] = {}

    async def open(self, partitions: set[int]) -> dict[int, dict[int, bytes]]:
        await self.close()
        await asyncio.gather(*(self._fence(partition) for partition in sorted(partitions)))
        return await self._read(partitions)

    async def _fence(self, partition: int) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=f"{self._prefix}-state",
            transactional_id=f"{self._prefix}-state-{self._topic}-{partition}",
            transaction_timeout_ms=TRANSACTION_MS,
            max_request_size=LARGEST_RECORD_BYTES,
            linger_ms=0,
            **kafka_security.options(),
        )
        self._producers[partition] = producer
        await producer.start()  # asks for a new producer epoch

    async def _read(self, partitions: set[int]) -> dict[int, dict[int, bytes]]:
        blocks: dict[int, dict[int, bytes]] = {partition: {} for partition in partitions}
        if not partitions:
            return blocks
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=f"{self._prefix}-restore",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=LARGEST_RECORD_BYTES * 2,
            **kafka_security.options(),
        )
        await consumer.start()
        try:
            places = [TopicPartition(self._topic, partition) for partition in sorted(partitions)]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            await consumer.seek_to_beginning(*places)
            async for place, records in up_to(consumer, ends):
                for record in records:
                    number = int(record.key)
                    if record.value is None:
                        blocks[place.partition].pop(number, None)
                    else:
                        blocks[place.partition][number] = record.value
        finally:
            await consumer.stop()
        return blocks

    async def write(self, partition: int, blocks: Mapping[int, bytes | None]) -> None:
        producer = self._producers.get(partition)
        if producer is None:
            raise Fenced(f"partition {partition} is not open")
        try:
            async with producer.transaction():
                sent = [
                    await producer.send(self._topic, block, key=str(number).encode(), partition=partition)
                    for number, block in blocks.items()
                ]
                await asyncio.gather(*sent)
        except (ProducerFenced, InvalidProducerEpoch) as error:
            raise Fenced(str(error)) from error

    async def close(self) -> None:
        producers, self._producers = self._producers, {}
        for partition, producer in producers.items():
            try:
                await producer.stop()
            except KafkaError as error:  # a fenced producer can not end its transaction; its successor has aborted it
                structlog.get_logger().info("state producer closed", partition=partition, error=repr(error))
