"""Reads the letters and the decisions; writes a decision and the record it puts back in one transaction."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from google.protobuf.message import DecodeError

from lantian_kit import kafka_security
from lantian_kit.bus import LARGEST_RECORD_BYTES
from lantian_kit.dead_letters.letters import Case, Reinjection, cases, decision, named, reinjection
from lantian_kit.whole import METADATA_SECONDS, newest_of, places_of, up_to
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.topics import DEAD_LETTER_DECISIONS, TOPICS, dead_letters_by
from lantian_proto.v1.dead_letter_pb2 import DeadLetter, DeadLetterDecision

TRANSACTION_ID = "lantian-dead-letters"  # one for all: a second command fences the first, so nothing goes back twice
TYPE = "cn.lantian.dead-letter-decision.v1"
CLIENT = "lantian-dlq"

Letters = tuple[list[DeadLetter], dict[str, DeadLetterDecision], int]
"""Letters, decisions by letter, and how many records of these topics can not be read themselves."""


class Desk:
    """Letters and decisions at one broker. `security` are options of the client; by default this process's."""

    def __init__(self, bootstrap: str, security: Mapping[str, Any] | None = None) -> None:
        self._bootstrap = bootstrap
        self._security = kafka_security.options() if security is None else dict(security)

    async def read(self, newest: int | None = None) -> Letters:
        """All letters, or the `newest` of each partition. Raises KafkaError, LookupError without the topics."""
        letters: list[DeadLetter] = []
        decisions: dict[str, DeadLetterDecision] = {}
        unreadable = 0
        async with self._reader() as consumer:
            for topic in dead_letters_by():
                async for record in newest_of(consumer, topic, newest):
                    try:
                        letters.append(DeadLetter.FromString(record.value or b""))
                    except DecodeError:
                        unreadable += 1
            async for record in newest_of(consumer, DEAD_LETTER_DECISIONS, None):
                try:
                    found = DeadLetterDecision.FromString(record.value or b"")
                except DecodeError:
                    unreadable += 1
                else:
                    decisions[found.dead_letter_id] = found
        return letters, decisions, unreadable

    async def decide(
        self,
        beginnings: Iterable[str],
        action: DeadLetterDecision.Action,
        *,
        actor: str,
        reason: str,
        now_ms: int,
        value: bytes | None = None,
    ) -> AsyncIterator[DeadLetterDecision]:
        """Each letter by itself: the first that is refused ends it, those before it are done.

        `value` is a mended one. Raises Refused, LookupError, KafkaError.
        """
        async with self._writer() as producer:  # opened before reading: what is read then is all there is
            letters, decisions, _ = await self.read()
            known = cases(letters, decisions, wanted={})
            for beginning in dict.fromkeys(beginnings):
                case = named(known, beginning)
                back = None
                if action != DeadLetterDecision.ACTION_DISCARDED:
                    back = reinjection(case, value, newer=await self._has_newer(case))
                sent = None if back is None else back.value
                decided = decision(case, action, actor=actor, reason=reason, now_ms=now_ms, sent=sent)
                await _write(producer, decided, back)
                yield decided

    async def _has_newer(self, case: Case) -> bool:
        """Whether a compacted topic holds a later record of the letter's key; other topics keep all in order."""
        letter = case.letter
        topic = TOPICS.get(letter.topic)
        if topic is None or topic.cleanup != "compact":
            return False
        async with self._reader() as consumer:
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

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            client_id=CLIENT,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=LARGEST_RECORD_BYTES * 2,
            **self._security,
        )
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def _writer(self) -> AsyncIterator[AIOKafkaProducer]:
        """Fences whoever decides at this moment; that one's next write raises ProducerFenced."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=CLIENT,
            transactional_id=TRANSACTION_ID,
            max_request_size=LARGEST_RECORD_BYTES,
            **self._security,
        )
        try:
            await producer.start()
            yield producer
        finally:
            await producer.stop()


async def _write(producer: AIOKafkaProducer, decided: DeadLetterDecision, back: Reinjection | None) -> None:
    """Both or neither."""
    async with producer.transaction():
        if back is not None:
            await producer.send(
                back.topic, back.value, key=back.key, partition=back.partition, headers=list(back.headers)
            )
        id_ = content_id(decided.dead_letter_id, str(decided.decided_ms))
        await producer.send(
            DEAD_LETTER_DECISIONS,
            decided.SerializeToString(),
            key=decided.dead_letter_id.encode(),
            headers=headers(TYPE, id_, "/operators", decided.decided_ms, PROTOBUF),
        )
