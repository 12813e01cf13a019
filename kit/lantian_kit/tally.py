"""Counting on a hot path: a counter of prometheus-client costs a lock a time, here it is told once for many.

Leans on private names of prometheus-client, which tests/contract/test_prometheus_names.py guards: `_sum`, `_buckets`
and `_upper_bounds` of Histogram.
"""

import asyncio

from prometheus_client import Counter, Histogram


class Tally:
    """One child of a counter."""

    __slots__ = ("_child", "_count", "_owner")

    def __init__(self, child: Counter, owner: "Tallies") -> None:
        self._child = child
        self._count = 0
        self._owner = owner

    def add(self, count: int = 1) -> None:
        """Counts; the metric shows it after this turn of the event loop."""
        if not self._count:
            self._owner.note(self)
        self._count += count

    def flush(self) -> None:
        """Tells the counter."""
        count, self._count = self._count, 0
        self._child.inc(count)


class Tallies:
    """Those of one event loop, which it needs: they are flushed at the end of the turn in which they were used."""

    def __init__(self) -> None:
        self._used: list[Tally] = []

    def of(self, child: Counter) -> Tally:
        """A tally of a counter's child."""
        return Tally(child, self)

    def note(self, tally: Tally) -> None:
        """It was used for the first time in this turn."""
        if not self._used:
            asyncio.get_running_loop().call_soon(self._flush)
        self._used.append(tally)

    def _flush(self) -> None:
        used, self._used = self._used, []
        for tally in used:
            tally.flush()


def observe(child: Histogram, amount: float, times: int) -> None:
    """The same observation `times` times."""
    child._sum.inc(amount * times)
    for place, bound in enumerate(child._upper_bounds):
        if amount <= bound:
            child._buckets[place].inc(times)
            break
