"""All pollutants fall together while the gas and the load stay as they were (domain D19)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import FLOW, LOAD, OXYGEN, TEMPERATURE, decided, middle


class MultiDrop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters, against the median of the four hours before."""

    kind: ClassVar[str] = "multi-drop"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = ("",)
    pollutants: tuple[str, ...]
    floors: dict[str, float] = {}
    closing: Closing = Closing()
    ratio: float = 0.5
    least_factors: int = 2
    steady: float = 0.12
    oxygen: float = 1.0

    def demands(self) -> Demand:
        """Hours of the pollutants, and of flow, oxygen, temperature and load."""
        return Demand(history=(*self.pollutants, FLOW, OXYGEN, TEMPERATURE, LOAD))

    def screen(self, window: Window, factor: str) -> Array:
        """Two pollutants at least have halved since the hour before or the one before that."""
        fallen = np.zeros(window.rows, np.int64)
        for code in self.pollutants:
            if window.has(code).any():
                before = window.values(code, 4, 1)
                highest = np.where(np.isfinite(before), before, -np.inf).max(axis=1)
                with np.errstate(invalid="ignore"):
                    fallen += window.values(code)[:, 0] <= self.ratio * highest
        found: Array = fallen >= self.least_factors
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Flow has to be there and steady: a plant that goes down takes it along, and its load and heat."""
        if not isinstance(fact, SourceHourFact):
            return None
        ratios = {}
        for code in self.pollutants:
            now, before = fact.past.value(code), middle(fact.past.values(code, 4, 1))
            if np.isfinite([now, before]).all() and before > self.floors.get(code, 0.0):
                ratios[code] = now / before
        shifts = {code: self._shift(fact, code) for code in (FLOW, OXYGEN, TEMPERATURE, LOAD)}
        if len(ratios) < self.least_factors or not np.isfinite([shifts[FLOW], shifts[OXYGEN]]).all():
            return None
        steady = all(not abs(shifts[code]) > self.steady for code in (FLOW, TEMPERATURE, LOAD))
        if abs(shifts[OXYGEN]) > self.oxygen:  # a trip, unless the load goes on: then it is air in the sample
            steady = steady and bool(np.isfinite([shifts[LOAD], shifts[TEMPERATURE]]).all())
        return decided(
            fact,
            site,
            breach=max(ratios.values()) <= self.ratio and steady,
            reason="fallen",
            weight=1.0 - max(ratios.values()),
            confidence=0.5,
            inputs={
                "factors": len(ratios),
                "least_fall_percent": 100.0 * (1.0 - max(ratios.values())),
                "flow_change_percent": 100.0 * shifts[FLOW],
                "oxygen_change": shifts[OXYGEN],
            },
            evidence=(*ratios, FLOW, OXYGEN),
            hours=6,
        )

    @staticmethod
    def _shift(fact: SourceHourFact, code: str) -> float:
        """Change against the hours before: a share, for oxygen points."""
        now, before = fact.past.value(code), middle(fact.past.values(code, 4, 1))
        if code == OXYGEN:
            return now - before
        return (now - before) / abs(before) if before else float("nan")
