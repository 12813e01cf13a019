"""Lantian's alerts as the service runs it: whole fetches, leads awaited, state saved every two seconds."""

import asyncio
import sys
import time
from dataclasses import replace
from functools import partial
from typing import Any

from bench.contenders.contender import Task, Warming, catalogue, report
from bench.contenders.detecting import detect
from lantian_alerts.worker import Detector
from lantian_kit.bus import create_topics
from lantian_kit.worker import Batch
from lantian_proto.topics import ALERTS_STATE, TOPICS


class Measured(Detector):
    """The detector, with a stopwatch around it."""

    seen = before = 0
    begun = wall = 0.0
    whole = 0

    def __init__(self, task: Task, *wiring: Any) -> None:
        super().__init__(*wiring)
        self.task, self.warming = task, Warming(task)

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
    await detect(
        partial(Measured, task), catalogue(task.rules),
        bootstrap=task.bootstrap, group=task.group, topic=task.topic, state=state.name,
    )  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main())
