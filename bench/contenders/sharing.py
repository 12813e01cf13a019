"""One of several workers of alerts in one consumer group: its partitions to their ends, then what they took."""

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from bench.contenders.contender import catalogue, registry
from lantian_alerts.changelog import KafkaChangelog
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.settings import AlertsSettings
from lantian_alerts.warm import Warm
from lantian_alerts.worker import Detector
from lantian_kit.bus import Producer
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.process import settle_memory
from lantian_kit.worker import Batch, BatchWorker
from lantian_proto.topics import LEADS, READINGS, dead_letters_by


@dataclass(frozen=True)
class Share:
    """`counts` are the records of each partition; the stopwatch starts when each of mine has given `warm`."""

    bootstrap: str
    topic: str
    state: str
    group: str
    warm: int
    counts: dict[int, int]


class Sharing(Detector):
    """The detector, with a stopwatch around it."""

    share: Share
    generations = 0

    async def on_assigned(self, partitions: set[int], generation: int) -> None:
        self.generations += 1
        self.taken = dict.fromkeys(partitions, 0)
        self.begun = self.wall = 0.0
        self.before = 0
        await super().on_assigned(partitions, generation)

    async def on_batch(self, batch: Batch) -> None:
        if self.begun == 0.0 and all(count >= self.share.warm for count in self.taken.values()):
            self.begun, self.wall, self.before = time.process_time(), time.perf_counter(), sum(self.taken.values())
        await super().on_batch(batch)
        count = len(batch.records) if batch.whole is None else sum(part.count for part in batch.whole.batches)
        self.taken[batch.partition] += count
        if all(self.taken[one] >= self.share.counts[one] for one in self.taken):
            await self.save()
            told = {
                "partitions": sorted(self.taken),
                "records": sum(self.taken.values()) - self.before,
                "cpu_seconds": time.process_time() - self.begun,
                "wall_seconds": time.perf_counter() - self.wall,
                "generations": self.generations,
            }
            os.write(1, json.dumps(told).encode() + b"\n")  # Faust redirects sys.stdout


async def main() -> None:
    """Stays in its group when it is done, so that nobody else's partitions move; the parent ends it."""
    given = json.loads(sys.argv[1])
    share = Share(**given | {"counts": {int(number): count for number, count in given["counts"].items()}})
    settings = AlertsSettings(kafka_bootstrap=share.bootstrap)
    metrics, clock = AlertsMetrics(CollectorRegistry()), SuiteClock()
    producer = Producer(share.bootstrap, "bench", [LEADS, READINGS, *dead_letters_by("alerts")])
    letters = DeadLetters(producer, clock, metrics, "alerts")
    detector = Sharing(
        catalogue(), registry(), KafkaChangelog(share.bootstrap, share.group, share.state), producer, letters,
        metrics, clock, settings,
        lambda: worker.generation,
    )  # fmt: skip
    detector.share = share
    worker = BatchWorker(settings, group=share.group, topic=share.topic, handler=detector, whole=True)
    for part in (Warm(catalogue()), producer, worker, detector):
        await part.start()
    settle_memory()
    assert worker.failure is not None
    assert detector.failure is not None
    await asyncio.wait((worker.failure, detector.failure), return_when=asyncio.FIRST_COMPLETED)
    raise RuntimeError(f"worker: {worker.failure}, detector: {detector.failure}")


if __name__ == "__main__":
    asyncio.run(main())
