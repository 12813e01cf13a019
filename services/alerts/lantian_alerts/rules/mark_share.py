"""More hours are marked as fault, maintenance or calibration than a plant needs (domain D16)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window, month_start_ms
from lantian_alerts.rules.past import decided


class MarkShare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: hours of the Beijing month, and their share of what was received."""

    kind: ClassVar[str] = "mark-share"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    hours: int = 30
    share: float = 0.1

    def demands(self) -> Demand:
        """The months of the judged factors."""
        return Demand(deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Months with so many hours."""
        found: Array = window.month(factor)["flagged"] > self.hours
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The month up to the day; a new month ends the episode of the last one."""
        if not isinstance(fact, SourceDayFact):
            return None
        start_ms, month = month_start_ms(fact.day), fact.past.month(fact.factor)
        if fact.start_ms == start_ms:
            return decided(fact, site, breach=False, reason="month-over", inputs={})
        share = month["flagged"] / max(1, month["received"])
        return decided(
            fact,
            site,
            breach=month["flagged"] > self.hours and share > self.share,
            reason="overused",
            excuses=(),
            start_ms=start_ms,
            weight=float(month["flagged"] // 24),
            confidence=0.7,
            inputs={"hours_marked": month["flagged"], "allowed_hours": self.hours, "share_percent": 100.0 * share},
        )
