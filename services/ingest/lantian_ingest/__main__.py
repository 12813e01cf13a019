"""The wiring of ingest: producer, registry, pipeline, listener and ticks, in the order in which they are needed."""

import asyncio
import sys
from importlib.metadata import version
from pathlib import Path

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from lantian_ingest import once
from lantian_ingest.adoption import Adoption
from lantian_ingest.again import Hj212Frames
from lantian_ingest.api import routes as feed_routes
from lantian_ingest.decoders.hj212.habits import Habits
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.decoders.hj212.sm4 import KeyRing
from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.exchange import Patience
from lantian_ingest.dialogue.gaps import Gaps
from lantian_ingest.dialogue.hearing import Hearing
from lantian_ingest.dialogue.inbox import Inbox
from lantian_ingest.dialogue.recalls import Recalls
from lantian_ingest.dialogue.renewal import Renewal
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds
from lantian_ingest.figures import Cities, FeedFigures, all_of
from lantian_ingest.intake import Intake
from lantian_ingest.judge import Judge
from lantian_ingest.lane import Lane
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer
from lantian_ingest.pipeline import Pipeline
from lantian_ingest.presence import Presence
from lantian_ingest.settings import IngestSettings
from lantian_ingest.sightings import Sightings
from lantian_ingest.sm4_keys import load as load_sm4_keys
from lantian_ingest.spool.drain import Drain
from lantian_ingest.spool.log import SpoolLog
from lantian_ingest.spool.shelter import Shelter
from lantian_ingest.ticks import Ticks
from lantian_ingest.transports.tcp import TcpListener
from lantian_ingest.warm import Warm
from lantian_ingest.wiring import known, others
from lantian_kit.bus import Producer
from lantian_kit.deadletter import DeadLetters
from lantian_kit.health import Health, health_routes
from lantian_kit.logs import configure
from lantian_kit.process import Part, run
from lantian_kit.table import CompactedTable
from lantian_proto.topics import (
    COMMAND_STATES,
    FEED_EVENTS,
    RAW_FRAMES,
    READINGS,
    REGISTRY,
    SITE_EVENTS,
    dead_letters_by,
)

SERVICE = "ingest"
DELIVERY_WITH_SPOOL_SECONDS = 86_400.0  # what waits is safe on the disk: the producer has no reason to give up


