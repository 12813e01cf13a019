"""One suite over the fake publisher and the real producer: the fake passes what the real one passes."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator

import pytest
from kafka.admin import KafkaAdminClient, NewTopic

from lantian_kit.batches import packed, packed_headers
from lantian_kit.bus import Delivered, DeliveryError, Producer, create_topics, partition_of
from lantian_kit.publisher import Poster
from lantian_kit.records import RecordReader
from lantian_proto.topics import Topic
from tests.support.bus import FakePublisher

PARTITIONS = 3


class Bench:
    """A publisher and a way to read back."""

    def __init__(self, publisher: Poster, topic: str, reader: RecordReader | None) -> None:
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


async def test_records_posted_together_are_told_together(bench: Bench) -> None:
    """Each tag once, in the order of its partition; the first place is told, the others follow it."""
    numbers = list(range(60))
    heard: dict[int, tuple[int, int]] = {}

    def told(tags: list[int], first: Delivered | None, wrong: DeliveryError | None) -> None:
        assert first is not None
        assert wrong is None
        for after, tag in enumerate(tags):
            assert tag not in heard
            heard[tag] = (first.partition, first.offset + after)

    headers = packed_headers(1, packed([("name", b"content")]))
    for part in (numbers[:35], numbers[35:]):
        bench.publisher.post(bench.topic, [(b"key-%d" % (n % 7), b"%d" % n, headers, n) for n in part], told)
        assert not heard  # never while they are handed over
    single = bench.publisher.enqueue(bench.topic, b"60", key=b"key-0")
    place = await single
    heard[60] = (place.partition, place.offset)
    async with asyncio.timeout(20):
        while len(heard) < 61:  # noqa: ASYNC110  # answers come by callback
            await asyncio.sleep(0.01)
    for number, (partition, offset) in heard.items():
        assert partition == partition_of(b"key-%d" % (number % 7), PARTITIONS) or number == 60
        assert await bench.value(partition, offset) == b"%d" % number
    for key in range(7):
        places = [heard[number][1] for number in numbers if number % 7 == key]
        assert places == sorted(places)


async def test_posted_records_that_fail_say_so(bench: Bench) -> None:
    """Their tags, and what is wrong."""
    heard: list[tuple[list[str], bool]] = []
    value = b"x"
    if isinstance(bench.publisher, FakePublisher):
        bench.publisher.fail_next = 1
    else:
        value = b"x" * (5 * 1024 * 1024)  # over the largest record
    bench.publisher.post(
        bench.topic, [(b"k", value, packed_headers(0), "a")], lambda tags, place, _: heard.append((tags, place is None))
    )
    assert not heard
    await asyncio.sleep(0)
    assert heard == [(["a"], True)]


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
