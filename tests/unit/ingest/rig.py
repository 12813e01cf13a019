"""A pipeline on fakes: publisher without a broker, clock by hand, links that remember."""

import asyncio
import time
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from lantian_ingest.decoders.hj212.frame import Framer
from lantian_ingest.decoders.hj212.habits import Habits
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.gaps import Gaps
from lantian_ingest.dialogue.hearing import Hearing
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds
from lantian_ingest.intake import Intake
from lantian_ingest.judge import Judge
from lantian_ingest.lane import Lane
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer
from lantian_ingest.pipeline import Pipeline
from lantian_ingest.presence import Presence
from lantian_ingest.sightings import Sightings
from lantian_kit.clock import ManualClock
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange
from tests.support.bus import FakePublisher
from tests.unit.ingest.frames import MN

SOURCE = "outlet-1"


@dataclass
class FakeLink:
    """A connection that keeps what it is told."""

    peer: str = "192.0.2.1:5000"
    answers: list[bytes] = field(default_factory=list)
    settled_count: int = 0
    late_count: int = 0
    open: bool = True

    def answer(self, frame: bytes) -> None:
        self.answers.append(frame)

    def settled(self) -> None:
        self.settled_count += 1

    def late(self) -> None:
        self.late_count += 1


class Rig:
    """One feed with any password, known as outlet-1."""

    def __init__(self, *, in_flight_frames: int = 1000, partitions: int = 4) -> None:
        self.publisher = FakePublisher({"readings.v1": partitions, "command-states.v1": 1})
        self.clock = ManualClock()
        self.registry = CollectorRegistry()
        self.metrics = IngestMetrics(self.registry)
        self.feeds = Feeds()
        self.register(MN, SOURCE)
        self.packer, self.late_packer = (
            Packer(self.publisher, self.clock, self.metrics, batch_seconds=0) for _ in range(2)
        )
        self.lane = Lane(self.metrics, frames_per_second=100, waiting=20)
        self.sightings = Sightings()
        self.intake = Intake(
            self.publisher,
            self.packer,
            self.late_packer,
            self.metrics,
            self.sightings,
            in_flight_frames=in_flight_frames,
            lane=self.lane,
        )
        self.presence, self.gaps = Presence(), Gaps()
        self.desk = Desk(self.presence, self.publisher, self.clock, self.metrics, gap_seconds=0)
        events = FeedEvents(self.publisher, self.clock, self.metrics)
        self.habits = Habits()
        self.hearing = Hearing(self.presence, self.desk, self.gaps, events, self.sightings, self.habits)
        judge = Judge(self.feeds, Reader(), habits=self.habits)
        self.pipeline = Pipeline(self.intake, judge, Duplicates(), self.clock, self.metrics, hearing=self.hearing)
        self.link = FakeLink()

    def register(self, mn: str, source: str, **fields: object) -> None:
        """Adds a feed to the registry."""
        feed = Feed(feed_id=mn, source_id=source, protocol="hj212", **fields)  # type: ignore[arg-type]
        self.feeds.apply(f"feed/{mn}", RegistryChange(kind="feed", id=mn, feed=feed).SerializeToString())

    def take(self, stream: bytes, link: FakeLink | None = None) -> int:
        """Feeds a whole stream; returns how many frames were taken."""
        framer = Framer()
        pieces = framer.feed(stream) + framer.expire()
        return self.pipeline.take(pieces, link or self.link)

    async def settle(self) -> None:
        """Lets everything happen that can happen now, back-fill too."""
        await self.breathe()
        self.lane.turn(time.monotonic())
        await asyncio.sleep(0.001)
        await self.breathe()

    async def breathe(self) -> None:
        """Lets everything happen that waits for nothing."""
        for _ in range(10):
            await asyncio.sleep(0)

    def counts(self) -> dict[str, int]:
        """Frames by outcome, those not zero."""
        return self._labels("lantian_ingest_frames_total", "outcome")

    def quirks(self) -> dict[str, int]:
        """Frames by quirk, those not zero."""
        return self._labels("lantian_ingest_quirks_total", "quirk")

    def value(self, name: str) -> float:
        """A metric without labels."""
        return self.registry.get_sample_value(name) or 0.0

    def _labels(self, name: str, label: str) -> dict[str, int]:
        samples = [sample for metric in self.registry.collect() for sample in metric.samples if sample.name == name]
        return {sample.labels[label]: int(sample.value) for sample in samples if sample.value}
