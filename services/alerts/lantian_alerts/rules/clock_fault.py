"""The clock of a feed is wrong: its data come, but bear another time (HJ 212 pattern F25)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.layout import HOUR_MS, Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided


class ClockFault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: hours by which times are off."""

    kind: ClassVar[str] = "clock-fault"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = ("",)
    closing: Closing = Closing()
    least_hours: float = 0.15

    def screen(self, window: Window, factor: str) -> Array:
        """Sources that sent such data in the last two hours."""
        found: Array = window.source("skew_received") > (window.hour - 1) * HOUR_MS
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Back-fill beside data of now is no fault; data of another time without any of now are."""
        if not isinstance(fact, SourceHourFact):
            return None
        received, skew = fact.past.source("skew_received"), fact.past.source("skew_ms")
        recent = received > fact.start_ms
        alone = skew < 0 or fact.past.source("last_received") < fact.start_ms
        return decided(
            fact,
            site,
            breach=recent and alone and abs(skew) >= self.least_hours * HOUR_MS,
            reason="clock",
            excuses=(),
            weight=abs(skew) / HOUR_MS,
            confidence=0.9,
            inputs={"hours_off": -skew / HOUR_MS},
        )
