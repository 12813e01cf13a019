"""The index a station publishes is not that of its own pollutants (HJ 633; domain 2.1).

What an hour's index is made of was not done alike everywhere before 2026: particles as the mean of the hour or of 24
hours, ozone by one hour or eight. Only what lies outside of everything that can be meant is told.
"""

from datetime import date
from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Past, Window
from lantian_alerts.knowledge.air import MICROGRAMS, O3, PM10, PM25, POLLUTANTS, Averaging, iaqi, version_of
from lantian_alerts.knowledge.limits import day_of
from lantian_alerts.rules.past import decided, unjudged

INDEX: Final = "c07701"
DAY_HOURS: Final = 24
SLIDING_LEAST: Final = 18
EIGHT_LEAST: Final = 6
DIGITS: Final = 4
SLIDING_UNTIL: Final = "HJ 633-2012"


class AqiMismatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: outside by more than a share of the nearest index that can be meant, and so many points.

    `sliding_share`: the share while particles may be means of 24 hours, of which some may not have come here.
    """

    kind: ClassVar[str] = "aqi-mismatch"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = (INDEX,)
    closing: Closing = Closing()
    share: float = 0.05
    sliding_share: float = 0.15
    points: float = 3.0

    def demands(self) -> Demand:
        """Hours of the index and of the pollutants."""
        return Demand(history=(INDEX, *POLLUTANTS))

    def screen(self, window: Window, factor: str) -> Array:
        """Who publishes an index."""
        return np.isfinite(window.values(factor)[:, 0])

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Below what a pollutant gives is wrong whatever else is missing; above only when none is missing."""
        if not isinstance(fact, SourceHourFact):
            return None
        said, bounds = fact.past.value(INDEX), _bounds(fact.past, day_of(fact.start_ms))
        if not np.isfinite(said) or not bounds:
            return unjudged(fact, "no-data")
        lowest, highest = max(low for low, _ in bounds.values()), max(high for _, high in bounds.values())
        share = self.sliding_share if version_of(day_of(fact.start_ms)) == SLIDING_UNTIL else self.share
        below = said < lowest * (1 - share) - self.points
        above = len(bounds) == len(POLLUTANTS) and said > highest * (1 + share) + self.points
        return decided(
            fact,
            site,
            breach=below or above,
            reason="understated" if below else "overstated",
            weight=lowest - said if below else said - highest,
            confidence=0.7,
            inputs={
                "said": said, "lowest": lowest, "highest": highest, "pollutants": float(len(bounds)),
                "standard": float((version_of(day_of(fact.start_ms)) or "0")[-4:]),
            },
            evidence=(INDEX, *POLLUTANTS),
            hours=DAY_HOURS,
        )  # fmt: skip


def _bounds(past: Past, day: date) -> dict[str, tuple[int, int]]:
    """By pollutant the lowest and the highest index that may be meant for the newest hour."""
    found = {}
    for code in POLLUTANTS:
        hours = past.values(code, DAY_HOURS) * MICROGRAMS.get(code, 1)
        indices = [
            index.value
            for averaging, value in _meant(code, hours, day)
            if (index := iaqi(code, averaging, round(float(value), DIGITS), day)).value is not None
        ]
        known = [value for value in indices if value is not None]
        if known:
            found[code] = (min(known), max(known))
    return found


def _meant(code: str, hours: Array, day: date) -> list[tuple[Averaging, float]]:
    now = float(hours[-1])
    if not np.isfinite(now):
        return []
    if code == O3:
        eight = hours[-8:][np.isfinite(hours[-8:])]
        ozone: list[tuple[Averaging, float]] = [("1h", now)]
        return [*ozone, ("8h", float(eight.mean()))] if len(eight) >= EIGHT_LEAST else ozone
    if code not in (PM10, PM25):
        return [("1h", now)]
    whole: list[tuple[Averaging, float]] = [("24h", now)]  # an hour's particles have the nodes of a day
    if version_of(day) != SLIDING_UNTIL:
        return whole
    known = hours[np.isfinite(hours)]
    return [*whole, ("24h", float(known.mean()))] if len(known) >= SLIDING_LEAST else []
