"""Counting on a hot path: a counter of prometheus-client costs a lock a time, here it is told once for many.

Leans on private names of prometheus-client, which tests/contract/test_prometheus_names.py guards: `_sum`, `_buckets`
and `_upper_bounds` of Histogram.
"""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric
from prometheus_client.registry import Collector


class Tally:
    """One child of a counter. `add` is for one thread, that in which the metrics are collected."""

    __slots__ = ("_child", "_count", "_owner")

    def __init__(self, child: Counter, owner: "Tallies") -> None:
        self._child = child
        self._count = 0
        self._owner = owner

    def add(self, count: int = 1) -> None:
        """Counts."""
        if not self._count:
            self._owner.note(self)
        self._count += count

    def flush(self) -> None:
        """Tells the counter."""
        count, self._count = self._count, 0
        self._child.inc(count)


class Tallies(Collector):
    """Tells the counters whenever metrics are collected; made before the metrics, so that it is asked first."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._used: list[Tally] = []
        registry.register(self)

    def of(self, child: Counter) -> Tally:
        """A tally of a counter's child."""
        return Tally(child, self)

    def note(self, tally: Tally) -> None:
        """It holds something that the counter has not been told."""
        self._used.append(tally)

    def collect(self) -> Iterable[Metric]:
        used, self._used = self._used, []
        for tally in used:
            tally.flush()
        return ()


def observe(child: Histogram, amount: float, times: int) -> None:
    """The same observation `times` times."""
    child._sum.inc(amount * times)
    for place, bound in enumerate(child._upper_bounds):
        if amount <= bound:
            child._buckets[place].inc(times)
            break
