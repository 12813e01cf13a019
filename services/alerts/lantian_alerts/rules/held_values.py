"""Values stand on steps for long and then jump: a hold, a dead band, a table instead of a meter (D11)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import back_of, decided


class HeldValues(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: share of values that change, at a spread of the hours of so much of the mean."""

    kind: ClassVar[str] = "held-values"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    changing: float = 0.05
    least_values: int = 600
    spread: float = 0.05
    floors: dict[str, float] = {}

    def demands(self) -> Demand:
        """Hours of the judged factors."""
        return Demand(history=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Days with few changes among many values."""
        values, changes = window.hours(factor, "n", 26), window.hours(factor, "changes", 26)
        found: Array = (values.sum(axis=1) >= self.least_values) & (
            changes.sum(axis=1) <= self.changing * values.sum(axis=1)
        )
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Hours differ, so the value is not frozen; low values move by one step of the analyser and are left out."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        means = fact.past.values(fact.factor, 24, back)
        usable = np.isfinite(means)
        values, changes = (fact.past.hours(fact.factor, name, 24, back)[usable] for name in ("n", "changes"))
        if values.sum() < self.least_values:
            return None
        mean, spread = float(means[usable].mean()), float(means[usable].std())
        share = float(changes.sum() / values.sum())
        return decided(
            fact,
            site,
            breach=share <= self.changing and spread >= self.spread * mean and mean > self.floors.get(fact.factor, 0.0),
            reason="held",
            weight=1.0 - share,
            confidence=0.6,
            inputs={
                "values": float(values.sum()),
                "changes": float(changes.sum()),
                "day_mean": mean,
                "spread": spread,
            },
            evidence=(fact.factor,),
        )
