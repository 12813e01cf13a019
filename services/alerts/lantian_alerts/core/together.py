"""Hours of all sources side by side, for rules that compare sources with each other; pure.

A partition of readings.v1 knows its own sources only. Whatever such a rule needs is shared hour by hour
(`SharedHour`, source-hours.v1) and put together here; ADR 16.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import msgspec
import numpy as np

from lantian_alerts.core.layout import HOUR_MS, Array
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import Finding, RuleKind

CLOSES_AFTER_MS = HOUR_MS // 3
"""An hour is shared when it has been over for so long."""


class SharedHour(msgspec.Struct, frozen=True):
    """What one partition of readings.v1 holds of an hour: by factor code, names of sources and their valid means.

    Hours of a partition come in order; one without a value is shared as well, so that nobody waits for it. A large hour
    comes in pieces, of which the last one is `whole`.
    """

    partition: int
    partitions: int
    hour: int
    parts: dict[str, tuple[list[str], Array]]
    whole: bool = True


class Tables:
    """The last hours of every factor, one row a source; `depths`: by factor code how many hours are kept."""

    def __init__(self, depths: Mapping[str, int]) -> None:
        self.hour = -1
        self._depths = dict(depths)
        self._rows: dict[str, dict[str, int]] = {code: {} for code in depths}
        self._rings = {code: np.full((depth, 0), np.nan, np.float32) for code, depth in depths.items()}

    def begin(self, hour: int) -> None:
        """The next hour, empty; hours that were passed over are empty too."""
        for code, depth in self._depths.items():
            first = max(self.hour + 1, hour - depth + 1) if self.hour >= 0 else hour
            for empty in range(first, hour + 1):
                self._rings[code][empty % depth] = np.nan
        self.hour = hour

    def put(self, code: str, names: list[str], values: Array) -> None:
        """Means of the hour that has begun last; factors nobody asked for are passed over."""
        if code not in self._depths:
            return
        rows = self._rows[code]
        at = np.array([rows.setdefault(name, len(rows)) for name in names], np.int64)
        ring = self._rings[code]
        if len(rows) > ring.shape[1]:
            more = np.full((ring.shape[0], max(64, 2 * len(rows)) - ring.shape[1]), np.nan, np.float32)
            ring = self._rings[code] = np.concatenate((ring, more), axis=1)
        ring[self.hour % self._depths[code], at] = values

    def names(self, code: str) -> list[str]:
        """Sources that ever shared the factor, in the order of the rows."""
        return list(self._rows[code])

    def row(self, code: str, name: str) -> int | None:
        """Row of a source, None when it never shared the factor."""
        return self._rows[code].get(name)

    def hours(self, code: str, count: int, rows: Array | None = None) -> Array:
        """Means as (sources, hours), newest last, NaN for nothing; of all sources or of some rows."""
        depth = self._depths[code]
        if count > depth:
            raise ValueError(f"{count} hours of {code} are asked for, {depth} are kept")
        columns = np.arange(self.hour - count + 1, self.hour + 1) % depth
        used = np.arange(len(self._rows[code])) if rows is None else rows
        found: Array = self._rings[code][np.ix_(columns, used)].T.astype(np.float64)
        return found

    def series(self, code: str, name: str, count: int) -> Array:
        """The last hours of one source."""
        row = self.row(code, name)
        if row is None:
            return np.full(count, np.nan)
        found: Array = self.hours(code, count, np.array([row]))[0]
        return found


class TogetherFact(msgspec.Struct, frozen=True, kw_only=True):
    """An hour or day is over in every partition. `held`: sources where the rule has an episode open or pending.

    `found_ms` follows from the period, not from the arrival: who judges it and when changes no lead.
    """

    start_ms: int
    end_ms: int
    found_ms: int
    tables: Tables
    registry: Registry
    held: frozenset[str] = frozenset()


class TogetherHourFact(TogetherFact, frozen=True, kw_only=True):
    """An hour is over everywhere; the tables end with it."""


class TogetherDayFact(TogetherFact, frozen=True, kw_only=True):
    """A Beijing day is over everywhere; the tables end with its last hour."""


TOGETHER_FACTS = (TogetherHourFact, TogetherDayFact)


class ComparingRule(RuleKind, Protocol):
    """A rule over all sources at once."""

    def depths(self) -> dict[str, int]:
        """By factor code, how many hours it looks back."""

    def compare(self, fact: TogetherFact) -> Iterator[Finding | None]:
        """Findings, in an order that follows from the sources alone; None lets the process breathe."""
