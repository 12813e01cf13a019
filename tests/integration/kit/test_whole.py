"""A topic read whole over a real broker, while the client library's own tasks wake whenever they like."""

import asyncio
import uuid

from aiokafka import AIOKafkaConsumer

from lantian_kit.bus import Producer, create_topics
from lantian_kit.whole import places_of, up_to
from lantian_proto.topics import Topic

ROUNDS = 10


async def test_the_consumer_lives_between_asking_and_reading(kafka: str) -> None:
    """Whoever asks for the partitions may wait for something else before it reads."""
    topic = f"whole-{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(create_topics, kafka, [Topic(topic, "", "", 3, 3_600_000, "delete", "t", (), "", ())])
    producer = Producer(kafka, "test", [topic])
    await producer.start()
    for number in range(30):
        await producer.send(topic, b"x", key=str(number).encode())
    await producer.stop()
    reader = AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id=None, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await reader.start()
    try:
        for _ in range(ROUNDS):
            places = await places_of(reader, topic)
            assert [place.partition for place in places] == [0, 1, 2]
            assert reader.assignment() == set(places)
            for _ in range(3):
                await reader.topics()
            ends = await reader.end_offsets(places)
            await reader.seek_to_beginning(*places)
            async with asyncio.timeout(30):
                found = [record async for _, records in up_to(reader, ends) for record in records]
            assert len(found) == 30
    finally:
        await reader.stop()
