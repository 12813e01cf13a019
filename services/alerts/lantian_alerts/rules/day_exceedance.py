"""A Beijing day's mean above a limit that is set for days (waste incineration: GB 18485, MEE Order 10 of 2020)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.flags import Mark
from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, ReportedDayFact, SourceDayFact, Verdict
from lantian_alerts.core.views import limit_view, mark_view
from lantian_alerts.core.window import Window
from lantian_alerts.core.wording import FLAGS
from lantian_alerts.knowledge.validity import held_against
from lantian_alerts.rules.past import OXYGEN, back_of, decided, unjudged


class DayExceedance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. A day is valid with so many valid hours (HJ 75-2017: 20)."""

    kind: ClassVar[str] = "day-exceedance"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact, ReportedDayFact)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    least_hours: int = 20

    def demands(self) -> Demand:
        """Hours of the judged factors and of oxygen."""
        return Demand(history=(*self.factors, OXYGEN))

    def screen(self, window: Window, factor: str) -> Array:
        """Sources with a limit for days."""
        return np.isfinite(window.planned(factor, "day"))

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The mean of the valid hours; hours with a mark are left out by validity, so marks do not excuse the rest."""
        if isinstance(fact, ReportedDayFact):
            return self._reported(fact, site)
        if not isinstance(fact, SourceDayFact):
            return None
        limits = site.limits(fact.factor, fact.start_ms, "day")
        if not limits:
            return None
        values = fact.past.judged(fact.factor, 24, back_of(fact), "day")
        valid = int(np.isfinite(values).sum())
        if valid == 0:
            return None
        if valid < self.least_hours:
            return unjudged(fact, "incomplete-day")
        limit = min(limits, key=lambda one: (one.value, one.limit_id))
        mean = float(np.nanmean(values))
        ratio = mean / limit.value
        return decided(
            fact,
            site,
            breach=ratio > 1.0,
            reason="exceeding",
            excuses=(),
            weight=ratio,
            confidence=0.95,
            limit=limit_view(limit),
            inputs={"day_mean": mean, "limit": limit.value, "ratio": ratio, "valid_hours": valid},
            evidence=(fact.factor, OXYGEN),
        )

    def _reported(self, fact: ReportedDayFact, site: Site) -> Finding | None:
        """The device's own day mean; where its hours exceed as well, both make one episode."""
        limits = site.limits(fact.factor, fact.start_ms, "day")
        if fact.factor not in self.factors or not limits:
            return None
        limit = min(limits, key=lambda one: (one.value, one.limit_id))
        value = held_against(limit.reference_oxygen_percent, fact.measured, fact.converted, fact.oxygen)
        ratio = value / limit.value if isinstance(value, float) else 0.0
        if fact.mark != Mark.NORMAL:
            verdict, reason = Verdict.SUPPRESSED, f"flag-{FLAGS[Mark(fact.mark)]}"
        elif isinstance(value, str):
            verdict, reason = Verdict.UNJUDGED, value
        elif ratio <= 1.0:
            verdict, reason = Verdict.CLEAR, "normal"
        else:
            verdict, reason = Verdict.BREACH, "retrospective" if fact.late else "exceeding"
        breach = verdict is Verdict.BREACH
        inputs = {"day_mean": value, "limit": limit.value, "ratio": ratio, "reported_by_device": 1.0}
        return Finding(
            source_id=fact.source_id,
            factor=fact.factor,
            verdict=verdict,
            reason=reason,
            start_ms=fact.start_ms,
            end_ms=fact.end_ms,
            found_ms=fact.found_ms,
            retrospective=fact.late,
            weight=ratio,
            confidence=0.95,
            inputs={name: one for name, one in inputs.items() if isinstance(one, float)} if breach else {},
            limit=limit_view(limit) if breach else None,
            marks=tuple(mark_view(mark) for mark in site.marks(fact.start_ms, fact.end_ms)),
            samples=fact.samples if breach else (),
            frames=fact.frames if breach else (),
        )
