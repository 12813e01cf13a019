"""readings.v1 and registry.v1 as they lie in Kafka: the registry whole, of the readings what a span needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from lantian_alerts.core.registry import Registry
from lantian_alerts.core.unpack import Piece, Unpacker
from lantian_kit import kafka_security
from lantian_kit.whole import METADATA_SECONDS, newest_of, places_of, up_to
from lantian_proto.readings import ReadingsError
from lantian_proto.topics import READINGS, REGISTRY

PATIENCE_SECONDS = 30.0
DAY_MS: Final = 86_400_000
LEAD_IN_MS: Final = 35 * DAY_MS
"""Before a span: rules look back thirty days, and count months from their first day."""
TAIL_MS: Final = 3 * DAY_MS
"""After a span: days and months are judged hours after their end, and most episodes end by then."""
SLACK_MS: Final = 3_600_000
"""So much earlier or later than its reception a record may have been written; beyond it no bound is believed."""


class Bounds(NamedTuple):
    """Of one partition: the first offset that is read, and the one after the last."""

    first: int
    until: int


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
    async for record in newest_of(reader, REGISTRY, None):
        try:
            found.apply((record.key or b"").decode(), record.value)
        except ValueError as error:
            troubles.append(f"offset {record.offset}: {error}")
    return found, troubles


async def readings(
    reader: AIOKafkaConsumer, bounds: dict[int, Bounds]
) -> AsyncIterator[tuple[int, list[int], list[Piece]]]:
    """Partition, offsets and unpacked records, in the order of each partition; a piece of errors has no readings."""
    unpacker = Unpacker()
    places = await places_of(reader, READINGS, patience_seconds=METADATA_SECONDS)
    for place in places:
        reader.seek(place, bounds[place.partition].first)
    async for place, records in up_to(reader, {place: bounds[place.partition].until for place in places}):
        wanted = [record for record in records if record.offset < bounds[place.partition].until]
        if wanted:
            offsets, values = [one.offset for one in wanted], [one.value for one in wanted]
            yield place.partition, offsets, unpacker.unpack(values)


async def bounds(reader: AIOKafkaConsumer, from_ms: int, to_ms: int) -> dict[int, Bounds]:
    """What of readings.v1 a span needs, by partition; to the present ends, and from the beginning where times mislead.

    Kafka finds offsets by the time a record was written. In a suite whose clock is fast, or whose readings were written
    afterwards, that is not the time the readings bear: so each bound is checked against the readings beside it.
    """
    places = await places_of(reader, READINGS, patience_seconds=METADATA_SECONDS)
    begins, ends = await reader.beginning_offsets(places), await reader.end_offsets(places)
    since_ms, until_ms = from_ms - LEAD_IN_MS, to_ms + TAIL_MS
    firsts = await reader.offsets_for_times(dict.fromkeys(places, max(0, since_ms)))
    lasts = await reader.offsets_for_times(dict.fromkeys(places, max(0, until_ms)))
    found = {}
    for place in places:
        first, until = begins[place], ends[place]
        if (one := firsts[place]) is not None and one.offset > first:
            before = await _received(reader, place, one.offset - 1)
            first = one.offset if before is not None and before[1] <= since_ms + SLACK_MS else first
        if (one := lasts[place]) is not None and first < one.offset < until:
            at = await _received(reader, place, one.offset)
            until = one.offset if at is not None and at[0] >= until_ms - SLACK_MS else until
        found[place.partition] = Bounds(first, until)
    return found


async def _received(reader: AIOKafkaConsumer, place: TopicPartition, offset: int) -> tuple[int, int] | None:
    """First and last reception in the record at an offset, ms; None where none can be read there."""
    reader.seek(place, offset)
    try:
        async with asyncio.timeout(METADATA_SECONDS):
            record = await reader.getone(place)
    except TimeoutError:
        return None
    if record.offset != offset:
        return None
    (piece,) = Unpacker().unpack([record.value])
    if isinstance(piece.columns, ReadingsError) or not len(piece.columns):
        return None
    return int(piece.columns.received.min()), int(piece.columns.received.max())
