"""readings.v1 and registry.v1 as they lie in Kafka, read once from their beginning to their end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from lantian_alerts.core.registry import Registry
from lantian_alerts.core.unpack import Piece, Unpacker
from lantian_kit import kafka_security
from lantian_kit.whole import places_of, up_to
from lantian_proto.topics import READINGS, REGISTRY

PATIENCE_SECONDS = 30.0
METADATA_SECONDS = 5.0


@asynccontextmanager
async def consumer(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A reader that belongs to no group and commits nothing. Raises KafkaError when no broker answers."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        client_id="lantian-replay",
        max_partition_fetch_bytes=8 << 20,
        **kafka_security.options(),
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reader.start()
        yield reader
    finally:
        await reader.stop()


async def registry(reader: AIOKafkaConsumer) -> tuple[Registry, list[str]]:
    """The registry as the topic holds it, and what of it could not be used."""
    found, troubles = Registry(), []
    async for record in _records(reader, REGISTRY):
        try:
            found.apply((record.key or b"").decode(), record.value)
        except ValueError as error:
            troubles.append(f"offset {record.offset}: {error}")
    return found, troubles


async def readings(reader: AIOKafkaConsumer) -> AsyncIterator[tuple[int, list[int], list[Piece]]]:
    """Partition, offsets and unpacked records, in the order of each partition; a piece of errors has no readings."""
    unpacker = Unpacker()
    await _place(reader, READINGS)
    async for partition, records in _batches(reader, READINGS):
        yield partition, [one.offset for one in records], unpacker.unpack([one.value for one in records])


async def ends(reader: AIOKafkaConsumer) -> dict[int, int]:
    """End offsets of readings.v1, by partition."""
    places = await _place(reader, READINGS)
    found = await reader.end_offsets(places)
    return {place.partition: offset for place, offset in found.items()}


async def _place(reader: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    places = await places_of(reader, topic, patience_seconds=METADATA_SECONDS)
    await reader.seek_to_beginning(*places)
    return places


async def _records(reader: AIOKafkaConsumer, topic: str) -> AsyncIterator[Any]:
    await _place(reader, topic)
    async for _, records in _batches(reader, topic):
        for record in records:
            yield record


async def _batches(reader: AIOKafkaConsumer, topic: str) -> AsyncIterator[tuple[int, list[Any]]]:
    """What lies in the topic now: what comes meanwhile is not read."""
    places = sorted(reader.assignment(), key=lambda place: place.partition)
    until = await reader.end_offsets(places)
    async for place, records in up_to(reader, until):
        wanted = [record for record in records if record.offset < until[place]]
        if wanted:
            yield place.partition, wanted
