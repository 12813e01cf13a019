"""Bytewax: `stateful_batch` by source, recovery snapshots every two seconds."""

import copy
import tempfile
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from bench.contenders.peers.job import Stopwatch, empty, judge


class Source(StatefulBatchLogic):  # type: ignore[misc]
    """One source's state."""

    def __init__(self, state: list[Any]) -> None:
        self.state = state

    def on_batch(self, values: list[Any]) -> tuple[Iterable[int], bool]:
        """Frames of the source."""
        found = [judge(self.state, at, frame) for at, frame in values]
        return [number for number in found if number], StatefulBatchLogic.RETAIN

    def snapshot(self) -> list[Any]:
        """What recovery writes."""
        return copy.copy(self.state)


class Findings(StatelessSinkPartition):  # type: ignore[misc]
    """Counts what comes out."""

    def __init__(self, watch: Stopwatch) -> None:
        self.watch = watch

    def write_batch(self, items: list[Any]) -> None:
        """Findings of several sources."""
        self.watch.findings += sum(number for _, number in items)


class Sink(DynamicSink):  # type: ignore[misc]
    """Makes one partition of findings."""

    def __init__(self, watch: Stopwatch) -> None:
        self.watch = watch

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Findings:
        """There is one worker."""
        return Findings(self.watch)


def main() -> None:
    """Runs the flow until the stopwatch ends it."""
    watch = Stopwatch()
    layout, rows = watch.layout, watch.layout.rows
    flow = Dataflow("bench")
    read = kop.input("read", flow, brokers=[watch.task.bootstrap], topics=[watch.task.topic], batch_size=1_000)

    def frames(messages: list[Any]) -> list[Any]:
        found = []
        for message in messages:
            if len(message.value) == layout.length:
                name, at, values = layout.frame(message.value)
                found.append((name, (at, values)))
            watch.saw(message.partition)
        return found

    keyed = op.flat_map_batch("frames", read.oks, frames)
    judged = op.stateful_batch("judge", keyed, lambda state: Source(state if state is not None else empty(rows)))
    op.output("findings", judged, Sink(watch))
    with tempfile.TemporaryDirectory(prefix="bench-bytewax-") as folder:
        init_db_dir(Path(folder), 1)
        cli_main(flow, epoch_interval=timedelta(seconds=2), recovery_config=RecoveryConfig(folder))


if __name__ == "__main__":
    main()
