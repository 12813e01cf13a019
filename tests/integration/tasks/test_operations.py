"""The operators' door at a real broker: letters are decided once, and groups are behind as the broker says."""

import uuid

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata
from prometheus_client import CollectorRegistry

from lantian_kit.bus import Producer, create_topics
from lantian_kit.clock import SuiteClock
from lantian_kit.dead_letters.letters import Refused, State
from lantian_kit.deadletter import DeadLetters
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record, RecordReader
from lantian_kit.worker import Unavailable
from lantian_proto.events import ONLY_GROUP
from lantian_proto.topics import DEAD_LETTER_DECISIONS, FEED_EVENTS, LEADS, TOPICS, dead_letters_by, dead_letters_of
from lantian_proto.v1.dead_letter_pb2 import DeadLetterDecision
from lantian_proto.v1.feed_event_pb2 import FeedEvent
from lantian_tasks.operations.desk import KafkaOperations
from tests.support.examples import message

LEAD = message("leads.v1", "data-dropout.json").SerializeToString()
REPLAYED = DeadLetterDecision.ACTION_REPLAYED


async def test_a_letter_is_decided_once(kafka: str) -> None:
    """It goes back for its group alone; a second decision is refused and sends nothing."""
    names = (*dead_letters_by(), DEAD_LETTER_DECISIONS, LEADS)
    create_topics(kafka, [TOPICS[name] for name in names], replication=1, partitions_override=1)
    why = f"why-{uuid.uuid4().hex[:8]}"
    producer = Producer(kafka, "test", [LEADS, dead_letters_of("tasks")])
    await producer.start()
    offset = (await producer.send(LEADS, LEAD, key=b"mark", partition=0)).offset
    letters = DeadLetters(producer, SuiteClock(), KitMetrics(CollectorRegistry()), "tasks")
    await letters.put(Record(LEADS, 0, offset, 1, b"outlet-1", b"\xff", ()), why, "no lead", group="tasks", attempts=1)

    operations = KafkaOperations(kafka, "", "")
    (case,) = await operations.cases({"reason": why, "state": "open"})
    id_ = case.letter.dead_letter_id
    await operations.decide(id_, REPLAYED, "admin-1", "mended", 7, None)
    with pytest.raises(Refused, match="replayed by admin-1"):
        await operations.decide(id_, REPLAYED, "admin-2", "again", 8, None)
    assert (await operations.case(id_)).state is State.REPLAYED
    reader = RecordReader(kafka, "test")
    await reader.start()
    back = await reader.fetch(LEADS, 0, offset + 1)
    await reader.stop()
    assert back is not None
    assert (back.value, dict(back.headers)[ONLY_GROUP]) == (b"\xff", b"tasks")
    after = (await producer.send(LEADS, LEAD, key=b"mark", partition=0)).offset
    assert after - offset == 3  # the record, and the mark of its transaction
    await producer.stop()


async def test_lags_are_those_of_the_broker(kafka: str) -> None:
    """A group that acknowledged the first of three records is two behind."""
    create_topics(kafka, [TOPICS[LEADS]], replication=1, partitions_override=1)
    producer = Producer(kafka, "test", [LEADS])
    await producer.start()
    first, *_ = [(await producer.send(LEADS, LEAD, key=b"k", partition=0)).offset for _ in range(3)]
    await producer.stop()
    group = f"group-{uuid.uuid4().hex[:8]}"
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    place = TopicPartition(LEADS, 0)
    consumer.assign([place])
    await consumer.commit({place: OffsetAndMetadata(first + 1, "")})
    await consumer.stop()
    found = [row for row in await KafkaOperations(kafka, "", "").behind() if row.group == group]
    assert [(row.topic, row.partitions, row.records) for row in found] == [(LEADS, 1, 2)]


async def test_no_broker_is_unavailable(unused_tcp_port: int) -> None:
    """503 and not 500."""
    with pytest.raises(Unavailable):
        await KafkaOperations(f"127.0.0.1:{unused_tcp_port}", "", "").behind()


async def test_events_of_senders_are_read_from_their_topic(kafka: str) -> None:
    """What the gateway published; a record that is none does not hide the others."""
    create_topics(kafka, [TOPICS[FEED_EVENTS]], replication=1, partitions_override=1)
    producer = Producer(kafka, "test", [FEED_EVENTS])
    await producer.start()
    feed = f"DE{uuid.uuid4().hex[:8]}"
    event = FeedEvent(event_id="1", feed_id=feed, kind="stranger", at_ms=7, addresses=["10.0.0.9"], detail="unknown")
    for value in (b"\xff\xff", event.SerializeToString()):
        await producer.send(FEED_EVENTS, value, key=feed.encode())
    await producer.stop()
    found = await KafkaOperations(kafka, "", "").feed_events()
    assert [one for one in found.events if one.feed_id == feed] == [event]
    assert found.unreadable >= 1
