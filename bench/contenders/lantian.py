"""Lantian's alerts as the service runs it: whole fetches, leads awaited, state saved every two seconds."""

import asyncio
import sys
import time
from dataclasses import replace

from prometheus_client import CollectorRegistry

from bench.contenders.contender import Task, Warming, catalogue, registry, report
from lantian_alerts.changelog import KafkaChangelog
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.settings import AlertsSettings
from lantian_alerts.warm import Warm
from lantian_alerts.worker import Detector
from lantian_kit.bus import Producer, create_topics
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.process import settle_memory
from lantian_kit.worker import Batch, BatchWorker
from lantian_proto.topics import ALERTS_STATE, LEADS, READINGS, SOURCE_HOURS, TOPICS, dead_letters_by


class Measured(Detector):
    """The detector, with a stopwatch around it."""

    task: Task
    warming: Warming
    seen = before = 0
    begun = wall = 0.0
    whole = 0

    async def on_batch(self, batch: Batch) -> None:
        if self.begun == 0.0 and self.warming.over():
            self.begun, self.wall, self.before = time.process_time(), time.perf_counter(), self.seen
        await super().on_batch(batch)
        count = len(batch.records) if batch.whole is None else sum(part.count for part in batch.whole.batches)
        self.whole += batch.whole is not None
        self.warming.saw(batch.partition, count)
        self.seen += count
        if self.seen >= self.task.records:
            await self.save()
            cpu, wall = time.process_time() - self.begun, time.perf_counter() - self.wall
            report(self.task, self.seen - self.before, cpu, wall, self._told())

    def _told(self) -> int:
        """Leads that were published."""
        samples = [sample for found in self._metrics.leads.collect() for sample in found.samples]
        return int(sum(sample.value for sample in samples if sample.name.endswith("_total")))


async def main() -> None:
    """Consumes `task.records` records and prints what it took."""
    task = Task.from_arguments(sys.argv[1:])
    state = replace(TOPICS[ALERTS_STATE], name=f"state-{task.group}", partitions=task.partitions)
    create_topics(task.bootstrap, [state])
    settings = AlertsSettings(kafka_bootstrap=task.bootstrap)
    metrics, clock = AlertsMetrics(CollectorRegistry()), SuiteClock()
    producer = Producer(task.bootstrap, "bench", [LEADS, READINGS, SOURCE_HOURS, *dead_letters_by("alerts")])
    letters = DeadLetters(producer, clock, metrics, "alerts")
    detector = Measured(
        catalogue(task.rules), registry(), KafkaChangelog(task.bootstrap, task.group, state.name), producer, letters,
        metrics, clock, settings,
        lambda: worker.generation,
    )  # fmt: skip
    detector.task, detector.warming = task, Warming(task)
    worker = BatchWorker(settings, group=task.group, topic=task.topic, handler=detector, whole=True)
    for part in (Warm(catalogue(task.rules)), producer, worker, detector):
        await part.start()
    settle_memory()
    assert worker.failure is not None
    assert detector.failure is not None
    # A crash of either ends the contender instead of leaving it waiting for ever.
    await asyncio.wait((worker.failure, detector.failure), return_when=asyncio.FIRST_COMPLETED)
    raise RuntimeError(f"worker: {worker.failure}, detector: {detector.failure}")


if __name__ == "__main__":
    asyncio.run(main())