async def serve(settings: IngestSettings) -> int:
    """Runs until a signal or a failure; returns the exit status."""
    clock = settings.clock()
    registry = CollectorRegistry()
    metrics = IngestMetrics(registry)
    metrics.build_info.labels(SERVICE, version("lantian-ingest")).set(1)
    client = f"lantian-{SERVICE}-{settings.instance}" if settings.instance else f"lantian-{SERVICE}"
    producer = Producer(
        settings.kafka_bootstrap,
        client,
        [RAW_FRAMES, READINGS, SITE_EVENTS, COMMAND_STATES, FEED_EVENTS, *dead_letters_by(SERVICE)],
        delivery_seconds=DELIVERY_WITH_SPOOL_SECONDS if settings.spool_dir else settings.kafka_delivery_seconds,
    )
    feeds = Feeds()
    metrics.feeds.set_function(lambda: len(feeds))
    letters = DeadLetters(producer, clock, metrics, SERVICE)
    ready = known(settings, feeds)
    cities = Cities()
    follow = all_of(cities.apply, ready.apply)
    table = CompactedTable(settings.kafka_bootstrap, REGISTRY, follow, group=SERVICE, dead_letters=letters)
    packer, late_packer = (
        Packer(producer, clock, metrics, batch_seconds=settings.batch_seconds, batch_bytes=settings.batch_bytes)
        for _ in range(2)
    )
    sightings = Sightings()
    often = settings.feed_figures_seconds
    FeedFigures(feeds, cities, sightings, clock.now_ms, registry, ready.names.seen_as, often)
    lane = Lane(metrics, frames_per_second=settings.late_frames_per_second, waiting=settings.late_waiting_frames)
    intake = Intake(
        producer,
        packer,
        late_packer,
        metrics,
        sightings,
        in_flight_frames=settings.in_flight_frames,
        lane=lane,
    )
    reader = Reader(tolerant=settings.hj212_check_policy == "tolerant")
    sm4_keys = load_sm4_keys(Path(settings.hj212_keys_file)) if settings.hj212_keys_file else KeyRing()
    habits = Habits()
    judge = Judge(feeds, reader, habits=habits, keys=sm4_keys)
    duplicates = Duplicates(settings.duplicates_kept)
    presence, gaps = Presence(), Gaps()
    events = FeedEvents(producer, clock, metrics)
    further = others(settings, ready, intake, feeds, clock, metrics, letters, events)
    adoption = Adoption(
        settings.kafka_bootstrap,
        producer,
        late_packer,
        [Hj212Frames(judge, feeds, largest_segment=settings.hj212_largest_segment_bytes), *further.adoptable],
        events,
        clock,
        metrics,
        frames_per_second=settings.late_frames_per_second,
    )
    patience = Patience(
        link_ms=int(settings.command_link_seconds * 1000),
        answer_ms=int(settings.command_answer_seconds * 1000),
        execution_ms=int(settings.command_execution_seconds * 1000),
    )
    desk = Desk(
        presence,
        producer,
        clock,
        metrics,
        patience=patience,
        gap_seconds=settings.command_gap_seconds,
        adopt=adoption.ask,
        renewal=Renewal(sm4_keys, Path(settings.hj212_keys_file) if settings.hj212_keys_file else None),
        seen_as=ready.names.seen_as,
    )
    adoption.changed = desk.changed
    inbox = Inbox(settings.kafka_bootstrap, desk, clock, letters)
    recalls = Recalls(gaps, desk, clock, metrics, delay_seconds=settings.recall_delay_seconds)
    hearing = Hearing(presence, desk, gaps, events, sightings, habits)
    pipeline = Pipeline(intake, judge, duplicates, clock, metrics, late_seconds=settings.late_seconds, hearing=hearing)
    drain = Drain(producer, packer, late_packer, metrics)
    shelter = (
        Shelter(
            intake,
            SpoolLog(Path(settings.spool_dir)),
            drain,
            metrics,
            limit_bytes=settings.spool_bytes,
            after_seconds=settings.spool_after_seconds,
        )
        if settings.spool_dir
        else None
    )
    listener = TcpListener(pipeline, metrics, settings)
    ticks = Ticks(
        packer,
        clock,
        metrics,
        seconds=settings.tick_seconds,
        wall_seconds=settings.tick_wall_seconds,
        held_back=lambda: shelter is not None and shelter.active,
    )
    health = Health()
    for name, probe in ((producer.name, producer.probe), (table.name, table.probe), (listener.name, listener.probe)):
        health.check(name, probe)
    if shelter is not None:
        health.check(shelter.name, shelter.probe)
    app = FastAPI(title="Lantian ingest", version=version("lantian-ingest"), docs_url=None, redoc_url=None)
    once.install(app, clock, settings.operator_key_sha256)
    app.include_router(health_routes(health, registry, SERVICE))
    app.include_router(
        feed_routes(
            sightings,
            feeds,
            presence,
            desk,
            clock,
            habits=habits,
            names=ready.names,
            key_sha256=settings.operator_key_sha256,
        )
    )
    further.serve(app, health)
    parts: list[Part] = [producer, table, intake]
    if shelter is not None:
        parts.append(shelter)
    parts += [adoption, desk, inbox]
    if settings.recall:
        parts.append(recalls)
    parts += [listener, *further.parts, ticks, Warm(reader)]
    return await run(SERVICE, settings, parts, app, health)


def main() -> None:
    """Entry point of the command `lantian-ingest`."""
    settings = IngestSettings()
    configure(SERVICE, settings)
    sys.exit(asyncio.run(serve(settings)))


if __name__ == "__main__":
    main()
