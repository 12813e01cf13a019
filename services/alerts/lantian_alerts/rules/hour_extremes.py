"""A reported hour mean lies outside of the lowest and highest value sent with it (HJ 212 pattern F13)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Fact, Finding, OddHourFact, Verdict
from lantian_alerts.rules.past import odd_finding


class HourExtremes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: how far outside, in percent of the mean; means below `floor` are not looked at."""

    kind: ClassVar[str] = "hour-extremes"
    facts: ClassVar[tuple[type, ...]] = (OddHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    percent: float = 2.0
    floor: float = 1.0

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """A mean of values can not leave their span, whatever weights it was made with."""
        if not isinstance(fact, OddHourFact) or fact.factor not in self.factors:
            return None
        if fact.measured is None or abs(fact.measured) < self.floor:
            return None
        margin = self.percent / 100.0 * abs(fact.measured)
        below = fact.lowest is not None and fact.measured < fact.lowest - margin
        above = fact.highest is not None and fact.measured > fact.highest + margin
        if not below and not above:
            return None
        bound = fact.lowest if below else fact.highest
        assert bound is not None
        inputs = {"hour_mean": fact.measured, "bound": bound}
        weight = abs(fact.measured - bound) / max(abs(bound), self.floor)
        return odd_finding(fact, site, Verdict.BREACH, "outside", weight, inputs)
