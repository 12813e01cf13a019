"""The converted value sent does not follow from value, oxygen and reference (domain D13, F05)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.knowledge.validity import AIR_O2
from lantian_alerts.rules.past import DAY_CLOSES_AFTER, OXYGEN, back_of, decided, middle


class ConversionMismatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: so many hours deviate by more than a share and an amount."""

    kind: ClassVar[str] = "conversion-mismatch"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    share: float = 0.02
    amount: float = 0.5
    least_hours: int = 6
    oxygen_below: float = 19.5

    def demands(self) -> Demand:
        """Hours of the judged factors and of oxygen."""
        return Demand(history=(*self.factors, OXYGEN))

    def screen(self, window: Window, factor: str) -> Array:
        """Outlets whose limit is converted, with enough hours that deviate."""
        converted = window.planned(factor, "limit_o2") > 0
        if not converted.any():
            return converted
        hours = 24 + DAY_CLOSES_AFTER
        sent, computed = window.hours(factor, "zs", hours), window.values(factor, hours)
        reference, oxygen = window.planned(factor, "limit_o2")[:, None], window.values(OXYGEN, hours)
        with np.errstate(invalid="ignore", divide="ignore"):
            away = np.abs(sent - computed * (AIR_O2 - reference) / (AIR_O2 - oxygen)) > self.amount
        found: Array = converted & (away.sum(axis=1) >= self.least_hours)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Recomputes each hour; tells the reference oxygen that the sent values would follow from."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        mean, oxygen = fact.past.values(fact.factor, 24, back), fact.past.values(OXYGEN, 24, back)
        sent, reference = fact.past.hours(fact.factor, "zs", 24, back), fact.past.planned(fact.factor, "limit_o2")
        with np.errstate(invalid="ignore", divide="ignore"):
            usable = np.isfinite(mean) & np.isfinite(sent) & (oxygen < self.oxygen_below) & (mean > 0)
            computed = mean * (AIR_O2 - reference) / (AIR_O2 - oxygen)
            away = np.abs(sent - computed)
            wrong = usable & (away > self.share * np.abs(computed)) & (away > self.amount)
            implied = AIR_O2 - sent / mean * (AIR_O2 - oxygen)
            ratio = sent / computed
        if usable.sum() < self.least_hours:
            return None
        typical = middle(np.where(wrong, ratio, np.nan))
        return decided(
            fact,
            site,
            breach=int(wrong.sum()) >= self.least_hours,
            reason="mismatch",
            weight=abs(1.0 - typical) if np.isfinite(typical) else 0.0,
            confidence=0.8,
            inputs={
                "hours_wrong": int(wrong.sum()),
                "hours_compared": int(usable.sum()),
                "sent_over_computed": typical,
                "implied_reference_oxygen": middle(np.where(wrong, implied, np.nan)),
                "reference_oxygen_percent": reference,
            },
            evidence=(fact.factor, OXYGEN),
        )
