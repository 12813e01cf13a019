"""Calibrations cut into a day again and again: whoever calibrates needs no value (domain D18, R090; pattern F18)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.flags import Mark
from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import DAY_HOURS, Window, first_hour
from lantian_alerts.rules.past import back_of, decided


class CalibrationOften(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `times`: so many separate interruptions a day; an automatic calibration comes once a day.

    The history keeps of an hour how many values bore a mark, not which, so maintenance of some minutes counts as well;
    hours marked as stopped do not.
    """

    kind: ClassVar[str] = "calibration-often"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    times: int = 4
    excuses: tuple[str, ...] = ("stopped", "start-up", "shutdown")

    def demands(self) -> Demand:
        """Hours of the judged factors, and their days, which a day's rule needs."""
        return Demand(deep=self.factors)

    def _interrupted(self, window: Window, factor: str, back: int) -> Array:
        """Hours in which values were flagged, while others of the hour were not."""
        flagged, n = (window.hours(factor, field, DAY_HOURS, back) for field in ("flagged", "n"))
        mark = window.hours(factor, "mark", DAY_HOURS, back)
        found: Array = ((flagged > 0) & (n > 0)) | (mark == int(Mark.CALIBRATION))
        return found

    def _times(self, window: Window, factor: str, back: int) -> Array:
        hours = self._interrupted(window, factor, back)
        begins = hours.copy()
        begins[:, 1:] &= ~hours[:, :-1]
        found: Array = begins.sum(axis=1)
        return found

    def screen(self, window: Window, factor: str) -> Array:
        """Days with as many interruptions."""
        found: Array = self._times(window, factor, window.hour + 1 - first_hour(window.day + 1)) >= self.times
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Separate interruptions of the day, one after the other."""
        if not isinstance(fact, SourceDayFact):
            return None
        back, window = back_of(fact), fact.past.window
        times = int(self._times(window, fact.factor, back)[fact.past.index])
        hours = int(self._interrupted(window, fact.factor, back)[fact.past.index].sum())
        values = fact.past.hours(fact.factor, "flagged", DAY_HOURS, back)
        return decided(
            fact,
            site,
            breach=times >= self.times,
            reason="often",
            excuses=self.excuses,
            weight=float(times),
            confidence=0.6,
            inputs={"times": times, "hours": hours, "values_flagged": float(np.nansum(values))},
            evidence=(fact.factor,),
        )
