"""Minutes far above the limit in an hour whose mean is not (domain 1.1: values below an hour only warn)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.knowledge.validity import AIR_O2, GUARD_O2
from lantian_alerts.rules.past import OXYGEN, decided


class SpotExceedance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `ratio`: highest raw value of the hour over the limit."""

    kind: ClassVar[str] = "spot-exceedance"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    ratio: float = 2.0

    def demands(self) -> Demand:
        """Hours of the judged factors and of oxygen."""
        return Demand(history=(*self.factors, OXYGEN))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours with a value so high."""
        with np.errstate(invalid="ignore"):
            found: Array = self._spots(window, factor) > self.ratio * window.planned(factor, "limit")
        return found

    @staticmethod
    def _spots(window: Window, factor: str) -> Array:
        """The highest value, converted with the oxygen of the hour."""
        reference, oxygen = window.planned(factor, "limit_o2"), window.values(OXYGEN)[:, 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            factor_of = np.where(reference > 0, (AIR_O2 - reference) / (AIR_O2 - oxygen), 1.0)
            converted = np.where((reference > 0) & (oxygen >= GUARD_O2), np.nan, factor_of)
        valid = np.isfinite(window.values(factor)[:, 0])
        found: Array = np.where(valid, window.hours(factor, "high")[:, 0] * converted, np.nan)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """An hour above its limit is the business of the hour rule."""
        if not isinstance(fact, SourceHourFact):
            return None
        spot = float(self._spots(fact.past.window, fact.factor)[fact.past.index])
        limit, mean = fact.past.planned(fact.factor, "limit"), float(fact.past.judged(fact.factor)[0])
        if not np.isfinite([spot, limit, mean]).all():
            return None
        return decided(
            fact,
            site,
            breach=spot > self.ratio * limit and mean <= limit,
            reason="spot",
            weight=spot / limit,
            confidence=0.5,
            inputs={"highest": spot, "hour_mean": mean, "limit": limit, "ratio": spot / limit},
            evidence=(fact.factor, OXYGEN),
            hours=6,
        )
