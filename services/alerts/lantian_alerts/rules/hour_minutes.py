"""The hour means sent are not the means of their minutes (HJ 212 pattern F14)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.history import DRIFT
from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import back_of, decided


class HourMinutes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: so many hours deviate by so many percent, all to the same side."""

    kind: ClassVar[str] = "hour-minutes"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    percent: float = 3.0
    least_hours: int = 4
    floor: float = 1.0

    def demands(self) -> Demand:
        """Hours of the judged factors."""
        return Demand(history=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Days with such hours at all."""
        found: Array = (np.abs(window.hours(factor, "drift", 26)) >= 2.0 * self.percent).sum(axis=1) >= self.least_hours
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Only hours with both, valid minutes and a reported mean, are compared."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        compared = fact.past.hours(fact.factor, "bits", 24, back).astype(np.uint8) & DRIFT != 0
        drift = fact.past.hours(fact.factor, "drift", 24, back) / 2.0
        with np.errstate(invalid="ignore"):
            compared &= np.abs(fact.past.values(fact.factor, 24, back)) > self.floor
        higher, lower = compared & (drift >= self.percent), compared & (drift <= -self.percent)
        count = max(int(higher.sum()), int(lower.sum()))
        if int(compared.sum()) < self.least_hours:
            return None
        told = drift[higher if higher.sum() >= lower.sum() else lower]
        return decided(
            fact,
            site,
            breach=count >= self.least_hours,
            reason="disagree",
            weight=float(np.abs(told).mean()) if len(told) else 0.0,
            confidence=0.7,
            inputs={
                "hours_wrong": count,
                "hours_compared": int(compared.sum()),
                "minutes_over_hour_percent": float(told.mean()) if len(told) else 0.0,
            },
            evidence=(fact.factor,),
        )
