"""A city's dustfall of a month above what the campaign's plan allows (S1 §18, S3 (4); HJ 1221-2021; F25).

A result of the laboratory comes as one hour value of the point, in t/km² a month of 30 days, in the hour in which it is
handed in. On one day of the month the city's mean of what came since the first is judged; it is about the month before.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.rule import Closing, Demand, Finding, Verdict
from lantian_alerts.core.stations import Station, by_city, stations
from lantian_alerts.core.together import TogetherDayFact, TogetherFact
from lantian_alerts.knowledge.law import dustfall_allowed
from lantian_alerts.knowledge.limits import day_of

CHINA: Final = timezone(timedelta(hours=8))
DAY_MS: Final = 86_400_000
MIDDLE_DAYS: Final = 15
"""So many days before the first of a month lies the middle of the month that is judged."""


class Dustfall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `judged_on`: day of the month; `pointer`: the last plan's number, where no plan is in force."""

    kind: ClassVar[str] = "dustfall"
    facts: ClassVar[tuple[type, ...]] = (TogetherDayFact,)

    factors: tuple[str, ...] = ("a34011",)
    closing: Closing = Closing()
    judged_on: int = 12
    pointer: float = 7.0
    least_points: int = 2

    def demands(self) -> Demand:
        """Hours of the factor."""
        return Demand(history=self.factors)

    def depths(self) -> dict[str, int]:
        """From the first of the month to the day it is judged."""
        return dict.fromkeys(self.factors, self.judged_on * 24)

    def compare(self, fact: TogetherFact) -> Iterator[Finding | None]:
        """Once a month, city by city."""
        today = datetime.fromtimestamp(fact.start_ms / 1000, UTC).astimezone(CHINA)
        if today.day != self.judged_on:
            return
        first_ms = fact.start_ms - (self.judged_on - 1) * DAY_MS
        for code in self.factors:
            known = stations(fact.registry, fact.tables.names(code), fact.start_ms)
            for members in by_city(known).values():
                yield None
                finding = self._city(fact, code, members, first_ms)
                if finding is not None:
                    yield finding

    def _city(self, fact: TogetherFact, code: str, members: list[Station], first_ms: int) -> Finding | None:
        results = {one: _last(fact.tables.series(code, one.name, self.judged_on * 24)) for one in members}
        results = {one: value for one, value in results.items() if np.isfinite(value)}
        if len(results) < self.least_points:
            return None
        mean = float(np.mean(list(results.values())))
        month = day_of(first_ms - MIDDLE_DAYS * DAY_MS)
        written = dustfall_allowed(members[0].division, month)
        allowed = self.pointer if written is None else written
        worst = sorted(results, key=lambda one: (-results[one], one.name))
        breach = mean > allowed
        return Finding(
            source_id=worst[0].name,
            factor=code,
            verdict=Verdict.BREACH if breach else Verdict.CLEAR,
            reason="dusty" if breach else "normal",
            start_ms=fact.start_ms,
            end_ms=fact.end_ms,
            found_ms=fact.found_ms,
            weight=1.0 if breach and written is not None else 0.0,
            confidence=0.8,
            inputs={
                "city_mean": round(mean, 2), "allowed": allowed, "points": float(len(results)),
                "points_over": float(sum(value > allowed for value in results.values())),
                "value": round(results[worst[0]], 2), "planned": float(written is not None),
                "year": float(month.year), "month": float(month.month),
            } if breach else {},
            others=tuple(one.name for one in worst[1:] if results[one] > allowed) if breach else (),
        )  # fmt: skip


def _last(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")
