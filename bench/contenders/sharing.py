"""One of several workers of alerts in one consumer group: its partitions to their ends, then what they took."""

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.contenders.contender import catalogue
from bench.contenders.detecting import detect
from lantian_alerts.worker import Detector
from lantian_kit.worker import Batch


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

    generations = 0

    def __init__(self, share: Share, *wiring: Any) -> None:
        super().__init__(*wiring)
        self.share = share

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
    await detect(
        partial(Sharing, share), catalogue(),
        bootstrap=share.bootstrap, group=share.group, topic=share.topic, state=share.state,
    )  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main())
