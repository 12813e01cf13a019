"""The wiring of everything but HJ 212: which transports run is for the settings to say."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import FastAPI

from lantian_ingest.again import Adoptable, MqttFrames, VehicleFrames
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds, Names
from lantian_ingest.identity_keys import Keys, keys_of
from lantian_ingest.intake import Intake
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.publishers.access import Publishers
from lantian_ingest.publishers.desk import Desk
from lantian_ingest.settings import IngestSettings
from lantian_ingest.transports.activation import Activations
from lantian_ingest.transports.http import Readings, install, readings_routes
from lantian_ingest.transports.kafka import ExternalReadingsWorker
from lantian_ingest.transports.mqtt import MqttFeeds
from lantian_ingest.transports.mqtt_mapping import MqttMapping
from lantian_ingest.transports.vehicle import VehicleListener
from lantian_ingest.transports.vehicle_judge import VehicleFeeds, VehicleJudge
from lantian_kit.clock import Clock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.health import Health
from lantian_kit.process import Part
from lantian_kit.table import Apply


@dataclass(frozen=True, slots=True)
class Known:
    """What is needed before the registry is read. Raises UnusableKey when made of unusable settings."""

    keys: Keys | None
    vehicles: VehicleFeeds | None
    apply: Apply
    names: Names


def known(settings: IngestSettings, feeds: Feeds) -> Known:
    """Keys and vehicles; `apply` follows registry.v1 for all feeds. Raises UnusableKey."""
    keys = keys_of(settings)
    if keys is None:
        return Known(None, None, feeds.apply, Names(feeds.registered))
    vehicles = VehicleFeeds(keys.identity)

    def apply(key: str, value: bytes | None) -> None:
        feeds.apply(key, value)
        vehicles.apply(key, value)

    def registered(name: str, at_ms: int) -> bool:
        return feeds.registered(name, at_ms) or vehicles.find(name, at_ms) is not None

    return Known(keys, vehicles, apply, Names(registered, vehicles.name))


@dataclass(slots=True)
class Others:
    """The transports that run, in the order of their start."""

    desk: Desk
    parts: list[Part] = field(default_factory=list)
    adoptable: list[Adoptable] = field(default_factory=list)
    probes: list[tuple[str, Callable[[], str | None]]] = field(default_factory=list)
    readings: Readings | None = None

    def serve(self, app: FastAPI, health: Health) -> None:
        """Adds routes and probes."""
        for name, probe in self.probes:
            health.check(name, probe)
        if self.readings is not None:
            app.include_router(readings_routes(self.readings))
            install(app)


def others(
    settings: IngestSettings,
    ready: Known,
    intake: Intake,
    feeds: Feeds,
    clock: Clock,
    metrics: IngestMetrics,
    letters: DeadLetters,
    events: FeedEvents,
) -> Others:
    """Vehicles with both keys, HTTP always, Kafka unless switched off, MQTT with a mapping.

    Raises AccessError and MappingError for files that can not be used.
    """
    desk = Desk(
        intake, feeds, clock, ready.keys, late_seconds=settings.late_seconds, rows_at_most=settings.readings_rows
    )
    found = Others(desk)
    publishers = Publishers.load(settings.publishers_file)
    found.readings = Readings(desk, publishers, metrics, body_bytes=settings.readings_body_bytes)
    if ready.keys is not None and ready.vehicles is not None:
        duplicates = Duplicates(settings.duplicates_kept)
        judge = VehicleJudge(
            ready.vehicles,
            duplicates,
            ready.keys.identity,
            ready.keys.sealer,
            late_seconds=settings.late_seconds,
            echo=settings.vehicle_echo,
        )
        listener = VehicleListener(intake, judge, duplicates, clock, metrics, settings, Activations(events))
        found.adoptable.append(VehicleFrames(ready.vehicles, judge, largest_frame=settings.vehicle_largest_frame_bytes))
        found.parts.append(listener)
        found.probes.append((listener.name, listener.probe))
    if settings.external_readings:
        found.parts.append(
            ExternalReadingsWorker(settings, desk, letters, body_bytes=settings.readings_body_bytes, metrics=metrics)
        )
    if settings.mqtt_file is not None:
        mapping = MqttMapping.load(settings.mqtt_file)
        found.adoptable.append(MqttFrames(mapping, feeds, ready.keys))
        found.parts.append(MqttFeeds(mapping, desk, clock, metrics, body_bytes=settings.readings_body_bytes))
    return found
