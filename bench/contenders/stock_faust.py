"""Stock Faust: one event a record, the same decoding, the same engine with the same rules, the same saves.

State is saved every two seconds as Lantian does it, by a timer of the app: Faust's own tables cost 467 µs a write
(ADR 2), so this favours Faust. What stock Faust does not do is wait: it acknowledges records whose state is not saved.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import faust

from bench.contenders.contender import Task, Warming, catalogue, registry, report
from lantian_alerts.changelog import KafkaChangelog
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.state import dirty_blocks
from lantian_kit.bus import create_topics, partition_of
from lantian_proto import readings
from lantian_proto.topics import ALERTS_STATE, TOPICS

SAVE_SECONDS = 2.0


class Judging:
    """An engine for every partition, and their state's topic."""

    def __init__(self, task: Task) -> None:
        found, partitions = registry(), task.partitions
        rules = catalogue(task.rules)
        self.engines = [
            Engine(rules, found, lambda name, own=own: partition_of(name.encode(), partitions) == own)  # type: ignore[misc]
            for own in range(partitions)
        ]
        self.engines[0].step(-1, readings.tick(0))  # compiled before the clock starts
        state = replace(TOPICS[ALERTS_STATE], name=f"state-{task.group}", partitions=partitions)
        create_topics(task.bootstrap, [state])
        self.changelog = KafkaChangelog(task.bootstrap, task.group, state.name)
        self._turn = asyncio.Lock()

    async def save(self) -> None:
        """Writes the blocks that have changed, all partitions at once."""
        async with self._turn:
            blocks = {own: dirty_blocks(engine) for own, engine in enumerate(self.engines)}
            await asyncio.gather(*(self.changelog.write(own, found) for own, found in blocks.items() if found))


def main() -> None:
    """Consumes `task.records` records and prints what it took."""
    task = Task.from_arguments(sys.argv[1:])
    app = faust.App(
        task.group,
        broker=f"kafka://{task.bootstrap}",
        datadir=Path(tempfile.mkdtemp(prefix="bench-faust-")),
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        stream_wait_empty=False,
        table_standby_replicas=0,
        consumer_auto_offset_reset="earliest",
    )
    topic = app.topic(task.topic, value_serializer="raw")
    judging = Judging(task)
    ready = asyncio.Event()

    @app.agent(topic)
    async def judge(stream: Any) -> None:
        await judging.changelog.open(set(range(task.partitions)))
        ready.set()
        seen, before, findings, begun, wall = 0, 0, 0, 0.0, 0.0
        warming = Warming(task)
        async for event in stream.events():
            if begun == 0.0 and warming.over():
                begun, wall, before = time.process_time(), time.perf_counter(), seen
            columns = readings.decode(event.value)
            findings += len(judging.engines[event.message.partition].step(event.message.offset, columns))
            seen += 1
            warming.saw(event.message.partition, 1)
            if seen == task.records:
                await judging.save()
                report(task, seen - before, time.process_time() - begun, time.perf_counter() - wall, findings)

    @app.timer(SAVE_SECONDS)  # type: ignore[untyped-decorator]  # Faust says nothing of it
    async def save() -> None:
        if ready.is_set():
            await judging.save()

    app.finalize()
    worker = faust.Worker(app, loglevel="ERROR")
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
