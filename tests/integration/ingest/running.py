"""The parts of ingest on a real Kafka and a port of their own; without registry and HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from prometheus_client import CollectorRegistry

from lantian_ingest.adoption import Adoption
from lantian_ingest.again import Hj212Frames
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.gaps import Gaps
from lantian_ingest.dialogue.hearing import Hearing
from lantian_ingest.dialogue.inbox import Inbox
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds
from lantian_ingest.intake import Intake
from lantian_ingest.judge import Judge
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer
from lantian_ingest.pipeline import Pipeline
from lantian_ingest.presence import Presence
from lantian_ingest.settings import IngestSettings
from lantian_ingest.sightings import Sightings
from lantian_ingest.transports.tcp import TcpListener
from lantian_kit.bus import Producer, create_topics
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.process import Part
from lantian_kit.records import Record
from lantian_kit.whole import read_whole
from lantian_proto.topics import (
    COMMAND_STATES,
    COMMANDS,
    FEED_EVENTS,
    RAW_FRAMES,
    READINGS,
    SITE_EVENTS,
    TOPICS,
    dead_letters_by,
)
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange
from tests.unit.ingest.frames import frame, segment

WAIT = 20.0
WRITTEN = (RAW_FRAMES, READINGS, SITE_EVENTS, COMMAND_STATES, FEED_EVENTS, COMMANDS, *dead_letters_by("ingest"))


class Gateway:
    """Registered feeds have any password and a source named after them."""

    def __init__(self, bootstrap: str, **settings: object) -> None:
        self.settings = IngestSettings(hj212_port=0, kafka_bootstrap=bootstrap, **settings)  # type: ignore[arg-type]
        self.registry = CollectorRegistry()
        metrics = IngestMetrics(self.registry)
        clock = SuiteClock()
        self.producer = Producer(bootstrap, "test-ingest", WRITTEN)
        late_packer = Packer(self.producer, clock, metrics)
        self.sightings = Sightings()
        self.intake = Intake(self.producer, Packer(self.producer, clock, metrics), late_packer, metrics, self.sightings)
        self.feeds = Feeds()
        reader = Reader()
        reader.prepare()  # as the real process does
        judge = Judge(self.feeds, reader)
        self.presence = Presence()
        events = FeedEvents(self.producer, clock, metrics)
        frames = Hj212Frames(judge, self.feeds, largest_segment=self.settings.hj212_largest_segment_bytes)
        self.adoption = Adoption(bootstrap, self.producer, late_packer, [frames], events, clock, metrics)
        self.desk = Desk(self.presence, self.producer, clock, metrics, gap_seconds=0, adopt=self.adoption.ask)
        self.adoption.changed = self.desk.changed
        self.inbox = Inbox(bootstrap, self.desk, clock, DeadLetters(self.producer, clock, metrics, "ingest"))
        hearing = Hearing(self.presence, self.desk, Gaps(), events, self.sightings)
        self.pipeline = Pipeline(self.intake, judge, Duplicates(), clock, metrics, hearing=hearing)
        self.listener = TcpListener(self.pipeline, metrics, self.settings)

    def register(self, mn: str) -> None:
        """A feed with any password; its source is named after it."""
        feed = Feed(feed_id=mn, source_id=f"source-{mn}", protocol="hj212")
        self.feeds.apply(f"feed/{mn}", RegistryChange(kind="feed", id=mn, feed=feed).SerializeToString())

    @contextlib.asynccontextmanager
    async def device(self, **options: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection of a device; options of `asyncio.open_connection`."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.listener.port, **options)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def outcomes(self) -> dict[str, int]:
        """Frames by outcome, those not zero."""
        samples = [sample for metric in self.registry.collect() for sample in metric.samples]
        frames = [sample for sample in samples if sample.name == "lantian_ingest_frames_total" and sample.value]
        return {sample.labels["outcome"]: int(sample.value) for sample in frames}

    def closed(self, reason: str) -> float:
        """Connections closed for a reason."""
        labels = {"protocol": "hj212", "reason": reason}
        return self.registry.get_sample_value("lantian_ingest_connections_closed_total", labels) or 0.0


@contextlib.asynccontextmanager
async def gateway(bootstrap: str, **settings: object) -> AsyncIterator[Gateway]:
    """Started, and stopped in the order of the process."""
    create_topics(bootstrap, [TOPICS[name] for name in WRITTEN], partitions_override=2)
    running = Gateway(bootstrap, **settings)
    parts: list[Part] = [
        running.producer,
        running.intake,
        running.adoption,
        running.desk,
        running.inbox,
        running.listener,
    ]
    started: list[Part] = []
    try:
        for part in parts:
            await part.start()
            started.append(part)
        yield running
    finally:
        for part in reversed(started):
            await part.stop()


async def records(bootstrap: str, topic: str) -> list[Record]:
    """Everything in a topic."""
    return [record async for record in read_whole(bootstrap, topic)]


async def values(bootstrap: str, topic: str) -> list[bytes]:
    """The values of everything in a topic; a tombstone is empty."""
    return [record.value or b"" for record in await records(bootstrap, topic)]


def packet(mn: str, minute: int = 0, value: float = 1.0) -> bytes:
    """A frame that asks for an answer."""
    return frame(segment(f"DataTime=2026112212{minute:02d}00;a21026-Rtd={value},a21026-Flag=N", mn=mn))
