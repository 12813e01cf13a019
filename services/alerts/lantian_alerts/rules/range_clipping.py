"""The highest value of many hours is the same number: the signal is cut off (domain D03, F20)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import back_of, decided


class RangeClipping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: so many hours of a day with the same highest raw value, above a floor, moving below it."""

    kind: ClassVar[str] = "range-clipping"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    least_hours: int = 6
    least_values: int = 6
    floors: dict[str, float] = {}

    def demands(self) -> Demand:
        """Hours of the judged factors."""
        return Demand(history=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Days on which the highest value returns often enough."""
        high = window.hours(factor, "high", 26)
        top = np.where(np.isfinite(high), high, -np.inf).max(axis=1)
        found: Array = (high == top[:, None]).sum(axis=1) >= self.least_hours
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Hours that move below the ceiling; a frozen value has no spread and is another rule's."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        high, spread = (fact.past.hours(fact.factor, name, 24, back) for name in ("high", "spread"))
        usable = np.isfinite(fact.past.values(fact.factor, 24, back)) & np.isfinite(high)
        usable &= fact.past.hours(fact.factor, "n", 24, back) >= self.least_values
        if usable.sum() < self.least_hours:
            return None
        top = float(high[usable].max())
        cut = usable & (high == top) & (spread > 0.005 * abs(top))
        return decided(
            fact,
            site,
            breach=int(cut.sum()) >= self.least_hours and top > self.floors.get(fact.factor, 0.0),
            reason="clipped",
            weight=float(cut.sum()),
            confidence=0.7,
            inputs={"ceiling": top, "hours_at_ceiling": int(cut.sum()), "hours_compared": int(usable.sum())},
            evidence=(fact.factor,),
        )
