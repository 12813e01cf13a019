"""Lag of a consumer group: ends less what was acknowledged, over the partitions owned here."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import NamedTuple

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.metrics import KitMetrics
from lantian_kit.settings import ProcessSettings
from lantian_kit.worker import BatchWorker


class Place(NamedTuple):
    """A partition."""

    topic: str
    partition: int


class Consumer:
    """What the worker asks of Faust's consumer; `losing` is a partition that the fetching thread has just given up."""

    losing: Place | None = None

    def __init__(self) -> None:
        self.ends: dict[Place, int | None] = {Place("t", 0): 10, Place("t", 1): 7, Place("t", 2): None}
        self._committed_offset: dict[Place, int | None] = {Place("t", 0): 4, Place("t", 1): 9, Place("t", 2): None}

    def assignment(self) -> Iterator[Place]:
        """Another topic's partitions do not count."""
        return iter([*self.ends, Place("other", 0)])

    def highwater(self, place: Place) -> int | None:
        """As aiokafka does: an assertion for a partition that is not assigned."""
        assert place != self.losing
        return self.ends[place]


@pytest.fixture
def worker() -> BatchWorker:
    """One that was never started, with a consumer all the same."""
    registry = CollectorRegistry()
    made = BatchWorker(
        ProcessSettings(),
        group="g",
        topic="t",
        handler=None,  # type: ignore[arg-type]  # it is handed nothing
        metrics=KitMetrics(registry),
    )
    made.registry = registry  # type: ignore[attr-defined]
    made._app = SimpleNamespace(consumer=Consumer())  # type: ignore[assignment]
    return made


def test_lag_is_what_is_not_acknowledged(worker: BatchWorker) -> None:
    """Nothing before partitions are assigned; what a partition is ahead of its last fetch counts as none."""
    registry: CollectorRegistry = worker.registry  # type: ignore[attr-defined]
    labels = {"group": "g", "topic": "t"}
    assert registry.get_sample_value("lantian_consumer_lag_records", labels) == 0
    worker._assigned = True
    assert registry.get_sample_value("lantian_consumer_lag_records", labels) == 6


def test_a_partition_that_is_just_lost_leaves_the_last_word(worker: BatchWorker) -> None:
    """A scrape in the middle of a rebalance gets an answer."""
    worker._assigned = True
    assert worker.behind() == 6
    worker._app.consumer.losing = Place("t", 1)  # type: ignore[union-attr]
    assert worker.behind() == 6
