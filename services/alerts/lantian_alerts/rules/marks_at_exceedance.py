"""Maintenance, calibration or fault is marked just when the limit is reached (D16, D18, F18, F24)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import OXYGEN, decided


class MarksAtExceedance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: marks by their number in `flags.Mark`; `near`: value over limit in the hour before."""

    kind: ClassVar[str] = "marks-at-exceedance"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    marks: tuple[int, ...] = (3, 5, 6)
    near: float = 0.9

    def demands(self) -> Demand:
        """Hours of the judged factors and of oxygen."""
        return Demand(history=(*self.factors, OXYGEN))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours whose mark begins."""
        now = np.isin(window.hours(factor, "mark")[:, 0], self.marks)
        found: Array = now & (window.hours(factor, "mark", 1, 1)[:, 0] == 0)
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """An event when the mark begins; several within a few days make an episode, which quiet ends."""
        if not isinstance(fact, SourceHourFact):
            return None
        mark = int(fact.past.hours(fact.factor, "mark")[0])
        if mark not in self.marks or fact.past.hours(fact.factor, "mark", 1, 1)[0] != 0:
            return None
        limit, before = fact.past.planned(fact.factor, "limit"), float(fact.past.judged(fact.factor, 1, 1)[0])
        if not np.isfinite([limit, before]).all() or before < self.near * limit:
            return None
        return decided(
            fact,
            site,
            breach=True,
            reason="convenient",
            excuses=(),
            weight=before / limit,
            confidence=0.5,
            inputs={"value_before": before, "limit": limit, "ratio": before / limit, "mark": mark},
            evidence=(fact.factor, OXYGEN),
            hours=6,
        )
