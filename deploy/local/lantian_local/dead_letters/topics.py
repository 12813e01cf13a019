"""Reads the letters and the decisions; writes a decision and the record it puts back in one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from lantian_kit import kafka_security
from lantian_kit.bus import LARGEST_RECORD_BYTES
from lantian_kit.whole import places_of, up_to
from lantian_local.dead_letters.letters import Reinjection
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.topics import DEAD_LETTER_DECISIONS, TOPICS, dead_letters_by
from lantian_proto.v1.dead_letter_pb2 import DeadLetter, DeadLetterDecision

TRANSACTION_ID = "lantian-dead-letters"  # one for all: a second command fences the first, so nothing goes back twice
TYPE = "cn.lantian.dead-letter-decision.v1"
METADATA_SECONDS = 5.0


@asynccontextmanager
async def _reader(bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id="lantian-dlq",
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=LARGEST_RECORD_BYTES * 2,
        **kafka_security.options(),
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def _whole(consumer: AIOKafkaConsumer, topic: str) -> AsyncIterator[Any]:
    """Every record up to the end as it is now. Raises LookupError when the broker knows no such topic."""
    places = await places_of(consumer, topic, patience_seconds=METADATA_SECONDS)
    ends = await consumer.end_offsets(places)
    await consumer.seek_to_beginning(*places)
    async for _, records in up_to(consumer, ends):
        for record in records:
            yield record


async def read(bootstrap: str) -> tuple[list[DeadLetter], dict[str, DeadLetterDecision], int]:
    """All letters, the decisions by letter, and how many records of these topics can not be read themselves."""
    letters: list[DeadLetter] = []
    decisions: dict[str, DeadLetterDecision] = {}
    unreadable = 0
    async with _reader(bootstrap) as consumer:
        for topic in dead_letters_by():
            async for record in _whole(consumer, topic):
                try:
                    letters.append(DeadLetter.FromString(record.value or b""))
                except ValueError:
                    unreadable += 1
        async for record in _whole(consumer, DEAD_LETTER_DECISIONS):
            try:
                found = DeadLetterDecision.FromString(record.value or b"")
            except ValueError:
                unreadable += 1
            else:
                decisions[found.dead_letter_id] = found
    return letters, decisions, unreadable


async def has_newer(bootstrap: str, letter: DeadLetter) -> bool:
    """Whether a compacted topic holds a later record of the letter's key; a topic that is not keeps all in order."""
    topic = TOPICS.get(letter.topic)
    if topic is None or topic.cleanup != "compact":
        return False
    async with _reader(bootstrap) as consumer:
        place = TopicPartition(letter.topic, letter.partition)
        if place not in await places_of(consumer, letter.topic, patience_seconds=METADATA_SECONDS):
            return False
        consumer.assign([place])
        ends = await consumer.end_offsets([place])
        consumer.seek(place, letter.offset + 1)
        async for _, records in up_to(consumer, ends):
            if any(record.key == letter.key for record in records):
                return True
    return False


class Desk:
    """Where decisions are taken, one person at a time: opening it fences whoever had it open."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            client_id="lantian-dlq",
            transactional_id=TRANSACTION_ID,
            max_request_size=LARGEST_RECORD_BYTES,
            **kafka_security.options(),
        )

    async def __aenter__(self) -> "Desk":
        try:
            await self._producer.start()
        except KafkaError:
            await self._producer.stop()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._producer.stop()

    async def write(self, decided: DeadLetterDecision, back: Reinjection | None) -> None:
        """Both or neither. Raises ProducerFenced when somebody else has opened the desk since."""
        async with self._producer.transaction():
            if back is not None:
                await self._producer.send(
                    back.topic, back.value, key=back.key, partition=back.partition, headers=list(back.headers)
                )
            id_ = content_id(decided.dead_letter_id, str(decided.decided_ms))
            await self._producer.send(
                DEAD_LETTER_DECISIONS,
                decided.SerializeToString(),
                key=decided.dead_letter_id.encode(),
                headers=headers(TYPE, id_, "/operators", decided.decided_ms, PROTOBUF),
            )
