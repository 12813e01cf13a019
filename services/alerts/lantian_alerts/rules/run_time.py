"""Treatment ran for fewer hours of a day than production (domain D23)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.rules.past import FLOW, LOAD, back_of, decided, usual


class RunTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: an hour counts as running above so much of the usual value, or of load in percent."""

    kind: ClassVar[str] = "run-time"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    least: float = 0.95
    least_hours: int = 8
    running: float = 0.3
    load: float = 20.0

    def demands(self) -> Demand:
        """Hours and shapes of the treatment's signals, of load and of flow."""
        return Demand(deep=(*self.factors, LOAD, FLOW))

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Hours in which both are known."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        treatment, load, flow = (fact.past.values(code, 24, back) for code in (fact.factor, LOAD, FLOW))
        typical, usual_flow = usual(fact, fact.factor), usual(fact, FLOW)
        if not np.isfinite(typical) or typical <= 0:
            return None
        with np.errstate(invalid="ignore"):
            produced = np.where(np.isfinite(load), load >= self.load, flow >= self.running * usual_flow)
            produced &= np.isfinite(treatment)
            treated = produced & (treatment >= self.running * typical)
        hours, count = int(produced.sum()), int(treated.sum())
        if hours < self.least_hours:
            return None
        return decided(
            fact,
            site,
            breach=count < self.least * hours,
            reason="shorter",
            weight=1.0 - count / hours,
            confidence=0.7,
            inputs={"hours_produced": hours, "hours_treated": count, "usual": typical},
            evidence=(fact.factor, LOAD, FLOW),
        )
