"""Too few hours arrive or are valid (domain D04, D05; combined rate 90 %: autumn-winter plan F01)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import HOUR_MS, Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window, month_start_ms
from lantian_alerts.rules.past import decided


class DataRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `month`: the month so far instead of the day. Rate: received of due times valid of running hours.

    A plant that ran for fewer than `least_running` of them says nothing: one start-up hour would be half of its day.
    """

    kind: ClassVar[str] = "data-rate"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    month: bool = False
    least: float = 0.9
    least_due: int = 24
    least_running: int = 6

    def demands(self) -> Demand:
        """The days of the judged factors."""
        return Demand(deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Days with an hour missing or invalid."""
        if self.month:  # hours that stood only raise the rate above valid of due
            month = window.month(factor)
            return np.array(month["valid"] < self.least * month["due"])
        due, valid = window.days(factor, "due", 1)[:, 0], window.days(factor, "valid", 1)[:, 0]
        found: Array = valid < due
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Hours in which the operator or the device says the plant stands are not held against validity."""
        if not isinstance(fact, SourceDayFact):
            return None
        names = ("due", "received", "valid", "stopped")
        start_ms = month_start_ms(fact.day) if self.month else fact.start_ms
        if self.month:
            held = fact.past.month(fact.factor)
            counts = [int(held[name]) for name in names]
        else:
            counts = [int(fact.past.days(fact.factor, name, 1)[0]) for name in names]
        due, received, valid, stopped = counts
        if self.month and fact.start_ms == start_ms:
            return decided(fact, site, breach=False, reason="month-over", inputs={})
        if due < self.least_due:
            return None
        stopped = max(stopped, min(received - valid, _hours_marked(site, start_ms, fact.end_ms)))
        running = received - stopped
        if due - stopped < self.least_running:
            return None
        transmission = received / due
        validity = valid / running if running > 0 else 1.0
        rate = transmission * min(1.0, validity)
        return decided(
            fact,
            site,
            breach=rate < self.least,
            reason="low-rate",
            excuses=(),
            start_ms=start_ms,
            weight=round(1.0 - rate, 1),
            confidence=0.9,
            inputs={
                "rate_percent": 100.0 * rate,
                "least_percent": 100.0 * self.least,
                "transmission_percent": 100.0 * transmission,
                "valid_percent": 100.0 * min(1.0, validity),
                "hours_due": due,
                "hours_received": received,
                "hours_valid": valid,
                "hours_stopped": stopped,
            },
        )


def _hours_marked(site: Site, start_ms: int, end_ms: int) -> int:
    """Hours of the period that a mark says the plant stood."""
    spans = [
        (max(start_ms, mark.start_ms), min(end_ms, mark.end_ms or end_ms))
        for mark in site.marks(start_ms, end_ms)
        if mark.kind == "stopped"
    ]
    return sum(max(0, end - start) for start, end in spans) // HOUR_MS
