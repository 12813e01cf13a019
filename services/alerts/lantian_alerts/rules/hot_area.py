"""A station far above its city and above its own usual range for hours (domain D26: hot or bubbling area)."""

from collections.abc import Iterator
from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.rule import Closing, Demand, Finding, Verdict
from lantian_alerts.core.stations import Station, by_city, stations
from lantian_alerts.core.together import TogetherFact, TogetherHourFact


class HotArea(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: above the city's mean by so much, and above so high a share of its own last days.

    `least_stations`: with fewer a mean says nothing of a city; `floors`: below them nobody searches.
    """

    kind: ClassVar[str] = "hot-area"
    facts: ClassVar[tuple[type, ...]] = (TogetherHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    above: float = 1.3
    share: float = 0.9
    days: int = 30
    least_hours: int = 240
    least_stations: int = 4
    floors: dict[str, float] = {}

    def demands(self) -> Demand:
        """Hours of the factors."""
        return Demand(history=self.factors)

    def depths(self) -> dict[str, int]:
        """The days a station is compared with itself."""
        return dict.fromkeys(self.factors, self.days * 24)

    def compare(self, fact: TogetherFact) -> Iterator[Finding | None]:
        """Hour by hour, city by city; the mean holds the station itself, as the ranking of the ministry does."""
        for code in self.factors:
            known = stations(fact.registry, fact.tables.names(code), fact.start_ms)
            for members in by_city(known).values():
                yield None
                yield from self._city(fact, code, members)

    def _city(self, fact: TogetherFact, code: str, members: list[Station]) -> Iterator[Finding]:
        rows = np.array([fact.tables.row(code, station.name) for station in members], np.int64)
        now = fact.tables.hours(code, 1, rows)[:, 0]
        there = np.isfinite(now)
        if there.sum() < self.least_stations:
            return
        mean = float(now[there].mean())
        ranks = np.argsort(np.argsort(-np.where(there, now, -np.inf), kind="stable"), kind="stable") + 1
        for place, station in enumerate(members):
            high = bool(there[place]) and now[place] > max(self.above * mean, self.floors.get(code, 0.0))
            if not high and station.name not in fact.held:
                continue
            past = fact.tables.hours(code, self.days * 24, rows[place : place + 1])[0]
            past = past[np.isfinite(past)]
            usual = float(np.quantile(past, self.share)) if len(past) >= self.least_hours else float("nan")
            breach = high and now[place] > usual
            yield Finding(
                source_id=station.name,
                factor=code,
                verdict=Verdict.BREACH if breach else Verdict.CLEAR if there[place] else Verdict.UNJUDGED,
                reason="hot" if breach else "normal" if there[place] else "no-data",
                start_ms=fact.start_ms,
                end_ms=fact.end_ms,
                found_ms=fact.found_ms,
                weight=round(float(now[place]) / mean, 2) if breach else 0.0,
                confidence=0.5,
                inputs={
                    "value": _digits(now[place]), "city_mean": _digits(mean), "usual_high": _digits(usual),
                    "ratio": _digits(now[place] / mean), "rank": float(ranks[place]), "stations": float(there.sum()),
                } if breach else {},
            )  # fmt: skip


def _digits(value: float) -> float:
    return float(f"{float(value):.5g}")
