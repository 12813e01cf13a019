"""Hours crowd just below the limit and none is above (domain D03, HJ 212 pattern F04)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import OXYGEN, decided


class NearLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: so large a share of the hours of so many days at 95 to 100 % of the limit."""

    kind: ClassVar[str] = "near-limit"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    days: int = 30
    least_hours: int = 240
    share: float = 0.3
    over: int = 0

    def demands(self) -> Demand:
        """The days of the judged factors."""
        return Demand(history=(OXYGEN,), deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Outlets with many such hours."""
        found: Array = window.days(factor, "near", self.days).sum(axis=1) >= self.share * self.least_hours
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Counts of the days; a plant that is well controlled looks alike, so this is a sign only."""
        if not isinstance(fact, SourceDayFact):
            return None
        near, over, valid = (
            int(fact.past.days(fact.factor, name, self.days).sum()) for name in ("near", "over", "valid")
        )
        if valid < self.least_hours:
            return None
        return decided(
            fact,
            site,
            breach=near >= self.share * valid and over <= self.over,
            reason="crowded",
            excuses=(),
            weight=round(near / valid, 1),
            confidence=0.5,
            start_ms=fact.end_ms - self.days * 86_400_000,
            inputs={
                "share_percent": 100.0 * near / valid,
                "hours_near": near,
                "hours_over": over,
                "valid_hours": valid,
                "limit": fact.past.planned(fact.factor, "limit"),
            },
            evidence=(fact.factor,),
        )
