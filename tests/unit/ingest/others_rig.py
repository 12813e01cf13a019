"""Everything but HJ 212 on fakes: intake without a broker, clock by hand, feeds by name."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry

from lantian_ingest.decoders.vehicle.frame import Framer
from lantian_ingest.decoders.vehicle.reader import Reader
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds
from lantian_ingest.identity_keys import Keys
from lantian_ingest.intake import Intake
from lantian_ingest.lane import Lane
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer
from lantian_ingest.publishers.access import Publisher, Publishers
from lantian_ingest.publishers.desk import Desk, Sender
from lantian_ingest.sealing import Sealer
from lantian_ingest.settings import IngestSettings
from lantian_ingest.sightings import Sightings
from lantian_ingest.transports.activation import Activations
from lantian_ingest.transports.http import Readings, install, readings_routes
from lantian_ingest.transports.vehicle import VehicleListener
from lantian_ingest.transports.vehicle_judge import VehicleFeeds, VehicleJudge
from lantian_kit.clock import ManualClock
from lantian_kit.records import Record
from lantian_proto.readings import Columns, concatenate, decode
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange
from tests.support.bus import FakePublisher

NOW_MS = 1_795_320_000_000  # 2026-11-22 12:00 +08:00
IDENTITY_KEY = b"i" * 32
EVIDENCE_KEY = b"e" * 32
KEYS = Keys(IDENTITY_KEY, Sealer(EVIDENCE_KEY))
API_KEY = "a-key-of-the-tests"


def anybody(feed: str) -> bool:
    """May send for every feed."""
    return True


class OthersRig:
    """Feeds are added with `feed` and `vehicle`."""

    def __init__(self, keys: Keys | None = KEYS, **settings: Any) -> None:
        self.publisher = FakePublisher()
        self.clock = ManualClock(NOW_MS)
        self.registry = CollectorRegistry()
        self.metrics = IngestMetrics(self.registry)
        self.feeds = Feeds()
        self.vehicles = VehicleFeeds(IDENTITY_KEY)
        live, late = (Packer(self.publisher, self.clock, self.metrics, batch_seconds=0) for _ in range(2))
        lane = Lane(self.metrics, frames_per_second=1000, waiting=1000)
        self.sightings = Sightings()
        self.intake = Intake(self.publisher, live, late, self.metrics, self.sightings, lane=lane)
        self.settings = IngestSettings(vehicle_port=0, http_port=0, **settings)
        self.desk = Desk(self.intake, self.feeds, self.clock, keys, late_seconds=3600, rows_at_most=1000)
        self.sender = Sender("http", "tester", "192.0.2.7:1", anybody)
        self.duplicates = Duplicates()
        self.judge = VehicleJudge(
            self.vehicles, self.duplicates, IDENTITY_KEY, Sealer(EVIDENCE_KEY), late_seconds=3600, echo=False
        )
        self.listener = VehicleListener(
            self.intake,
            self.judge,
            self.duplicates,
            self.clock,
            self.metrics,
            self.settings,
            Activations(FeedEvents(self.publisher, self.clock, self.metrics)),
        )

    def feed(self, name: str, kind: str, *, source: str = "", **more: Any) -> None:
        """A feed of records."""
        entity = Feed(feed_id=name, source_id=source or f"source-{name}", protocol="records", record_kind=kind, **more)
        change = RegistryChange(kind="feed", id=name, feed=entity)
        self.feeds.apply(f"feed/{name}", change.SerializeToString())

    def vehicle(self, vin: str, source: str, chip: str = "", key: str = "", **more: Any) -> None:
        """A vehicle by its VIN, or its pseudonym."""
        entity = Feed(feed_id=vin, source_id=source, protocol="vehicle", terminal_chip=chip, terminal_key=key)
        change = RegistryChange(kind="feed", id=vin, feed=entity, **more)
        self.feeds.apply(f"feed/{vin}", change.SerializeToString())
        self.vehicles.apply(f"feed/{vin}", change.SerializeToString())

    async def settle(self) -> None:
        """Lets everything happen that can happen now."""
        for _ in range(5):
            for _ in range(10):
                await asyncio.sleep(0)
            self.intake.flush()
        await asyncio.sleep(0.001)
        for _ in range(10):
            await asyncio.sleep(0)

    def stream(self, stream: bytes, link: Any, *, at_once: bool = True) -> None:
        """A vehicle's stream through framer, reader and listener."""
        framer, reader = Framer(), Reader()
        pieces = framer.feed(stream) + framer.expire()
        for piece in pieces:
            self.listener.take(piece, reader, link)

    def evidence(self) -> list[Record]:
        """What lies in raw-frames.v1."""
        return self.publisher.records("raw-frames.v1")

    def rows(self) -> Columns:
        """All readings."""
        return concatenate([decode(record.value or b"") for record in self.publisher.records("readings.v1")])

    def count(self, name: str, **labels: str) -> dict[str, int]:
        """A metric's samples by their last label, those not zero."""
        samples = [sample for metric in self.registry.collect() for sample in metric.samples if sample.name == name]
        found: dict[str, int] = {}
        for sample in samples:
            if sample.value and all(sample.labels[key] == value for key, value in labels.items()):
                last = [value for key, value in sample.labels.items() if key not in labels][-1]
                found[last] = found.get(last, 0) + int(sample.value)
        return found

    def outcomes(self, protocol: str) -> dict[str, int]:
        """Frames by outcome."""
        return self.count("lantian_ingest_frames_total", protocol=protocol)

    def app(
        self, *publishers: tuple[str, Publisher], body_bytes: int = 100_000, now: Callable[[], float] = float
    ) -> FastAPI:
        """The endpoint."""
        app = FastAPI()
        readings = Readings(self.desk, Publishers(publishers), self.metrics, body_bytes=body_bytes, now=now)
        app.include_router(readings_routes(readings))
        install(app)
        return app


def client(app: FastAPI) -> AsyncClient:
    """A caller without sockets."""
    return AsyncClient(transport=ASGITransport(app), base_url="http://ingest")


class FakeVehicle:
    """A connection that keeps what it is told."""

    def __init__(self) -> None:
        self.peer = "192.0.2.9:7000"
        self.answers: list[bytes] = []
        self.open = True
        self.under_way = 0

    def taken(self) -> None:
        self.under_way += 1

    def answer(self, frame: bytes) -> None:
        self.answers.append(frame)

    def settled(self) -> None:
        self.under_way -= 1
