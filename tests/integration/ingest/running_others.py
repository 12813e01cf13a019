"""All transports but HJ 212 as the process wires them, on a real Kafka and ports of their own."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from lantian_ingest.adoption import Adoption
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds
from lantian_ingest.intake import Intake
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer
from lantian_ingest.settings import IngestSettings
from lantian_ingest.sightings import Sightings
from lantian_ingest.wiring import known, others
from lantian_kit.bus import Producer, create_topics
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.process import Part
from lantian_proto.readings import decode, pointed
from lantian_proto.topics import EXTERNAL_READINGS, FEED_EVENTS, RAW_FRAMES, READINGS, TOPICS, dead_letters_of
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange
from tests.integration.ingest.running import values

WAIT = 60.0
WRITTEN = (RAW_FRAMES, READINGS, FEED_EVENTS, dead_letters_of("ingest"))
API_KEY = "key-of-the-integration-tests"


class Gateway:
    """All transports but HJ 212, wired as in the process, on ports of their own."""

    def __init__(self, bootstrap: str, folder: Path, **settings: Any) -> None:
        hashed = hashlib.sha256(API_KEY.encode()).hexdigest()
        publishers = folder / "publishers.yaml"
        publishers.write_text(f'publishers: [{{id: tester, feeds: ["*"], key_sha256: ["{hashed}"]}}]')
        self.settings = IngestSettings(
            kafka_bootstrap=bootstrap,
            vehicle_port=0,
            identity_key=SecretStr("aa" * 32),
            evidence_key=SecretStr("bb" * 32),
            publishers_file=publishers,
            **settings,
        )
        self.bootstrap = bootstrap
        self.registry = CollectorRegistry()
        metrics = IngestMetrics(self.registry)
        self.clock = SuiteClock()
        self.producer = Producer(bootstrap, "test-others", WRITTEN)
        packers = [Packer(self.producer, self.clock, metrics) for _ in range(2)]
        events = FeedEvents(self.producer, self.clock, metrics)
        self.feeds = Feeds()
        self.intake = Intake(self.producer, packers[0], packers[1], metrics, Sightings())
        letters = DeadLetters(self.producer, self.clock, metrics, "ingest")
        self.known = known(self.settings, self.feeds)
        self.others = others(self.settings, self.known, self.intake, self.feeds, self.clock, metrics, letters, events)
        self.adoption = Adoption(
            bootstrap, self.producer, packers[1], self.others.adoptable, events, self.clock, metrics
        )

    def register(self, name: str, **fields: Any) -> None:
        """A feed; its source is named after it."""
        feed = Feed(feed_id=name, source_id=f"source-{name}", **fields)
        self.known.apply(f"feed/{name}", RegistryChange(kind="feed", id=name, feed=feed).SerializeToString())

    def part(self, kind: type) -> Any:
        """The part of a type."""
        return next(part for part in self.others.parts if isinstance(part, kind))

    def outcomes(self, protocol: str) -> dict[str, int]:
        """Frames of a protocol by outcome, those not zero."""
        samples = [sample for metric in self.registry.collect() for sample in metric.samples]
        return {
            sample.labels["outcome"]: int(sample.value)
            for sample in samples
            if sample.name == "lantian_ingest_frames_total" and sample.value and sample.labels["protocol"] == protocol
        }

    async def until(self, done: Callable[[], bool]) -> None:
        """Waits for a state of the gateway."""
        async with asyncio.timeout(WAIT):
            while not done():  # noqa: ASYNC110  # counters tell nobody
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def gateway(bootstrap: str, folder: Path, **settings: Any) -> AsyncIterator[Gateway]:
    """Started, and stopped in the order of the process."""
    names = (*WRITTEN, EXTERNAL_READINGS)
    create_topics(bootstrap, [TOPICS[name] for name in names], partitions_override=2)
    running = Gateway(bootstrap, folder, **settings)
    parts: list[Part] = [running.producer, running.intake, running.adoption, *running.others.parts]
    for part in parts:
        await part.start()
    try:
        yield running
    finally:
        for part in reversed(parts):
            await part.stop()


async def sent_by(bootstrap: str, source: str) -> list[tuple[float, tuple[int, int]]]:
    """Values of a source with the places of their frames. The broker is shared with tests that write rubbish."""
    found = []
    for value in await values(bootstrap, READINGS):
        if source.encode() in value:
            rows = decode(value)
            mine = rows.source == rows.sources.index(source)
            found += list(zip(rows.value[mine].tolist(), map(pointed, rows.seq[mine].tolist()), strict=True))
    return found
