"""Gas treatment stands or idles while the plant produces (domain D20, HJ 212 pattern F26)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.rules.past import FLOW, LOAD, decided, usual


class TreatmentOff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: below so much of its own usual value, with load or flow above so much of theirs."""

    kind: ClassVar[str] = "treatment-off"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    below: float = 0.5
    producing: float = 0.5
    load: float = 30.0

    def demands(self) -> Demand:
        """Hours and shapes of the treatment's signals, of load and of flow."""
        return Demand(deep=(*self.factors, LOAD, FLOW))

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """The usual value is the median hour of the last days; without it nothing is said."""
        if not isinstance(fact, SourceHourFact):
            return None
        value, typical = fact.past.value(fact.factor), usual(fact, fact.factor)
        load, flow, usual_flow = fact.past.value(LOAD), fact.past.value(FLOW), usual(fact, FLOW)
        if not np.isfinite([value, typical]).all() or typical <= 0:
            return None
        producing = load >= self.load if np.isfinite(load) else flow >= self.producing * usual_flow
        return decided(
            fact,
            site,
            breach=value < self.below * typical and bool(producing),
            reason="off",
            weight=1.0 - value / typical,
            confidence=0.7,
            inputs={"value": value, "usual": typical, "load_percent": load, "flow": flow, "usual_flow": usual_flow},
            evidence=(fact.factor, LOAD, FLOW),
            hours=12,
        )
