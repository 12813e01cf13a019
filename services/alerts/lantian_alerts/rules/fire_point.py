"""A satellite sees fire in a township or grid unit: a lead to look for open burning (S1 §19, S3 (4); F34).

The unit sends one hour value an hour in which there was fire, none otherwise: points, the highest confidence, the
strongest point and where it lies. What is seen day after day is a furnace, a flare or a glass roof, no burning field.
"""

from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided

POINTS, SURE, POWER, LONGITUDE, LATITUDE = "f07801", "f07802", "f07803", "f07804", "f07805"
HEAT_SOURCE: Final = "heat-source"
"""A condition of the unit: a furnace, flare or the like stands in it, and fire seen from space says nothing."""


class FirePoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `sure`: percent, of the surest point; fire on `standing_days` of the last `days` is a furnace."""

    kind: ClassVar[str] = "fire-point"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = (POINTS,)
    closing: Closing = Closing()
    sure: float = 50.0
    days: int = 30
    standing_days: int = 8

    def demands(self) -> Demand:
        """Hours of what a passage says, days on which there was fire."""
        return Demand(history=(SURE, POWER, LONGITUDE, LATITUDE), deep=(POINTS,))

    def screen(self, window: Window, factor: str) -> Array:
        """Units with a sure point in the hour."""
        with np.errstate(invalid="ignore"):
            found: Array = (window.values(POINTS)[:, 0] > 0) & (window.values(SURE)[:, 0] >= self.sure)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Where the unit has a standing source of heat, by the registry or by the month before, nobody is sent."""
        if not isinstance(fact, SourceHourFact):
            return None
        past = fact.past
        points, sure, power = (past.value(code) for code in (POINTS, SURE, POWER))
        if not (points > 0 and np.isfinite(sure)):
            return None
        burnt = int(np.isfinite(past.days(POINTS, "mean", self.days)).sum())
        source = site.source(fact.start_ms)
        listed = source is not None and HEAT_SOURCE in source.outlet.conditions
        return decided(
            fact,
            site,
            breach=sure >= self.sure and burnt < self.standing_days and not listed,
            reason="fire",
            excuses=(),
            weight=points,
            confidence=sure / 100,
            inputs={
                "points": points, "surest": sure, "power": power, "longitude": past.value(LONGITUDE),
                "latitude": past.value(LATITUDE), "days_before": float(burnt),
            },
            evidence=(POINTS, SURE, POWER),
        )  # fmt: skip
