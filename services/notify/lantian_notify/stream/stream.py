"""The live stream: issue events and leads as they come, from where a client left off.

A client reads Kafka by itself, so nothing is kept for it: it holds one reader, a slow one slows only itself, and the id
of an event is the place in every partition after it. With the last id it had, a client goes on exactly there, at this
replica or another, before or after a restart.
"""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from fastapi.sse import format_sse_event
from google.protobuf.message import DecodeError

from lantian_kit import kafka_security
from lantian_kit.access import personal
from lantian_kit.clock import Clock
from lantian_kit.records import Record, record_of
from lantian_notify.access import Principal
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.registry.teams import Teams
from lantian_notify.routing.facts import facts_of
from lantian_proto.topics import ISSUE_EVENTS, LEADS
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import Lead

# A letter for each topic in an id.
TOPICS = {"i": ISSUE_EVENTS, "l": LEADS}
LONGEST_ID = 4000
HEARTBEAT_WALL_SECONDS = 15.0
LET_GO_WALL_SECONDS = 3.0
LONGEST_WALL_MS = 3_600_000  # then the client comes again with its last id, and is looked at anew
RETRY_MS = 3000
READ_AT_MOST = 100
FOLLOW = "followStream"
"""The operation, as personal.yaml of kit would name it."""
# Who sees leads before they are issues; an enterprise sees what was registered against it.
LEAD_READERS = frozenset({"administrator", "ministry", "province", "city-office", "city-team", "county"})

Place = tuple[str, int]
_PART = re.compile(r"([il])(\d{1,15}(?:,\d{1,15})*)?")


class StreamBusy(Exception):
    """As many clients follow already as this replica takes."""


class WrongId(ValueError):
    """An id that no stream gave."""


class Reader(Protocol):
    """Reads on from where it was opened."""

    async def read(self, wall_seconds: float) -> Sequence[Record]:
        """Up to 100 records, those of a partition in order; none when none came in time. Raises KafkaError."""

    async def close(self) -> None:
        """Lets go of the connection."""


class Feed(Protocol):
    """Where readers come from."""

    async def ends(self) -> dict[Place, int]:
        """The next offset of every partition. Raises KafkaError."""

    async def open(self, places: Mapping[Place, int]) -> Reader:
        """A reader of these partitions from these offsets on. Raises KafkaError."""


def write_id(places: Mapping[Place, int]) -> str:
    """The place in every partition, e.g. `i12,5,88.l3,4`: offsets by partition number."""
    parts = []
    for letter, topic in TOPICS.items():
        count = 1 + max((number for name, number in places if name == topic), default=-1)
        parts.append(letter + ",".join(str(places.get((topic, number), 0)) for number in range(count)))
    return ".".join(parts)


def read_id(text: str) -> dict[Place, int]:
    """What `write_id` wrote. Raises WrongId."""
    if len(text) > LONGEST_ID:
        raise WrongId("too long")
    places: dict[Place, int] = {}
    for part in text.split("."):
        found = _PART.fullmatch(part)
        if found is None:
            raise WrongId("no id of this stream")
        for number, offset in enumerate((found[2] or "").split(",") if found[2] else ()):
            places[TOPICS[found[1]], number] = int(offset)
    return places


