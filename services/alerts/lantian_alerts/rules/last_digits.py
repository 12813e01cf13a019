"""The last digits of a month of raw values are not what chance gives (HJ 212 pattern F16)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceMonthFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided, middle


class LastDigits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. Statistic: chi square over ten digits (9 degrees of freedom); 60 is one in a billion."""

    kind: ClassVar[str] = "last-digits"
    facts: ClassVar[tuple[type, ...]] = (SourceMonthFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    least_values: int = 300
    statistic: float = 60.0
    steps: float = 5.0

    def demands(self) -> Demand:
        """The months of the judged factors."""
        return Demand(deep=self.factors)

    def screen(self, window: Window, factor: str) -> Array:
        """Months with enough values."""
        return np.array(window.month(factor)["digits"].sum(axis=1) >= self.least_values)

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Only values that move over several steps of their last digit: below, the digits follow the level."""
        if not isinstance(fact, SourceMonthFact):
            return None
        month = fact.past.month(fact.factor)
        digits = np.array(month["digits"], np.float64)
        total, noise = float(digits.sum()), middle(fact.past.days(fact.factor, "noise", 30))
        spread = max(noise, middle(fact.past.days(fact.factor, "spread", 30)))
        if total < self.least_values or not spread * 10.0 ** month["decimals"] >= self.steps:
            return None
        expected = total / 10.0
        statistic = float(((digits - expected) ** 2).sum() / expected)
        return decided(
            fact,
            site,
            breach=statistic > self.statistic,
            reason="digits",
            excuses=(),
            weight=statistic,
            confidence=0.6,
            inputs={
                "statistic": statistic,
                "values": total,
                "commonest_digit": float(digits.argmax()),
                "commonest_percent": 100.0 * float(digits.max()) / total,
                "decimals": month["decimals"],
            },
        )
