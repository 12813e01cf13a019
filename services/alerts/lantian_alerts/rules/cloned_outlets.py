"""Outlets that send one series: equal, or equal up to slope and offset, hour by hour (domain D10, pattern F31)."""

from collections.abc import Iterator
from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.alike import screen_pairs
from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import Closing, Demand, Finding, Verdict
from lantian_alerts.core.together import TogetherDayFact, TogetherFact

HOURS: Final = 24
TILE: Final = 1024
ROUNDING: Final = 1e-3
"""The screen is of single precision: it leaves so much room, and what it lets through is counted exactly."""
PAIRS: Final = 16_384


class ClonedOutlets(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: how alike two days are in the hours both have, and how much these must move to tell anything.

    `least_hours`: so many hours of the day both have at least; `moving`: their spread over their mean, at each of the
    two; `levels`: so many different values of a day at least; `kinds`: kinds of sources that are compared.
    """

    kind: ClassVar[str] = "cloned-outlets"
    facts: ClassVar[tuple[type, ...]] = (TogetherDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    correlation: float = 0.999
    least_hours: int = 20
    moving: float = 0.03
    levels: int = 8
    kinds: tuple[str, ...] = ("outlet", "")

    def demands(self) -> Demand:
        """Hours of the compared factors."""
        return Demand(history=self.factors)

    def depths(self) -> dict[str, int]:
        """A day of each factor."""
        return dict.fromkeys(self.factors, HOURS)

    def compare(self, fact: TogetherFact) -> Iterator[Finding | None]:
        """One finding a group and enterprise: who visits one of them sees them all."""
        alike: dict[tuple[str, str], dict[str, tuple[float, float]]] = {}
        judged: set[str] = set()
        for code in self.factors:
            names, days = self._days(fact, code)
            judged.update(names)
            for first in range(0, len(names), TILE):
                yield None
                for one, other, correlation, slope in self._pairs(days, first):
                    alike.setdefault((names[one], names[other]), {})[code] = (correlation, slope)
        told: set[str] = set()
        for group in _groups(alike):
            yield from self._tell(fact, group, alike, told)
        for name in sorted(fact.held & judged - told):
            yield self._finding(fact, name, Verdict.CLEAR, {}, ())

    def _days(self, fact: TogetherFact, code: str) -> tuple[list[str], Array]:
        """Names in order and their hours, of those that move enough to be told apart."""
        known = fact.tables.names(code)
        order = np.array(sorted(range(len(known)), key=known.__getitem__), np.int64)
        days = fact.tables.hours(code, HOURS, order)
        there = np.isfinite(days)
        count = there.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(there, days, 0.0).sum(axis=1) / count
            spread = np.sqrt((np.where(there, days - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
            ordered = np.sort(days, axis=1)
            levels = 1 + (np.diff(ordered, axis=1) > 0).sum(axis=1)
            usable = (count >= self.least_hours) & (spread >= self.moving * np.abs(mean)) & (levels >= self.levels)
        chosen = [row for row in np.flatnonzero(usable).tolist() if self._compares(fact, known[order[row]])]
        return [known[order[row]] for row in chosen], days[chosen]

    def _compares(self, fact: TogetherFact, name: str) -> bool:
        source = fact.registry.site(name).source(fact.start_ms)
        return source is not None and source.kind in self.kinds

    def _pairs(self, days: Array, first: int) -> Iterator[tuple[int, int, float, float]]:
        """Pairs with one of the tile; the other one comes after it."""
        there = np.isfinite(days)
        level = np.nanmedian(days, axis=1, keepdims=True)
        spread = np.nanmedian(np.abs(days - level), axis=1, keepdims=True)
        # From the median and by the usual distance from it, so that a far hour takes no digits from the others.
        unit = np.where(there, (days - level) / np.where(spread > 0, spread, 1.0), 0.0).astype(np.float32)
        mask = there.astype(np.float32)
        for begin in range(first, len(days), TILE):
            rows, columns = slice(first, first + TILE), slice(begin, begin + TILE)
            found = np.empty((len(unit[rows]), len(unit[columns])), np.uint8)
            across, across_mask = (np.ascontiguousarray(held[columns].T) for held in (unit, mask))
            bound = max(0.0, self.correlation - ROUNDING)
            screen_pairs(unit[rows], mask[rows], across, across_mask, self.least_hours, bound, found)
            one, other = np.nonzero(found)
            one, other = first + one, begin + other
            after = other > one
            one, other = one[after], other[after]
            for cut in range(0, len(one), PAIRS):
                some = slice(cut, cut + PAIRS)
                yield from self._alike(days, one[some], other[some])

    def _alike(self, days: Array, one: Array, other: Array) -> Iterator[tuple[int, int, float, float]]:
        """Those of the pairs that are alike in the hours both have, with the correlation and the slope."""
        common = np.isfinite(days[one]) & np.isfinite(days[other])
        count = np.maximum(common.sum(axis=1), 1)
        sent = [np.where(common, days[at], 0.0) for at in (one, other)]
        left, right = (_from_mean(values, common, count) for values in sent)
        spread = np.sqrt((left**2).sum(axis=1) / count), np.sqrt((right**2).sum(axis=1) / count)
        moves = [
            found >= self.moving * np.abs(values.sum(axis=1) / count)
            for found, values in zip(spread, sent, strict=True)
        ]
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (left * right).sum(axis=1) / count / spread[0] / spread[1]
            slope = found * spread[1] / spread[0]
            alike = (count >= self.least_hours) & (found >= self.correlation) & moves[0] & moves[1]
        for at in np.flatnonzero(alike).tolist():
            yield int(one[at]), int(other[at]), float(found[at]), float(slope[at])

    def _tell(
        self,
        fact: TogetherFact,
        group: list[str],
        alike: dict[tuple[str, str], dict[str, tuple[float, float]]],
        told: set[str],
    ) -> Iterator[Finding]:
        inside = [found for pair, found in alike.items() if pair[0] in group]
        codes = {code for found in inside for code in found}
        correlation = min(one for found in inside for one, _ in found.values())
        slope = next(iter(inside[0].values()))[1]
        inputs = {
            "outlets": float(len(group)), "factors": float(len(codes)),
            "correlation": float(f"{correlation:.6g}"), "slope": float(f"{slope:.3g}"),
        }  # fmt: skip
        enterprises: set[str] = set()
        for name in group:
            enterprise = _enterprise(fact.registry, name, fact.start_ms) or "?"
            if enterprise not in enterprises:
                enterprises.add(enterprise)
                told.add(name)
                others = tuple(other for other in group if other != name)
                yield self._finding(fact, name, Verdict.BREACH, inputs, others)

    def _finding(
        self, fact: TogetherFact, name: str, verdict: Verdict, inputs: dict[str, float], others: tuple[str, ...]
    ) -> Finding:
        return Finding(
            source_id=name,
            factor="",
            verdict=verdict,
            reason="cloned" if verdict is Verdict.BREACH else "normal",
            start_ms=fact.start_ms,
            end_ms=fact.end_ms,
            found_ms=fact.found_ms,
            weight=inputs.get("factors", 0.0),
            confidence=0.9,
            inputs=inputs,
            others=others,
        )


def _from_mean(values: Array, common: Array, count: Array) -> Array:
    found: Array = np.where(common, values - (values.sum(axis=1) / count)[:, None], 0.0)
    return found


def _enterprise(registry: Registry, name: str, at_ms: int) -> str:
    source = registry.site(name).source(at_ms)
    return "" if source is None else source.enterprise_id


def _groups(pairs: dict[tuple[str, str], dict[str, tuple[float, float]]]) -> list[list[str]]:
    """Names that hang together by pairs; groups and the names in them in order."""
    group_of: dict[str, set[str]] = {}
    for one, other in pairs:
        merged = group_of.get(one, {one}) | group_of.get(other, {other})
        for name in merged:
            group_of[name] = merged
    distinct = {tuple(sorted(group)) for group in group_of.values()}
    return [list(group) for group in sorted(distinct)]
