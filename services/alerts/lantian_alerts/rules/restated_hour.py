"""An hour that was reported is sent again with a lower value (HJ 212 pattern F30)."""

from typing import ClassVar

import msgspec

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Episode, Fact, Finding, OddHourFact, Verdict
from lantian_alerts.knowledge.validity import held_against
from lantian_alerts.rules.past import odd_finding


class RestatedHour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: how much lower, in percent of the value before; values below `floor` are not looked at."""

    kind: ClassVar[str] = "restated-hour"
    facts: ClassVar[tuple[type, ...]] = (OddHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    percent: float = 3.0
    floor: float = 2.0

    def demands(self) -> Demand:
        """The hours that were reported before."""
        return Demand(history=self.factors)

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The converted value speaks where it was sent both times, else the measured one."""
        if not isinstance(fact, OddHourFact) or fact.factor not in self.factors:
            return None
        now, before = fact.converted, fact.converted_before
        if now is None or before is None:
            now, before = fact.measured, fact.measured_before
        if now is None or before is None or before < self.floor or now > before * (1.0 - self.percent / 100.0):
            return None
        inputs = {"value": now, "value_before": before, "exceedances_gone": float(self._gone(fact, site))}
        return odd_finding(fact, site, Verdict.BREACH, "lower", before / now if now > 0 else before, inputs)

    @staticmethod
    def _gone(fact: OddHourFact, site: Site) -> bool:
        """Whether the hour exceeded a limit before and does not any more."""
        for limit in site.limits(fact.factor, fact.start_ms):
            reference = limit.reference_oxygen_percent
            before = held_against(reference, fact.measured_before, fact.converted_before, None)
            now = held_against(reference, fact.measured, fact.converted, None)
            if isinstance(before, float) and isinstance(now, float) and before > limit.value >= now:
                return True
        return False

    def severity(self, episode: Episode) -> int:
        """An exceedance that was taken away is grave."""
        return 3 if episode.inputs.get("exceedances_gone") else 2
