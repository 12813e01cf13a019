"""A signal stands above what is allowed: an open damper, an open valve (domain D21)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided, unjudged


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: highest allowed hour mean by factor."""

    kind: ClassVar[str] = "level"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    most: dict[str, float]
    closing: Closing = Closing()
    confidence: float = 0.7

    def demands(self) -> Demand:
        """Hours of the judged factors."""
        return Demand(history=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Hours above."""
        with np.errstate(invalid="ignore"):
            found: Array = window.values(factor)[:, 0] > self.most[factor]
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The hour mean; while the plant is marked as stopped or in repair a damper may stand open."""
        if not isinstance(fact, SourceHourFact):
            return None
        value = fact.past.value(fact.factor)
        if not np.isfinite(value):
            return unjudged(fact, "no-data")
        return decided(
            fact,
            site,
            breach=value > self.most[fact.factor],
            reason="above",
            weight=value,
            confidence=self.confidence,
            inputs={"value": value, "allowed": self.most[fact.factor]},
            evidence=(fact.factor,),
            hours=12,
        )
