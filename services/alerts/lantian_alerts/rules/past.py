"""What slow rules have in common: marks that excuse, findings that carry their evidence."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from lantian_alerts.core.layout import HOUR_MS, Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import (
    Finding,
    LimitView,
    OddHourFact,
    SourceDayFact,
    SourceHourFact,
    SourceMonthFact,
    Verdict,
)
from lantian_alerts.core.views import mark_view
from lantian_alerts.core.window import day_of_hour

STATES: Final = ("stopped", "start-up", "shutdown", "fault", "calibration", "maintenance")
"""Marks in which values are no sign of anything."""

OXYGEN, TEMPERATURE, HUMIDITY, FLOW, VELOCITY = "a19001", "a01012", "a01014", "a00000", "a01011"
DIGITS: Final = 6  # the history holds single precision
DAY_CLOSES_AFTER: Final = 2
"""Hours that have closed after a day when its rules are asked."""
PRESSURE, AREA, LOAD = "a01013", "a01016", "i33400"

PastFact = SourceHourFact | SourceDayFact | SourceMonthFact


def decided(
    fact: PastFact,
    site: Site,
    *,
    breach: bool,
    reason: str,
    inputs: Mapping[str, float],
    excuses: Sequence[str] = STATES,
    weight: float = 0.0,
    confidence: float = 0.6,
    limit: LimitView | None = None,
    evidence: Sequence[str] = (),
    hours: int = 24,
    start_ms: int | None = None,
) -> Finding:
    """CLEAR, or BREACH with hour means of the `evidence` factors, or SUPPRESSED by a mark that touches the period."""
    start = fact.start_ms if start_ms is None else start_ms
    marks = site.marks(start, fact.end_ms) if breach else []
    excuse = next((mark.kind for mark in marks if mark.kind in excuses), None)
    verdict = Verdict.CLEAR if not breach else Verdict.BREACH if excuse is None else Verdict.SUPPRESSED
    told = {name: float(f"{value:.{DIGITS}g}") for name, value in inputs.items() if np.isfinite(value)}
    back = fact.past.hour + 1 - fact.end_ms // HOUR_MS
    return Finding(
        source_id=fact.source_id,
        factor=fact.factor,
        verdict=verdict,
        reason="normal" if not breach else f"mark-{excuse}" if excuse else "retrospective" if fact.late else reason,
        start_ms=start,
        end_ms=fact.end_ms,
        found_ms=fact.found_ms,
        retrospective=fact.late,
        weight=weight,
        confidence=confidence,
        inputs=told,
        limit=limit if verdict is Verdict.BREACH else None,
        marks=tuple(mark_view(mark) for mark in marks),
        samples=fact.past.samples(evidence, hours, fact.found_ms, back) if verdict is Verdict.BREACH else (),
        frames=fact.frames if verdict is Verdict.BREACH else (),
    )


def odd_finding(
    fact: OddHourFact, site: Site, verdict: Verdict, reason: str, weight: float, inputs: Mapping[str, float]
) -> Finding:
    """A finding about one reported hour; a mark of the registry that touches the hour excuses it."""
    marks = site.marks(fact.start_ms, fact.end_ms)
    excuse = next((mark.kind for mark in marks if mark.kind in STATES), None)
    if verdict is Verdict.BREACH and excuse is not None:
        verdict, reason = Verdict.SUPPRESSED, f"mark-{excuse}"
    breach = verdict is Verdict.BREACH
    return Finding(
        source_id=fact.source_id,
        factor=fact.factor,
        verdict=verdict,
        reason="retrospective" if breach and fact.late else reason,
        start_ms=fact.start_ms,
        end_ms=fact.end_ms,
        found_ms=fact.found_ms,
        retrospective=fact.late,
        weight=weight,
        confidence=0.6,
        inputs=dict(inputs),
        marks=tuple(mark_view(mark) for mark in marks),
        samples=fact.samples if breach else (),
        frames=fact.frames if breach else (),
    )


def unjudged(fact: PastFact, reason: str) -> Finding:
    """Nothing can be said of the period."""
    return Finding(
        source_id=fact.source_id,
        factor=fact.factor,
        verdict=Verdict.UNJUDGED,
        reason=reason,
        start_ms=fact.start_ms,
        end_ms=fact.end_ms,
        found_ms=fact.found_ms,
        retrospective=fact.late,
    )


def back_of(fact: PastFact) -> int:
    """How many of the newest hours lie after the fact's period."""
    return int(fact.past.hour + 1 - fact.end_ms // HOUR_MS)


def middle(values: Array) -> float:
    """The median of what is there, NaN for nothing."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")


def usual(fact: PastFact, code: str) -> float:
    """The median hour of the days kept before the fact's day, at least three of them; NaN otherwise."""
    return fact.past.usual(code, day_of_hour(fact.start_ms // HOUR_MS))


def of_usual(value: float, typical: float) -> float:
    """A value as a share of what is usual; NaN where nothing is, or nought: a meter that stands still."""
    return value / typical if typical > 0 else float("nan")
