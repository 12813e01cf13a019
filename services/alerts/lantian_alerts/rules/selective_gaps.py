"""Data break off again and again, and mostly when the value is high (domain D06, HJ 212 pattern F23)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided


class SelectiveGaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: so many gaps in a week of days, so large a share of them after values of the highest quarter."""

    kind: ClassVar[str] = "selective-gaps"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    gaps: int = 4
    high_share: float = 0.75
    quantile: float = 0.75

    def demands(self) -> Demand:
        """The hourly shapes of the judged factors."""
        return Demand(deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Outlets that miss hours today, with hours missing on other days."""
        missing = window.days(factor, "due", 7) - window.days(factor, "received", 7)
        found: Array = (missing[:, -1] > 0) & ((missing > 0).sum(axis=1) >= 3)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Looks at what stood before each gap in the shapes of the last days; chance gives a quarter."""
        if not isinstance(fact, SourceDayFact):
            return None
        shapes = fact.past.shapes(fact.factor, fact.day + 1)
        known = shapes[np.isfinite(shapes)]
        if len(known) < 48:
            return None
        bound = np.quantile(known, self.quantile)
        before, after = shapes[:, :-1], shapes[:, 1:]
        starts = np.isfinite(before) & np.isnan(after)
        count, high = int(starts.sum()), int((starts & (before >= bound)).sum())
        return decided(
            fact,
            site,
            breach=count >= self.gaps and high >= self.high_share * count,
            reason="selective",
            weight=1.0,
            confidence=0.6,
            start_ms=fact.end_ms - 7 * 86_400_000,
            inputs={"gaps": count, "gaps_after_high": high, "high_above": float(bound)},
            evidence=(fact.factor,),
        )
