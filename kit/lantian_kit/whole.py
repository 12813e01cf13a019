"""A topic read to the end it has when asked."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from lantian_kit import kafka_security
from lantian_kit.records import Record, record_of

METADATA_PAUSE_SECONDS = 0.2
METADATA_SECONDS = 5.0
FETCH_MS = 200


async def places_of(
    consumer: AIOKafkaConsumer, topic: str, *, patience_seconds: float | None = None
) -> list[TopicPartition]:
    """The partitions of a topic, which the consumer holds from now on instead of what it held; it is to seek.

    A broker tells a new topic to its clients only after a while: without `patience_seconds` it is waited for without
    end, with it LookupError is raised.
    """
    deadline = None if patience_seconds is None else time.monotonic() + patience_seconds
    # Makes the client ask for this topic's metadata. It must hold something at every moment: the client library's
    # fetch routine dies of a consumer that holds nothing.
    consumer.assign([TopicPartition(topic, 0)])
    while True:
        await consumer.topics()
        numbers: set[int] | None = consumer.partitions_for_topic(topic)
        if numbers:
            places = [TopicPartition(topic, number) for number in sorted(numbers)]
            consumer.assign(places)
            return places
        if deadline is not None and time.monotonic() >= deadline:
            raise LookupError(f"the broker has no topic {topic}; `python -m lantian_kit.topics` creates it")
        await asyncio.sleep(METADATA_PAUSE_SECONDS)


async def up_to(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]
) -> AsyncIterator[tuple[TopicPartition, list[Any]]]:
    """What is fetched, until every partition has reached its end; the client library's records.

    The last fetch may go beyond: who follows the topic takes that too, who wanted the topic as it was leaves it.
    """
    while any([await consumer.position(place) < end for place, end in ends.items()]):
        for place, records in (await consumer.getmany(timeout_ms=FETCH_MS)).items():
            yield place, records


async def newest_of(consumer: AIOKafkaConsumer, topic: str, newest: int | None) -> AsyncIterator[Any]:
    """The last `newest` records of each partition, or all, up to the end as it is now; the client library's records.

    Raises LookupError when the broker knows no such topic.
    """
    places = await places_of(consumer, topic, patience_seconds=METADATA_SECONDS)
    ends = await consumer.end_offsets(places)
    if newest is None:
        await consumer.seek_to_beginning(*places)
    else:
        begins = await consumer.beginning_offsets(places)
        for place in places:
            consumer.seek(place, max(begins[place], ends[place] - newest))
    async for place, records in up_to(consumer, ends):
        for record in records:
            if record.offset < ends[place]:
                yield record


async def read_whole(bootstrap: str, topic: str) -> AsyncIterator[Record]:
    """Every record that is committed now, partition by partition in the order of offsets; waits for the topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        **kafka_security.options(),
    )
    try:
        await consumer.start()
        places = await places_of(consumer, topic)
        ends = await consumer.end_offsets(places)
        for place in places:
            consumer.assign([place])
            await consumer.seek_to_beginning(place)
            async for _, records in up_to(consumer, {place: ends[place]}):
                for found in records:
                    if found.offset < ends[place]:
                        yield record_of(found)
    finally:
        await consumer.stop()
