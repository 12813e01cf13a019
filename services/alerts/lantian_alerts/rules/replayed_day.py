"""A day repeats the hours of an earlier one (domain D09, HJ 212 patterns F11, F12)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import back_of, decided


class ReplayedDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: how alike, in how many hours, and how much the day must move to tell.

    `levels`: so many different values at least: near the limit of detection two or three make up every day.
    """

    kind: ClassVar[str] = "replayed-day"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    correlation: float = 0.999
    difference: float = 0.004
    least_hours: int = 20
    moving: float = 0.03
    levels: int = 8

    def demands(self) -> Demand:
        """The shapes of the judged factors."""
        return Demand(deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Days that move and have a shape near in mean to an earlier one."""
        day, spread = window.days(factor, "mean", 1)[:, 0], window.days(factor, "spread", 1)[:, 0]
        before = window.shapes(factor, window.day)
        known = np.isfinite(before)
        means = np.where(known, before, 0.0).sum(axis=2) / np.maximum(known.sum(axis=2), 1)
        with np.errstate(invalid="ignore"):
            near = (np.abs(means - day[:, None]) <= 0.02 * np.abs(day)[:, None]) & known.any(axis=2)
            found: Array = near.any(axis=1) & (spread >= self.moving * np.abs(day))
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Hour by hour at the same time of day; the history holds these to one part in two thousand."""
        if not isinstance(fact, SourceDayFact):
            return None
        own = fact.past.values(fact.factor, 24, back_of(fact))
        mean = float(np.nanmean(own)) if np.isfinite(own).any() else float("nan")
        best, best_day, away = 0.0, -1, float("nan")
        different = len(np.unique(own[np.isfinite(own)]))
        moves = different >= self.levels and np.nanstd(own) >= self.moving * abs(mean)
        if np.isfinite(own).sum() >= self.least_hours and moves:
            days = fact.past.shape_days(fact.factor)
            for shape, day in zip(fact.past.shapes(fact.factor, fact.day), days.tolist(), strict=True):
                common = np.isfinite(shape) & np.isfinite(own)
                if common.sum() < self.least_hours or shape[common].std() == 0:
                    continue
                alike = float(np.corrcoef(own[common], shape[common])[0, 1])
                apart = float(np.abs(own[common] - shape[common]).mean() / abs(mean))
                if apart <= self.difference and alike > best:
                    best, best_day, away = alike, day, apart
        return decided(
            fact,
            site,
            breach=best >= self.correlation,
            reason="replayed",
            weight=best,
            confidence=0.9,
            inputs={"correlation": best, "days_before": float(fact.day - best_day), "difference_percent": 100.0 * away},
            evidence=(fact.factor,),
        )
