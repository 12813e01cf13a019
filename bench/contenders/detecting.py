"""A detector of alerts as its service wires it, for a bench to run under a stopwatch."""

import asyncio
from collections.abc import Callable
from typing import Any

from prometheus_client import CollectorRegistry

from bench import traffic
from bench.contenders.contender import registry
from lantian_alerts.changelog import KafkaChangelog
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.settings import AlertsSettings
from lantian_alerts.warm import Warm
from lantian_alerts.worker import Detector
from lantian_kit.bus import Producer
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.process import settle_memory
from lantian_kit.worker import BatchWorker
from lantian_proto.topics import LEADS, READINGS, SOURCE_HOURS, dead_letters_by


async def detect(
    make: Callable[..., Detector],
    catalogue: Catalogue,
    *,
    bootstrap: str,
    group: str,
    topic: str,
    state: str,
    sources: int = traffic.SOURCES,
) -> None:
    """Detects until the bench ends the process. `make` takes what Detector takes.

    Raises RuntimeError when the worker or the detector fails: a crash ends the contender instead of leaving it waiting.
    """
    settings = AlertsSettings(kafka_bootstrap=bootstrap)
    metrics, clock = AlertsMetrics(CollectorRegistry()), SuiteClock()
    producer = Producer(bootstrap, "bench", [LEADS, READINGS, SOURCE_HOURS, *dead_letters_by("alerts")])
    letters = DeadLetters(producer, clock, metrics, "alerts")
    detector = make(
        catalogue, registry(sources), KafkaChangelog(bootstrap, group, state), producer, letters, metrics, clock,
        settings, lambda: worker.generation, RuleFailures(metrics),
    )  # fmt: skip
    worker: BatchWorker = BatchWorker(settings, group=group, topic=topic, handler=detector, whole=True)
    parts: list[Any] = [Warm(catalogue), producer, worker, detector]
    for part in parts:
        await part.start()
    settle_memory()
    assert worker.failure is not None
    assert detector.failure is not None
    await asyncio.wait((worker.failure, detector.failure), return_when=asyncio.FIRST_COMPLETED)
    raise RuntimeError(f"worker: {worker.failure}, detector: {detector.failure}")
