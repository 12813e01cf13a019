"""What operators see of the broker and do there: dead letters, lags of the groups, what was noticed about senders.

The API has the people, the roles and the audit, so the door is here; the rights at the broker are not those of tasks.
Where brokers ask for a user, the operators' one is given to this door by two settings; without them it stays shut.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from lantian_kit.dead_letters.desk import Desk
from lantian_kit.dead_letters.letters import Case, cases, named
from lantian_kit.kafka_security import KafkaSecurity
from lantian_kit.whole import newest_of
from lantian_kit.worker import Unavailable
from lantian_proto.topics import FEED_EVENTS, TOPICS
from lantian_proto.v1.dead_letter_pb2 import DeadLetterDecision
from lantian_tasks.operations.feed_events import FeedEvents, read_events

NEWEST: Final = 2000
"""Letters and feed events of each partition that are looked at; `lantian dlq` and `lantian feed-events` see all."""
CLIENT: Final = "lantian-operations"


class Shut(Exception):
    """Brokers ask for a user and none was given for this door."""


@dataclass(frozen=True, slots=True)
class Behind:
    """How many records a group has not acknowledged yet, of one topic."""

    group: str
    topic: str
    partitions: int
    records: int


class Operations(Protocol):
    """Raises Shut, and Unavailable while the broker does not answer, from every method."""

    async def cases(self, wanted: Mapping[str, str]) -> list[Case]:
        """Letters by topic, group, reason and state, oldest first."""

    async def case(self, id_: str) -> Case:
        """One letter. Raises Refused when there is none."""

    async def decide(
        self, id_: str, action: DeadLetterDecision.Action, actor: str, reason: str, now_ms: int, value: bytes | None
    ) -> DeadLetterDecision:
        """Takes a decision, once. Raises Refused."""

    async def behind(self) -> list[Behind]:
        """Groups and topics, those furthest behind first."""

    async def feed_events(self) -> FeedEvents:
        """The newest events about senders, in no order, and how many records could not be read."""


class KafkaOperations:
    """At a broker. One decision at a time: each opens the transaction that fences the one before."""

    def __init__(self, bootstrap: str, user: str, password: str) -> None:
        self._bootstrap = bootstrap
        self._user = user
        self._password = password
        self._deciding = asyncio.Lock()

    async def cases(self, wanted: Mapping[str, str]) -> list[Case]:
        """As of the protocol."""
        with _reaching():
            letters, decisions, _ = await self._desk().read(NEWEST)
        return cases(letters, decisions, wanted=wanted)

    async def case(self, id_: str) -> Case:
        """As of the protocol."""
        return named(await self.cases({}), id_)

    async def decide(
        self, id_: str, action: DeadLetterDecision.Action, actor: str, reason: str, now_ms: int, value: bytes | None
    ) -> DeadLetterDecision:
        """As of the protocol."""
        async with self._deciding:
            with _reaching():
                made = self._desk().decide([id_], action, actor=actor, reason=reason, now_ms=now_ms, value=value)
                (decided,) = [one async for one in made]
        return decided

    async def behind(self) -> list[Behind]:
        """As of the protocol."""
        with _reaching():
            async with self._clients() as (admin, consumer):
                names = sorted({str(row[0]) for row in await admin.list_consumer_groups()})
                acknowledged = {name: await _offsets(admin, name) for name in names}
                places = sorted({place for offsets in acknowledged.values() for place in offsets})
                ends = await consumer.end_offsets(places) if places else {}
        return lags(acknowledged, ends)

    async def feed_events(self) -> FeedEvents:
        """As of the protocol."""
        with _reaching():
            async with self._consumer() as consumer:
                records = [record async for record in newest_of(consumer, FEED_EVENTS, NEWEST)]
        return read_events(record.value for record in records)

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(group_id=None, **self._where())
        try:
            await consumer.start()
            yield consumer
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def _clients(self) -> AsyncIterator[tuple[AIOKafkaAdminClient, AIOKafkaConsumer]]:
        admin = AIOKafkaAdminClient(**self._where())
        try:
            await admin.start()
            async with self._consumer() as consumer:
                yield admin, consumer
        finally:
            await admin.close()

    def _where(self) -> dict[str, Any]:
        return {"bootstrap_servers": self._bootstrap, "client_id": CLIENT, **self._options()}

    def _desk(self) -> Desk:
        return Desk(self._bootstrap, self._options())

    def _options(self) -> dict[str, Any]:
        process = KafkaSecurity()
        if not process.kafka_security.startswith("SASL"):
            return process.options()
        if not self._user:
            raise Shut
        own = process.options()
        return {**own, "sasl_plain_username": self._user, "sasl_plain_password": self._password}


async def _offsets(admin: AIOKafkaAdminClient, group: str) -> dict[TopicPartition, int]:
    found = await admin.list_consumer_group_offsets(group)
    return {place: row.offset for place, row in found.items() if place.topic in TOPICS and row.offset >= 0}


def lags(acknowledged: Mapping[str, Mapping[TopicPartition, int]], ends: Mapping[TopicPartition, int]) -> list[Behind]:
    """Records between what each group acknowledged and the end, by topic. Pure.

    Marks of transactions count as records: a group that has read everything of such a topic may seem one behind.
    """
    found: dict[tuple[str, str], list[int]] = {}
    for group, offsets in acknowledged.items():
        for place, offset in offsets.items():
            found.setdefault((group, place.topic), []).append(max(0, ends.get(place, offset) - offset))
    rows = [Behind(group, topic, len(each), sum(each)) for (group, topic), each in found.items()]
    return sorted(rows, key=lambda row: (-row.records, row.group, row.topic))


@contextmanager
def _reaching() -> Iterator[None]:
    """The broker's troubles as Unavailable."""
    try:
        yield
    except (KafkaError, LookupError, OSError) as error:
        raise Unavailable(f"the broker: {error}") from error
