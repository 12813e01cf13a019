"""Share of hours of a month within the ultra-low limits (domain D02): 95 % pass, warned of before."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window, month_start_ms
from lantian_alerts.rules.past import OXYGEN, decided


class MonthShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `warn`: share below which it is told; the passing share is a matter of severity."""

    kind: ClassVar[str] = "month-share"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    warn: float = 0.97
    passing: float = 0.95
    least_hours: int = 120

    def demands(self) -> Demand:
        """The months of the judged factors."""
        return Demand(history=(OXYGEN,), deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Outlets with an ultra-low limit, and hours above it."""
        month = window.month(factor)
        found: Array = np.isfinite(window.planned(factor, "ultra")) & (month["ultra"] > 0)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The month up to the day; a new month ends the episode of the last one."""
        if not isinstance(fact, SourceDayFact):
            return None
        month, start_ms = fact.past.month(fact.factor), month_start_ms(fact.day)
        if fact.start_ms == start_ms:
            return decided(fact, site, breach=False, reason="month-over", inputs={})
        if month["valid"] < self.least_hours:
            return None
        share = 1.0 - month["ultra"] / month["valid"]
        return decided(
            fact,
            site,
            breach=share < self.warn,
            reason="below-share",
            excuses=(),
            start_ms=start_ms,
            weight=round(1.0 - share, 2),
            confidence=0.9,
            inputs={
                "share_percent": 100.0 * share,
                "passing_percent": 100.0 * self.passing,
                "hours_over": month["ultra"],
                "valid_hours": month["valid"],
                "limit": fact.past.planned(fact.factor, "ultra"),
            },
            evidence=(fact.factor, OXYGEN),
        )
