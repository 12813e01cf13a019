"""More goes on under an emergency response than the measure allows (domain D24, 5.2)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import HOUR_MS, Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import FLOW, LOAD, back_of, decided, usual


class ResponseLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: what the measure allows plus a margin, in flow, load or power of the day."""

    kind: ClassVar[str] = "response-limit"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...] = (FLOW, LOAD)
    closing: Closing = Closing()
    margin: float = 0.1
    least_hours: int = 12

    def demands(self) -> Demand:
        """Shapes of what shows production."""
        return Demand(deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Sources that ever had a duty."""
        return window.registered("response")

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Hours under the measure against the usual hour of the days before it."""
        if not isinstance(fact, SourceDayFact):
            return None
        duties = [one for one in site.responses(fact.start_ms, fact.end_ms) if one.measure == "limit"]
        if not duties:
            return None
        starts = np.arange(24) * HOUR_MS + fact.start_ms
        under = np.zeros(24, bool)
        for duty in duties:
            under |= (starts >= duty.start_ms) & ((duty.end_ms == 0) | (starts + HOUR_MS <= duty.end_ms))
        values = fact.past.values(fact.factor, 24, back_of(fact))
        known, typical = under & np.isfinite(values), usual(fact, fact.factor)
        if known.sum() < self.least_hours or not np.isfinite(typical) or typical <= 0:
            return None
        share, allowed = float(values[known].mean()) / typical, min(one.allowed_share for one in duties)
        return decided(
            fact,
            site,
            breach=share > allowed + self.margin,
            reason="above-share",
            excuses=(),
            weight=share,
            confidence=0.6,
            inputs={
                "share_percent": 100.0 * share,
                "allowed_percent": 100.0 * allowed,
                "mean": float(values[known].mean()),
                "usual": typical,
                "hours_compared": int(known.sum()),
            },
            evidence=(fact.factor,),
        )
