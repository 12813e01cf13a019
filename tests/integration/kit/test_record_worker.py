"""The Faust door against a real broker: nothing lost, nothing stuck."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.bus import Producer, create_topics
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters, FailureLimit
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record
from lantian_kit.settings import ProcessSettings
from lantian_kit.worker import Batch, BatchWorker, InvalidRecord, RecordWorker, Unavailable
from lantian_proto.events import ONLY_GROUP
from lantian_proto.topics import Topic, dead_letters_of
from tests.support.bus import FakePublisher

Handle = Callable[[Record], Awaitable[str]]


class Stage:
    """A topic of its own, a producer, and workers over it."""

    def __init__(self, bootstrap: str, producer: Producer, topic: str) -> None:
        self.bootstrap, self.producer, self.topic = bootstrap, producer, topic
        self.letters = FakePublisher()
        self.registry = CollectorRegistry()
        self._metrics = KitMetrics(self.registry)

    def worker(self, handle: Handle, limit: FailureLimit | None = None) -> RecordWorker:
        """A worker of the group `topic`."""
        letters = DeadLetters(self.letters, SuiteClock(), self._metrics, "tasks")
        return RecordWorker(
            ProcessSettings(kafka_bootstrap=self.bootstrap), group=self.topic, topic=self.topic, handle=handle,
            dead_letters=letters, metrics=self._metrics, limit=limit,
        )  # fmt: skip

    def counted(self, result: str) -> float | None:
        """Records that left with a result."""
        return self.registry.get_sample_value("lantian_pipeline_events_total", {"stage": self.topic, "result": result})


@pytest.fixture
async def stage(kafka: str):  # type: ignore[no-untyped-def]  # an asynchronous generator
    """A stage on the shared broker."""
    topic = f"worker-{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(create_topics, kafka, [Topic(topic, "", "", 2, 3_600_000, "delete", "t", (), "", ())])
    producer = Producer(kafka, "test", [topic])
    await producer.start()
    yield Stage(kafka, producer, topic)
    await producer.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Waits for a condition; the test's own time-out ends a wait in vain."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # the condition belongs to the code under test
            await asyncio.sleep(0.05)


async def test_poison_goes_to_the_dead_letters_and_its_neighbours_on(stage: Stage) -> None:
    """Unreadable and failing records become letters, an absent store only delays."""
    seen: list[bytes] = []
    away = 3

    async def handle(record: Record) -> str:
        nonlocal away
        value = record.value or b""
        if value == b"unreadable":
            raise InvalidRecord("undecodable", "no lead")
        if value == b"bug":
            raise ZeroDivisionError
        if value == b"store away" and away:
            away -= 1
            raise Unavailable("store")
        seen.append(value)
        return "applied"

    for value in (b"1", b"unreadable", b"2", b"bug", b"store away", b"3"):
        await stage.producer.send(stage.topic, value, partition=0)
    worker = stage.worker(handle)
    await worker.start()
    await until(lambda: b"3" in seen)
    await worker.stop()
    assert seen == [b"1", b"2", b"store away", b"3"]
    assert len(stage.letters.records(dead_letters_of(stage.topic))) == 2
    assert (stage.counted("applied"), stage.counted("dead-letter")) == (4, 2)


async def test_the_next_worker_goes_on_where_the_last_one_stopped(stage: Stage) -> None:
    """An orderly stop commits what was done: nothing twice, nothing lost."""
    seen: list[bytes] = []

    async def handle(record: Record) -> str:
        seen.append(record.value or b"")
        return "applied"

    for number in range(20):
        await stage.producer.send(stage.topic, b"%d" % number, partition=number % 2)
    first = stage.worker(handle)
    await first.start()
    await until(lambda: len(seen) == 20)
    await first.stop()
    for number in range(20, 30):
        await stage.producer.send(stage.topic, b"%d" % number, partition=number % 2)
    second = stage.worker(handle)
    await second.start()
    await until(lambda: len(seen) >= 30)
    await second.stop()
    assert sorted(seen) == sorted(b"%d" % number for number in range(30))


async def test_what_was_not_acknowledged_is_told_as_lag(stage: Stage) -> None:
    """Records that wait for the store count until it is back and they are done."""
    away = asyncio.Event()
    tried: list[bytes] = []

    async def handle(record: Record) -> str:
        tried.append(record.value or b"")
        if not away.is_set():
            raise Unavailable("store")
        return "applied"

    def lag() -> float:
        labels = {"group": stage.topic, "topic": stage.topic}
        return stage.registry.get_sample_value("lantian_consumer_lag_records", labels) or 0.0

    for number in range(7):
        await stage.producer.send(stage.topic, b"%d" % number, partition=number % 2)
    worker = stage.worker(handle)
    assert lag() == 0
    await worker.start()
    await until(lambda: bool(tried) and lag() == 7)
    away.set()
    await until(lambda: stage.counted("applied") == 7 and lag() == 0)
    await worker.stop()


async def test_too_many_failures_end_the_process(stage: Stage) -> None:
    """Broken code must not drain the topic into the dead letters."""

    async def handle(record: Record) -> str:
        raise InvalidRecord("undecodable", "all of them")

    for number in range(30):
        await stage.producer.send(stage.topic, b"%d" % number, partition=0)
    worker = stage.worker(handle, FailureLimit(failures=5, window=100))
    await worker.start()
    assert worker.failure is not None
    with pytest.raises(Exception, match="6 of the last 6"):
        async with asyncio.timeout(60):
            await worker.failure
    await worker.stop()
    assert len(stage.letters.records(dead_letters_of(stage.topic))) == 6


async def test_a_record_put_back_for_another_group_is_left_alone(stage: Stage) -> None:
    """Only the group that gave it up takes it again; for the others it is counted and done."""
    seen: list[bytes] = []

    async def handle(record: Record) -> str:
        seen.append(record.value or b"")
        return "applied"

    await stage.producer.send(stage.topic, b"theirs", partition=0, headers=[(ONLY_GROUP, b"notify")])
    await stage.producer.send(stage.topic, b"ours", partition=0, headers=[(ONLY_GROUP, stage.topic.encode())])
    worker = stage.worker(handle)
    await worker.start()
    await until(lambda: b"ours" in seen)
    await worker.stop()
    assert seen == [b"ours"]
    assert stage.counted("for-another-group") == 1


class Handler:
    """Takes batches and counts their records."""

    def __init__(self) -> None:
        self.records = 0
        self.assigned: list[set[int]] = []

    async def on_assigned(self, partitions: set[int], generation: int) -> None:
        self.assigned.append(partitions)

    def on_revoked(self) -> None:
        return None

    async def on_batch(self, batch: Batch) -> None:
        self.records += len(batch.records)
        batch.ack()


async def test_a_topic_that_comes_after_the_worker_is_read(kafka: str) -> None:
    """The group is formed without partitions; it must not stay so until the library looks for topics by itself."""
    topic = f"later-{uuid.uuid4().hex[:8]}"
    handler = Handler()
    settings = ProcessSettings(kafka_bootstrap=kafka)
    worker = BatchWorker(settings, group=topic, topic=topic, handler=handler, metadata_seconds=0.5, leave_on_stop=True)
    await worker.start()
    await until(lambda: bool(handler.assigned))
    await asyncio.to_thread(create_topics, kafka, [Topic(topic, "", "", 2, 3_600_000, "delete", "t", (), "", ())])
    producer = Producer(kafka, "test", [topic])
    await producer.start()
    await asyncio.gather(*(producer.send(topic, b"x", partition=number % 2) for number in range(10)))
    await until(lambda: handler.records >= 10)
    assert handler.assigned[-1] == {0, 1}
    await worker.stop()
    await producer.stop()
