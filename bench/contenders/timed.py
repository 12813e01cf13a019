"""Alerts as the service runs it; says when it holds its partitions, and at the end when each batch was done with."""

import asyncio
import json
import os
import sys
import time
from functools import partial
from typing import Any

from bench.contenders.contender import catalogue
from bench.contenders.detecting import detect
from lantian_alerts.worker import Detector
from lantian_kit.worker import Batch


class Timed(Detector):
    """The detector, which notes (partition, records so far, wall seconds) behind each batch."""

    def __init__(self, records: int, *wiring: Any) -> None:
        super().__init__(*wiring)
        self.left = records
        self.taken: dict[int, int] = {}
        self.done: list[tuple[int, int, float]] = []

    async def on_assigned(self, partitions: set[int], generation: int) -> None:
        await super().on_assigned(partitions, generation)
        self.taken = dict.fromkeys(partitions, 0)
        self.begun = time.process_time()
        os.write(1, json.dumps({"partitions": sorted(partitions)}).encode() + b"\n")  # Faust redirects sys.stdout

    async def on_batch(self, batch: Batch) -> None:
        await super().on_batch(batch)
        count = len(batch.records) if batch.whole is None else sum(part.count for part in batch.whole.batches)
        self.taken[batch.partition] += count
        self.done.append((batch.partition, self.taken[batch.partition], time.time()))
        self.left -= count
        if self.left <= 0:
            told = {"cpu_seconds": time.process_time() - self.begun, "done": self.done}
            os.write(1, json.dumps(told).encode() + b"\n")


async def main() -> None:
    """Runs until its parent ends it."""
    given = json.loads(sys.argv[1])
    await detect(partial(Timed, given.pop("records")), catalogue(), **given)


if __name__ == "__main__":
    asyncio.run(main())
