"""Stock Faust: one event a record, the same decoding and the same engine with its three rules, state in memory."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import faust

from bench.contenders.contender import Task, Warming, engine, report
from lantian_proto import readings


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
    judging = engine()

    @app.agent(topic)
    async def judge(stream: Any) -> None:
        seen, before, findings, begun, wall = 0, 0, 0, 0.0, 0.0
        warming = Warming(task)
        async for event in stream.events():
            if begun == 0.0 and warming.over():
                begun, wall, before = time.process_time(), time.perf_counter(), seen
            columns = readings.decode(event.value)
            findings += len(judging.step(seen, columns))
            seen += 1
            warming.saw(event.message.partition, 1)
            if seen == task.records:
                report(task, seen - before, time.process_time() - begun, time.perf_counter() - wall, findings)

    app.finalize()
    worker = faust.Worker(app, loglevel="ERROR")
    worker.execute_from_commandline()


if __name__ == "__main__":
    main()
