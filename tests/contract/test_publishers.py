"""One suite over the fake publisher and the real producer: the fake passes what the real one passes."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from lantian_kit.bus import DeliveryError, Producer, Publisher, create_topics, partition_of
from lantian_kit.records import RecordReader
from lantian_proto.topics import Topic
from tests.support.bus import FakePublisher

PARTITIONS = 3


class Bench:
    """A publisher and a way to read back."""

    def __init__(self, publisher: Publisher, topic: str, reader: RecordReader | None) -> None:
        self.publisher, self.topic, self._reader = publisher, topic, reader

    async def value(self, partition: int, offset: int) -> bytes | None:
        """What lies there."""
        if self._reader is not None:
            record = await self._reader.fetch(self.topic, partition, offset)
        else:
            assert isinstance(self.publisher, FakePublisher)
            found = [r for r in self.publisher.records(self.topic) if (r.partition, r.offset) == (partition, offset)]
            record = found[0] if found else None
        return None if record is None else record.value


@pytest.fixture(params=["fake", "real"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """The fake, then the real one."""
    topic = f"publisher-{uuid.uuid4().hex[:8]}"
    if request.param == "fake":
        yield Bench(FakePublisher({topic: PARTITIONS}), topic, None)
        return
    bootstrap = request.getfixturevalue("kafka")
    spec = Topic(topic, "", "", PARTITIONS, 3_600_000, "delete", "test", (), "", ())
    await asyncio.to_thread(create_topics, bootstrap, [spec])
    producer, reader = Producer(bootstrap, "test", [topic]), RecordReader(bootstrap, "test")
    await producer.start()
    await reader.start()
    yield Bench(producer, topic, reader)
    await reader.stop()
    await producer.stop()


async def test_a_record_lies_where_the_answer_says(bench: Bench) -> None:
    """Partition by key like every other client, offsets from 0."""
    delivered = await bench.publisher.send(bench.topic, b"one", key=b"outlet-1", headers=[("a", b"b")])
    assert delivered.partition == partition_of(b"outlet-1", PARTITIONS)
    assert delivered.offset == 0
    assert await bench.value(delivered.partition, 0) == b"one"
    assert await bench.value(delivered.partition, 1) is None


async def test_order_is_kept_within_a_partition(bench: Bench) -> None:
    """Handed over at once, lying in order."""
    futures = [bench.publisher.enqueue(bench.topic, b"%d" % number, partition=1) for number in range(50)]
    delivered = await asyncio.gather(*futures)
    assert [one.offset for one in delivered] == list(range(50))
    assert await bench.value(1, 49) == b"49"


async def test_a_batch_the_broker_finds_too_large_is_divided(kafka: str) -> None:
    """A topic may take less at once than the producer gathers; every record still hears its own offset."""
    topic = f"narrow-{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(_create_narrow, kafka, topic)
    producer, reader = Producer(kafka, "test", [topic]), RecordReader(kafka, "test")
    await producer.start()
    await reader.start()
    values = [bytes([number]) + os.urandom(700) for number in range(20)]
    delivered = await asyncio.gather(*(producer.enqueue(topic, value) for value in values))
    assert [one.offset for one in delivered] == list(range(20))
    for value, one in zip(values, delivered, strict=True):
        found = await reader.fetch(topic, one.partition, one.offset)
        assert found is not None
        assert found.value == value
    await reader.stop()
    await producer.stop()


def _create_narrow(bootstrap: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"max.message.bytes": "4000"})])
    admin.close()


async def test_partitions_are_known(bench: Bench) -> None:
    """Needed to pack by partition."""
    assert bench.publisher.partitions(bench.topic) == PARTITIONS


async def test_an_undeliverable_record_says_so(bench: Bench) -> None:
    """The sender learns of it through its future."""
    if isinstance(bench.publisher, FakePublisher):
        bench.publisher.fail_next = 1
        value = b"x"
    else:
        value = b"x" * (5 * 1024 * 1024)  # over the largest record
    with pytest.raises(DeliveryError):
        await bench.publisher.send(bench.topic, value)
