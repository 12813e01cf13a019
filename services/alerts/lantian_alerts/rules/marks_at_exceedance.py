"""Maintenance, calibration or fault is marked just when the limit is reached (D16, D18, F18, F24)."""

from typing import ClassVar, Final, Literal

import msgspec
import numpy as np

from lantian_alerts.core.layout import HOUR_MS, Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.knowledge.validity import AIR_O2, GUARD_O2
from lantian_alerts.rules.past import OXYGEN, decided, middle

STATED: Final = ("fault", "maintenance", "calibration")
LOOK_BACK: Final = 26


class MarksAtExceedance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: marks by their number in `flags.Mark`; `near`: value over limit just before the mark,
    `above_usual`: and over the median of the day before: where values always cling to the limit a mark means nothing.

    Two ways: the `device` itself marks when a value has come near the limit; or the operator has `stated` afterwards
    that hours above it were a fault (`over`: so many of them at least).
    """

    kind: ClassVar[str] = "marks-at-exceedance"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    by: Literal["device", "stated"] = "device"
    marks: tuple[int, ...] = (3, 5, 6)
    near: float = 0.9
    above_usual: float = 1.15
    over: int = 1

    def demands(self) -> Demand:
        """Hours of the judged factors and of oxygen."""
        return Demand(history=(*self.factors, OXYGEN))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours whose mark begins; sources about which an operator has stated anything."""
        if self.by == "stated":
            return window.stated(LOOK_BACK)
        now = np.isin(window.hours(factor, "mark")[:, 0], self.marks)
        found: Array = now & (window.hours(factor, "mark", 1, 1)[:, 0] == 0)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """An event when the mark begins or is stated; several within a time make an episode, which quiet ends."""
        if not isinstance(fact, SourceHourFact):
            return None
        limit = fact.past.planned(fact.factor, "limit")
        if not np.isfinite(limit):
            return None
        mark = int(fact.past.hours(fact.factor, "mark")[0])
        ratio, hours = self._stated(fact, site, limit) if self.by == "stated" else (self._before(fact, limit), 0)
        if hours < self.over if self.by == "stated" else ratio < self.near:
            return None
        return decided(
            fact,
            site,
            breach=True,
            reason="convenient",
            excuses=(),
            weight=ratio,
            confidence=0.5,
            inputs={"value_before": ratio * limit, "limit": limit, "ratio": ratio, "mark": mark, "hours_over": hours},
            evidence=(fact.factor, OXYGEN),
            hours=6,
        )

    def _before(self, fact: SourceHourFact, limit: float) -> float:
        """Value over limit where a mark of the device begins: the hour before, or the highest value up to the mark."""
        if int(fact.past.hours(fact.factor, "mark")[0]) not in self.marks:
            return 0.0
        if fact.past.hours(fact.factor, "mark", 1, 1)[0] != 0:
            return 0.0
        found = [float(fact.past.judged(fact.factor, 1, 1)[0])]
        reference = fact.past.planned(fact.factor, "limit_o2")
        air = fact.past.hours(OXYGEN, "mean", 4, 1)  # of the hour the mark cuts short, or the one before it
        oxygen = float(air[np.isfinite(air)][-1]) if np.isfinite(air).any() else float("nan")
        times = 1.0
        if reference > 0:
            times = (AIR_O2 - reference) / (AIR_O2 - oxygen) if oxygen < GUARD_O2 else float("nan")
        found += [float(high) * times for high in fact.past.hours(fact.factor, "high", 2)]
        known = [value for value in found if np.isfinite(value)]
        highest, day = max(known, default=0.0), middle(fact.past.judged(fact.factor, LOOK_BACK - 2, 2))
        return 0.0 if highest < self.above_usual * day else highest / limit

    def _stated(self, fact: SourceHourFact, site: Site, limit: float) -> tuple[float, int]:
        """Worst value over limit, and the hours above it, under marks stated in this hour about time gone by."""
        worst, count = 0.0, 0
        over = fact.past.judged(fact.factor, LOOK_BACK) / limit
        for mark in site.marks(fact.end_ms - LOOK_BACK * HOUR_MS, fact.end_ms):
            begun = mark.start_ms + HOUR_MS  # stated within the hour is in time
            if mark.kind not in STATED or not fact.start_ms <= mark.declared_ms < fact.end_ms:
                continue
            if mark.declared_ms < begun:
                continue
            first = LOOK_BACK - (fact.end_ms - mark.start_ms) // HOUR_MS
            last = LOOK_BACK - max(0, fact.end_ms - (mark.end_ms or fact.end_ms)) // HOUR_MS
            told = over[max(0, first) : last]
            told = told[np.isfinite(told) & (told > 1.0)]
            if len(told):
                worst, count = max(worst, float(told.max())), count + len(told)
        return worst, count
