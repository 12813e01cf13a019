"""The wiring of notify: stores, teams, deliverer, timekeeper, worker and HTTP, in the order they are needed."""

import asyncio
import os
import socket
import sys
from importlib.metadata import version

from prometheus_client import CollectorRegistry

from lantian_kit.access.ticket import Tickets
from lantian_kit.bus import Producer
from lantian_kit.deadletter import DeadLetters
from lantian_kit.health import Health, health_routes
from lantian_kit.logs import configure
from lantian_kit.process import Part, run
from lantian_kit.table import CompactedTable
from lantian_kit.worker import RecordWorker
from lantian_notify.access import Access
from lantian_notify.api import create_app
from lantian_notify.calls.acknowledge import acknowledge_routes
from lantian_notify.calls.endpoints import call_routes
from lantian_notify.calls.links import Links
from lantian_notify.calls.store import MongoCallStore
from lantian_notify.channels import CHANNELS
from lantian_notify.deliveries.deliver import Deliverer
from lantian_notify.deliveries.endpoints import delivery_routes
from lantian_notify.deliveries.stages import Stages
from lantian_notify.deliveries.store import MongoDeliveryStore
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.once_store import MongoRequests
from lantian_notify.parked.store import MongoParkedStore
from lantian_notify.registry.announced import Announced
from lantian_notify.registry.divisions import DivisionTable
from lantian_notify.registry.teams import Teams
from lantian_notify.routing.endpoints import policy_routes
from lantian_notify.routing.policy import load
from lantian_notify.settings import NotifySettings
from lantian_notify.silences.endpoints import silence_routes
from lantian_notify.silences.store import MongoSilenceStore
from lantian_notify.store import Connection
from lantian_notify.stream.endpoints import stream_routes
from lantian_notify.stream.stream import KafkaFeed, Streams
from lantian_notify.timekeeper import Timekeeper
from lantian_notify.watch import StoreWatch
from lantian_notify.wording.letter import Templates
from lantian_notify.worker import GROUP, TASKS_GROUP, EventHandler
from lantian_proto.topics import ISSUE_EVENTS, REGISTRY, TASK_EVENTS, dead_letters_by

SERVICE = "notify"
ISSUES_AT_ONCE = 8  # events of one issue stay in order


async def serve(settings: NotifySettings) -> int:
    """Runs until a signal or a failure; returns the exit status."""
    clock = settings.clock()
    registry = CollectorRegistry()
    metrics = NotifyMetrics(registry)
    metrics.build_info.labels(SERVICE, version("lantian-notify")).set(1)
    owner = settings.instance or f"{socket.gethostname()}-{os.getpid()}-{clock.wall_ms()}"

    divisions = DivisionTable()
    access = Access.load(
        settings.access_file,
        settings.notify_operator_key,
        Tickets.load(settings.ticket_key_file),
        clock=clock,
        divisions=lambda: divisions.divisions,
    )
    policy = load(settings.notify_routes_file, frozenset(CHANNELS))
    templates = Templates(settings.notify_templates_dir, settings.notify_console_url)
    links = Links.load(settings.notify_link_key_file, settings.notify_public_url)

    connection = Connection(settings.store_url.get_secret_value(), settings.store_database)
    store = MongoDeliveryStore(connection.database)
    calls, silences = MongoCallStore(connection.database), MongoSilenceStore(connection.database)
    parked, requests = MongoParkedStore(connection.database), MongoRequests(connection.database)
    producer = Producer(settings.kafka_bootstrap, SERVICE, dead_letters_by(SERVICE))
    letters = DeadLetters(producer, clock, metrics, SERVICE)
    teams = Teams()
    announced = Announced(parked, teams, clock)

    def learn(key: str, value: bytes | None) -> None:
        announced.apply(key, value)
        divisions.apply(key, value)

    table = CompactedTable(settings.kafka_bootstrap, REGISTRY, learn, group=GROUP, dead_letters=letters)

    events = EventHandler(
        store,
        calls,
        silences,
        parked,
        teams,
        policy,
        CHANNELS,
        clock,
        metrics,
        kick=lambda endpoints: deliverer.kick(endpoints),
        wake=lambda: timekeeper.wake(),
        team_wait_seconds=settings.notify_team_wait_seconds,
    )
    channels = {name: kind.connect(clock) for name, kind in CHANNELS.items()}
    stages = Stages(
        store,
        calls,
        channels,
        CHANNELS,
        events.find_contact,
        lambda delivery, forms: templates.letter(delivery.items, delivery.link_url, forms),
        clock,
        metrics,
        hurry=lambda: timekeeper.wake(),
    )
    deliverer = Deliverer(
        store,
        stages,
        CHANNELS,
        clock,
        metrics,
        owner=owner,
        per_endpoint=settings.notify_per_endpoint,
        lease_seconds=settings.notify_lease_seconds,
    )
    timekeeper = Timekeeper(
        store,
        calls,
        silences,
        parked,
        teams,
        events,
        links,
        clock,
        metrics,
        owner=owner,
        lease_seconds=settings.notify_lease_seconds,
        kick=deliverer.kick,
    )
    worker = RecordWorker(
        settings,
        group=GROUP,
        topic=ISSUE_EVENTS,
        handle=events.handle,
        dead_letters=letters,
        metrics=metrics,
        keys_at_once=ISSUES_AT_ONCE,
    )
    tasks_worker = RecordWorker(
        settings,
        group=TASKS_GROUP,
        topic=TASK_EVENTS,
        handle=events.handle_task,
        dead_letters=letters,
        metrics=metrics,
    )
    streams = Streams(
        KafkaFeed(settings.kafka_bootstrap, f"{SERVICE}-stream"),
        teams,
        clock,
        metrics,
        clients_at_most=settings.notify_stream_clients,
    )
    watch = StoreWatch(store, (calls.prepare, silences.prepare, parked.prepare, requests.prepare), clock, metrics)

    health = Health()
    for part in (producer, watch, table, worker, tasks_worker):
        health.check(part.name, part.probe)
    app = create_app(
        health_routes(health, registry, SERVICE),
        access,
        delivery_routes(store, parked, clock, deliverer.kick),
        call_routes(calls, clock, metrics),
        silence_routes(silences, clock),
        policy_routes(policy, teams, silences, templates, CHANNELS, clock),
        acknowledge_routes(calls, links, clock, metrics),
        stream_routes(streams),
        requests=requests,
        wall_ms=clock.wall_ms,
    )
    parts: list[Part] = [producer, watch, announced, table, deliverer, timekeeper, worker, tasks_worker, streams]
    try:
        return await run(SERVICE, settings, parts, app, health)
    finally:
        for channel in channels.values():
            await channel.close()
        await connection.close()


def main() -> None:
    """Entry point of the command `lantian-notify`."""
    settings = NotifySettings()
    configure(SERVICE, settings)
    sys.exit(asyncio.run(serve(settings)))


if __name__ == "__main__":
    main()
