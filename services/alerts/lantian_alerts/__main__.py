"""The wiring of alerts: producer, registry, Faust worker, detector, in the order in which they are needed."""

import asyncio
import sys
from importlib.metadata import version

from prometheus_client import CollectorRegistry

from lantian_alerts.api import create_app
from lantian_alerts.changelog import KafkaChangelog
from lantian_alerts.comparing import Comparer
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.outcomes.collector import OutcomeCollector
from lantian_alerts.outcomes.follower import Follower
from lantian_alerts.outcomes.verdicts import Outcomes
from lantian_alerts.replay.desk import ReplayDesk, Wishes, beside
from lantian_alerts.rules import shipped
from lantian_alerts.settings import AlertsSettings
from lantian_alerts.statements import GROUP as STATEMENTS_GROUP
from lantian_alerts.statements import StatementHandler
from lantian_alerts.telling import Teller
from lantian_alerts.warm import Warm
from lantian_alerts.worker import GROUP, Detector
from lantian_kit.bus import Producer
from lantian_kit.deadletter import DeadLetters
from lantian_kit.health import Health, health_routes
from lantian_kit.logs import configure
from lantian_kit.process import Part, run
from lantian_kit.table import CompactedTable
from lantian_kit.worker import BatchWorker, RecordWorker
from lantian_proto.topics import (
    ISSUE_EVENTS,
    LEADS,
    READINGS,
    REGISTRY,
    RULES,
    SITE_EVENTS,
    SOURCE_HOURS,
    TASK_EVENTS,
    dead_letters_by,
)

SERVICE = "alerts"


async def serve(settings: AlertsSettings) -> int:
    """Runs until a signal or a failure; returns the exit status."""
    clock = settings.clock()
    metrics_registry = CollectorRegistry()
    metrics = AlertsMetrics(metrics_registry)
    metrics.build_info.labels(SERVICE, version("lantian-alerts")).set(1)
    catalogue = shipped()
    client = f"lantian-{SERVICE}-{settings.instance}" if settings.instance else f"lantian-{SERVICE}"
    written = [LEADS, READINGS, RULES, SOURCE_HOURS, *dead_letters_by(SERVICE)]
    producer = Producer(settings.kafka_bootstrap, client, written)
    letters = DeadLetters(producer, clock, metrics, SERVICE)
    registry = Registry()
    wishes = Wishes()

    def take_registry(key: str, value: bytes | None) -> None:
        registry.apply(key, value)
        wishes.take_registry(key, value)

    table = CompactedTable(settings.kafka_bootstrap, REGISTRY, take_registry, group=GROUP, dead_letters=letters)
    answered = CompactedTable(settings.kafka_bootstrap, RULES, wishes.take_rules, group=GROUP, dead_letters=letters)
    failures, outcomes = RuleFailures(metrics), Outcomes()
    OutcomeCollector(outcomes, metrics_registry)
    followers = [
        Follower(CompactedTable(settings.kafka_bootstrap, topic, take, group=GROUP, dead_letters=letters))
        for topic, take in ((TASK_EVENTS, outcomes.take_task_event), (ISSUE_EVENTS, outcomes.take_issue_event))
    ]
    detector = Detector(
        catalogue,
        registry,
        KafkaChangelog(settings.kafka_bootstrap, f"lantian-{SERVICE}"),
        producer,
        letters,
        metrics,
        clock,
        settings,
        lambda: worker.generation,
        failures,
    )
    worker = BatchWorker(
        settings,
        group=GROUP,
        topic=READINGS,
        handler=detector,
        whole=True,
        fetch_max_wait_ms=settings.fetch_wait_ms,
        fetch_min_bytes=settings.fetch_bytes,
        leave_on_stop=settings.leave_on_stop,
        metrics=metrics,
    )
    comparer = Comparer(
        settings.kafka_bootstrap,
        catalogue,
        registry,
        Teller(Rulebook(catalogue, registry), producer, metrics, failures),
        letters,
        metrics,
        detector.compares,
        failures,
    )
    statements = RecordWorker(
        settings,
        group=STATEMENTS_GROUP,
        topic=SITE_EVENTS,
        handle=StatementHandler(catalogue, registry, producer, metrics, failures).handle,
        dead_letters=letters,
        metrics=metrics,
    )
    desk = ReplayDesk(
        catalogue,
        wishes,
        beside(settings.kafka_bootstrap, settings.tick_gap_ms),
        producer,
        clock,
        detector.compares,
    )
    health = Health()
    for name, probe in (
        (producer.name, producer.probe),
        (table.name, table.probe),
        (worker.name, worker.probe),
        (detector.name, detector.probe),
        (statements.name, statements.probe),
    ):
        health.check(name, probe)
    process_routes = health_routes(health, metrics_registry, SERVICE)
    key = settings.operator_key_sha256
    app = create_app(catalogue, registry, outcomes, process_routes, failures=failures.of_rule, key_sha256=key)
    parts: list[Part] = [
        Warm(catalogue), producer, table, answered, worker, detector, comparer, statements, desk, *followers,
    ]  # fmt: skip
    return await run(SERVICE, settings, parts, app, health)


def main() -> None:
    """Entry point of the command `lantian-alerts`."""
    settings = AlertsSettings()
    configure(SERVICE, settings)
    sys.exit(asyncio.run(serve(settings)))


if __name__ == "__main__":
    main()
