"""Data break off again and again, and each time when the value is high (domain D06, HJ 212 pattern F23)."""

from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.history import REPORTED, VALID
from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import FLOW, LOAD, VELOCITY, back_of, decided

HOURS: Final = 25  # the day, and the hour before it


class SelectiveGaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: a gap of `least_minutes` after a value of the highest hours (`quantile`) of the last days.

    A day is one finding; `closing` says how many such days, with no gap after a usual value among them, make a lead.
    Asked of outlets that send load, flow or velocity, and of gaps in which none of their `factors` is there: a single
    value that is missing was mostly taken out by whoever checks them.
    """

    kind: ClassVar[str] = "selective-gaps"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    least_minutes: int = 45
    quantile: float = 0.8
    least_hours: int = 48
    least_spread: float = 0.02

    def demands(self) -> Demand:
        """The hourly shapes of the judged factors."""
        return Demand(deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Outlets with an hour that is not valid."""
        found: Array = window.days(factor, "valid", 1)[:, 0] < window.days(factor, "due", 1)[:, 0]
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Looks at what stood before each gap of the day; chance would have it high in a fifth of the cases."""
        if not isinstance(fact, SourceDayFact):
            return None
        if not any(fact.past.has(code) for code in (LOAD, FLOW, VELOCITY)):
            return None
        shapes = fact.past.shapes(fact.factor, fact.day + 1)
        known = shapes[np.isfinite(shapes)]
        if len(known) < self.least_hours or known.std() < self.least_spread * abs(known.mean()):
            return None
        bound = float(np.quantile(known, self.quantile))
        if bound <= float(np.median(known)):
            return None
        before = self._before_gaps(fact)
        if not before:
            return None
        high = [value for value in before if value > bound]
        return decided(
            fact,
            site,
            breach=len(high) == len(before),
            reason="selective",
            weight=max(before) / bound if bound > 0 else 1.0,
            confidence=0.6,
            inputs={"gaps": len(before), "gaps_after_high": len(high), "high_above": bound, "value_before": before[0]},
            evidence=(fact.factor,),
        )

    def _before_gaps(self, fact: SourceDayFact) -> list[float]:
        """The last value before each gap of the day, NaN left out; an hour cut short by the gap has its own mean."""
        back = back_of(fact)
        bits = fact.past.hours(fact.factor, "bits", HOURS, back).astype(np.uint8)
        means, marks = (fact.past.hours(fact.factor, name, HOURS, back) for name in ("mean", "mark"))
        minutes = np.where(bits & REPORTED != 0, 60.0, fact.past.hours(fact.factor, "minutes", HOURS, back))
        whole = (bits & VALID != 0) | (marks != 0) | ~fact.past.alive(HOURS, back)
        others = [code for code in self.factors if code != fact.factor and fact.past.has(code)]
        there = [fact.past.hours(code, "bits", HOURS, back).astype(np.uint8) & VALID != 0 for code in others]
        found, place = [], 1
        while place < HOURS:
            if whole[place]:
                place += 1
                continue
            end = place
            while end < HOURS and not whole[end]:
                end += 1
            alone = any(other[place:end].any() for other in there)
            lost = float((60.0 - minutes[place:end]).sum())
            last = means[place] if minutes[place] > 0 and np.isfinite(means[place]) else means[place - 1]
            if not alone and lost >= self.least_minutes and np.isfinite(last) and marks[place - 1] == 0:
                found.append(float(last))
            place = end + 1
        return found
