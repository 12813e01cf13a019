"""A signal stands above or below what is allowed: an open damper, a cold furnace, a flare gone out (domain D21)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided, unjudged


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: highest and lowest allowed hour mean by factor; `when`: other factors that have to reach a mean."""

    kind: ClassVar[str] = "level"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    most: dict[str, float] = {}
    least: dict[str, float] = {}
    when: dict[str, float] = {}
    closing: Closing = Closing()
    confidence: float = 0.7

    def demands(self) -> Demand:
        """Hours of the judged factors and of those that have to be there."""
        return Demand(history=(*self.factors, *self.when))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours beyond."""
        value = window.values(factor)[:, 0]
        with np.errstate(invalid="ignore"):
            found: Array = (value > self.most.get(factor, np.inf)) | (value < self.least.get(factor, -np.inf))
            for code, reached in self.when.items():
                found = found & (window.values(code)[:, 0] >= reached)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The hour mean; while the plant is marked as stopped or in repair it proves nothing."""
        if not isinstance(fact, SourceHourFact):
            return None
        value = fact.past.value(fact.factor)
        others = {code: fact.past.value(code) for code in self.when}
        if not np.isfinite([value, *others.values()]).all():
            return unjudged(fact, "no-data")
        most, least = self.most.get(fact.factor, np.inf), self.least.get(fact.factor, -np.inf)
        there = all(others[code] >= reached for code, reached in self.when.items())
        high = value > most
        return decided(
            fact,
            site,
            breach=there and (high or value < least),
            reason="above" if high else "below",
            weight=value if np.isfinite(most) else least - value,
            confidence=self.confidence,
            inputs={"value": value, "allowed": most if np.isfinite(most) else least} | others,
            evidence=(fact.factor, *self.when),
            hours=12,
        )
