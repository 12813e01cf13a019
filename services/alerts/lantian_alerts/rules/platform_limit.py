"""A platform alarms by a laxer limit than the law sets: exceedances go unnoticed (domain D22)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.views import limit_view
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import OXYGEN, decided


class PlatformLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: how much laxer counts."""

    kind: ClassVar[str] = "platform-limit"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    tolerance: float = 0.001

    def demands(self) -> Demand:
        """The days of the judged factors."""
        return Demand(history=(OXYGEN,), deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Outlets with a limit in law, and one of a platform."""
        found: Array = np.isfinite(window.planned(factor, "limit")) & window.registered("platform")
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Every platform limit against the strictest one in force."""
        if not isinstance(fact, SourceDayFact):
            return None
        platform = site.platform_limits(fact.factor, fact.start_ms)
        limits = site.limits(fact.factor, fact.start_ms)
        if not platform or not limits or not fact.past.days(fact.factor, "received", 1)[0]:
            return None
        reference = platform[0].reference_oxygen_percent
        alike = [one for one in limits if one.reference_oxygen_percent == reference] or limits
        strictest = min(alike, key=lambda one: (one.value, one.limit_id))
        laxest = max(one.value for one in platform)
        over = int(fact.past.days(fact.factor, "over", 1)[0])
        return decided(
            fact,
            site,
            breach=laxest > strictest.value * (1.0 + self.tolerance),
            reason="laxer",
            excuses=(),
            weight=float(over),
            confidence=0.9,
            limit=limit_view(strictest),
            inputs={"platform_limit": laxest, "limit": strictest.value, "hours_over_today": over},
            evidence=(fact.factor,),
        )