class KafkaFeed:
    """The real one."""

    def __init__(self, bootstrap: str, client_id: str) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id

    async def ends(self) -> dict[Place, int]:
        consumer = await self._consumer()
        try:
            places = []
            for topic in TOPICS.values():
                places += [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            found = await consumer.end_offsets(places)
            return {(place.topic, place.partition): offset for place, offset in found.items()}
        finally:
            await consumer.stop()

    async def open(self, places: Mapping[Place, int]) -> "KafkaReader":
        consumer = await self._consumer()
        assigned = {TopicPartition(*place): offset for place, offset in places.items()}
        consumer.assign(list(assigned))
        for place, offset in assigned.items():
            consumer.seek(place, offset)
        return KafkaReader(consumer)

    async def _consumer(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(
            *TOPICS.values(),
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # for an id older than what the topic still holds
            isolation_level="read_committed",
            max_partition_fetch_bytes=256 * 1024,
            **kafka_security.options(),
        )
        try:
            await consumer.start()
        except KafkaError:
            await consumer.stop()
            raise
        consumer.unsubscribe()
        return consumer


@dataclass(frozen=True, slots=True)
class KafkaReader:
    """One client's consumer."""

    consumer: AIOKafkaConsumer

    async def read(self, wall_seconds: float) -> Sequence[Record]:
        found = await self.consumer.getmany(timeout_ms=int(wall_seconds * 1000), max_records=READ_AT_MOST)
        return [record_of(one) for records in found.values() for one in records]

    async def close(self) -> None:
        await self.consumer.stop()


class Streams:
    """All clients of this replica; a part of the process, whose stop lets them go."""

    name = "stream"

    def __init__(self, feed: Feed, teams: Teams, clock: Clock, metrics: NotifyMetrics, *, clients_at_most: int) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._feed = feed
        self._teams = teams
        self._clock = clock
        self._metrics = metrics
        self._clients_at_most = clients_at_most
        self._clients = 0
        self._over = asyncio.Event()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing to prepare: a client opens its own reader."""

    async def stop(self) -> None:
        """Every answer ends whole before the server is told to go; readers close behind them."""
        self._over.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._nobody.wait(), LET_GO_WALL_SECONDS)
        if self._closing:
            await asyncio.wait(self._closing, timeout=LET_GO_WALL_SECONDS)

    async def begin(self, last_id: str) -> dict[Place, int]:
        """Where a client starts: behind its last event, or now. Raises StreamBusy, WrongId, KafkaError."""
        if self._clients >= self._clients_at_most:
            self._metrics.stream_dropped.labels("busy").inc()
            raise StreamBusy(f"{self._clients} clients follow already")
        known = read_id(last_id) if last_id else {}
        ends = await self._feed.ends()
        # A partition that is new since the id was given is read from its beginning.
        fresh = dict.fromkeys(ends, 0) if known else ends
        return {**fresh, **{place: offset for place, offset in known.items() if place in ends}}

    async def follow(self, caller: Principal, places: dict[Place, int]) -> AsyncIterator[bytes]:
        """Events as bytes of text/event-stream, until the client goes or this replica stops."""
        self._count(1)
        reader: Reader | None = None
        try:
            # At once an id: a client that loses the line before the first event goes on here as well.
            yield format_sse_event(retry=RETRY_MS, comment="lantian", id=write_id(places))
            reader = await self._feed.open(places)
            ends_wall_ms = self._clock.wall_ms() + LONGEST_WALL_MS
            if caller.ends_wall_ms:
                ends_wall_ms = min(ends_wall_ms, caller.ends_wall_ms)
            while not self._over.is_set() and self._clock.wall_ms() < ends_wall_ms:
                records = await self._next(reader)
                for record in records:
                    place = (record.topic, record.partition)
                    if record.offset < places.get(place, 0):
                        continue
                    places[place] = record.offset + 1
                    shown = self.shown(record, caller)
                    if shown is not None:
                        kind, data = shown
                        yield format_sse_event(event=kind, data_str=data, id=write_id(places))
                if not records and not self._over.is_set():
                    yield format_sse_event(comment="heartbeat", id=write_id(places))
        except KafkaError as error:
            self._metrics.stream_dropped.labels("broker").inc()
            structlog.get_logger().warning("a stream ends, the broker is away", error=repr(error))
        finally:
            if reader is not None:
                # Not awaited here: leaving the broker takes seconds at times, and the answer ends first.
                closing = asyncio.create_task(reader.close())
                self._closing.add(closing)
                closing.add_done_callback(self._closed)
            self._count(-1)

    def _count(self, change: int) -> None:
        self._clients += change
        self._metrics.stream_clients.set(self._clients)
        if self._clients:
            self._nobody.clear()
        else:
            self._nobody.set()

    def _closed(self, closing: asyncio.Task[None]) -> None:
        self._closing.discard(closing)
        if not closing.cancelled() and (error := closing.exception()) is not None:
            structlog.get_logger().warning("a reader of the stream did not close", error=repr(error))

    async def _next(self, reader: Reader) -> Sequence[Record]:
        reading = asyncio.ensure_future(reader.read(HEARTBEAT_WALL_SECONDS))
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({reading, over}, return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else ()
        finally:
            for task in (reading, over):
                task.cancel()
            await asyncio.gather(reading, over, return_exceptions=True)

    def shown(self, record: Record, caller: Principal) -> tuple[str, str] | None:
        """Kind and JSON of a record as this caller sees it; None for what is not its own, or no event at all."""
        seen = self._seen(record, caller)
        if seen is None:
            return None
        kind, value = seen
        return kind, as_text(value if personal.in_full(caller.role, FOLLOW) else personal.shown(value))

    def _seen(self, record: Record, caller: Principal) -> tuple[str, dict[str, Any]] | None:
        now = self._clock.now_ms()
        try:
            if record.topic == LEADS:
                lead = Lead.FromString(record.value or b"")
                enterprise = self._teams.enterprise_of(lead.source_id, now)
                division = enterprise.division_code if enterprise else ""
                mine = caller.role in LEAD_READERS and caller.covers(division)
                return ("lead", _lead(lead, division)) if mine and lead.lead_id else None
            event = IssueEvent.FromString(record.value or b"")
        except DecodeError:
            return None
        enterprise = self._teams.enterprise_of(event.lead.source_id, now)
        facts = facts_of(event, enterprise.enterprise_id if enterprise else "")
        if not event.event_id or not caller.covers(facts.division_code, facts.enterprise_id):
            return None
        return "issue", {**facts.stored(), "sequence": event.sequence}


def _lead(lead: Lead, division: str) -> dict[str, Any]:
    names = ("lead_id", "rule_id", "source_id", "factor", "episode", "severity", "retrospective", "revision")
    times = ("start_ms", "end_ms", "detected_ms")
    return {
        **{name: getattr(lead, name) for name in (*names, *times)},
        "state": lead.state,
        "title": lead.title.zh,
        "summary": lead.summary.zh,
        "division_code": division,
    }


def as_text(value: Mapping[str, Any]) -> str:
    """JSON in one line, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
