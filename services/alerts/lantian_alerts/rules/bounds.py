"""Values that the gas can not have: below zero beyond drift, or beyond what physics allows (F33, F07)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided, unjudged


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: lowest and highest possible hour mean by factor."""

    kind: ClassVar[str] = "bounds"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    bounds: dict[str, tuple[float, float]]
    closing: Closing = Closing()

    def demands(self) -> Demand:
        """Hours of the bounded factors."""
        return Demand(history=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Hours beyond a bound."""
        low, high = self.bounds[factor]
        values = window.values(factor)[:, 0]
        with np.errstate(invalid="ignore"):
            found: Array = (values < low) | (values > high)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The valid, unmarked hour mean."""
        if not isinstance(fact, SourceHourFact):
            return None
        value, (low, high) = fact.past.value(fact.factor), self.bounds[fact.factor]
        if not np.isfinite(value):
            return unjudged(fact, "no-data")
        return decided(
            fact,
            site,
            breach=not low <= value <= high,
            reason="beyond",
            weight=max(low - value, value - high),
            confidence=0.8,
            inputs={"value": value, "lowest": low, "highest": high},
            evidence=(fact.factor,),
            hours=6,
        )
