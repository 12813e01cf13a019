"""Quix Streams: a stateful apply by the key of the record, state in RocksDB with its changelog, commits every 2 s."""

import tempfile
from typing import Any

from quixstreams import Application

from bench.contenders.peers.job import Stopwatch, empty, judge


def main() -> None:
    """Runs the application until the stopwatch ends it."""
    watch = Stopwatch()
    layout = watch.layout
    app = Application(
        broker_address=watch.task.bootstrap,
        consumer_group=watch.task.group,
        auto_offset_reset="earliest",
        commit_interval=2.0,
        state_dir=tempfile.mkdtemp(prefix="bench-quix-"),
        loglevel="ERROR",
        auto_create_topics=True,
        consumer_extra_config={"fetch.wait.max.ms": 20},
        on_message_processed=lambda topic, partition, offset: watch.saw(partition),
    )
    topic = app.topic(watch.task.topic, value_deserializer="bytes", key_deserializer="str")

    def take(record: bytes, state: Any) -> None:
        if len(record) != layout.length:
            return
        _, at, values = layout.frame(record)
        held = state.get("state") or empty(layout.rows)
        watch.findings += judge(held, at, values)
        state.set("state", held)

    app.dataframe(topic).update(take, stateful=True)
    app.run()


if __name__ == "__main__":
    main()
