"""An inspection line whose results repeat themselves, or whose tests are too short to be tests (domain D27)."""

from typing import ClassVar, Literal

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import back_of, decided


class InspectionLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `repeats`: results of different vehicles change in at most `changing` of the tests of a day.
    `short`: the mean duration of an hour's tests is below `seconds` in `hours` hours of a day."""

    kind: ClassVar[str] = "inspection-line"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    check: Literal["repeats", "short"]
    factors: tuple[str, ...]
    closing: Closing = Closing()
    least_tests: int = 12
    changing: float = 0.6
    seconds: float = 60.0
    hours: int = 2

    def demands(self) -> Demand:
        """Hours of the judged factors."""
        return Demand(history=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Lines with enough tests."""
        found: Array = window.hours(factor, "n", 26).sum(axis=1) >= self.least_tests
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Repeats are counted within hours: the first test of an hour is compared with none."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        tests, changes, means = (fact.past.hours(fact.factor, name, 24, back) for name in ("n", "changes", "mean"))
        busy = tests > 0
        if tests.sum() < self.least_tests:
            return None
        pairs = float((tests[busy] - 1).sum())
        share = float(changes[busy].sum()) / pairs if pairs else 1.0
        short = int((means[busy] < self.seconds).sum())
        return decided(
            fact,
            site,
            breach=share <= self.changing if self.check == "repeats" else short >= self.hours,
            reason=self.check,
            excuses=(),
            weight=1.0 - share if self.check == "repeats" else float(short),
            confidence=0.5,
            inputs={
                "tests": float(tests.sum()),
                "changing_percent": 100.0 * share,
                "hours_short": float(short),
                "mean": float(np.nanmean(means[busy])),
            },
            evidence=self.factors,
        )
