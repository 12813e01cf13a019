"""The outlet is cleaner than the process can make it from such an inlet (HJ 212 pattern F27)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.rules.past import back_of, decided, middle


class Removal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: outlet by inlet factor, the highest removal the process reaches, and the least inlet that tells."""

    kind: ClassVar[str] = "removal"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    outlets: dict[str, str]
    most: dict[str, float]
    closing: Closing = Closing()
    least_hours: int = 12
    least_inlet: float = 100.0

    def demands(self) -> Demand:
        """Hours before and after the treatment."""
        return Demand(history=(*self.factors, *self.outlets.values()))

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The median removal of the day's hours."""
        if not isinstance(fact, SourceDayFact):
            return None
        back, outlet = back_of(fact), self.outlets[fact.factor]
        before, after = fact.past.values(fact.factor, 24, back), fact.past.values(outlet, 24, back)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = np.where(before >= self.least_inlet, 1.0 - after / before, np.nan)
        hours = int(np.isfinite(rate).sum())
        if hours < self.least_hours:
            return None
        found, most = middle(rate), self.most[fact.factor]
        return decided(
            fact,
            site,
            breach=found > most,
            reason="too-clean",
            weight=found,
            confidence=0.5,
            inputs={
                "removal_percent": 100.0 * found,
                "most_percent": 100.0 * most,
                "inlet": middle(before),
                "outlet": middle(after),
                "hours_compared": hours,
            },
            evidence=(fact.factor, outlet),
        )
