"""What passes a plant's gate: old trucks during an emergency response, a barrier lifted by hand (domain 5.2)."""

from typing import ClassVar, Literal

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import decided

STAGE, LIFTED = "t07206", "t07210"


class GateHour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. `old-stage`: a vehicle below `stage` passes while the gate has a duty under a response."""

    kind: ClassVar[str] = "gate-hour"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    check: Literal["old-stage", "lifted"]
    factors: tuple[str, ...]
    closing: Closing = Closing()
    stage: float = 5.0

    def demands(self) -> Demand:
        """Hours of stages and of lifted barriers."""
        return Demand(history=(STAGE, LIFTED))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours with such a passage."""
        with np.errstate(invalid="ignore"):
            old = window.hours(STAGE, "low")[:, 0] < self.stage
            lifted = window.hours(LIFTED, "high")[:, 0] > 0
        return old & window.registered("response") if self.check == "old-stage" else lifted

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """One passage is enough for the hour; the plate's fingerprint lies in the frames."""
        if not isinstance(fact, SourceHourFact):
            return None
        passages = float(fact.past.hours(fact.factor, "n")[0])
        if passages <= 0:
            return None
        lowest = float(fact.past.hours(STAGE, "low")[0]) if fact.past.has(STAGE) else float("nan")
        lifted = float(fact.past.hours(LIFTED, "mean")[0]) if fact.past.has(LIFTED) else float("nan")
        duty = bool(site.responses(fact.start_ms, fact.end_ms))
        old = duty and lowest < self.stage
        return decided(
            fact,
            site,
            breach=old if self.check == "old-stage" else lifted > 0,
            reason=self.check,
            excuses=(),
            weight=1.0,
            confidence=0.8,
            inputs={"passages": passages, "oldest_stage": lowest, "lifted_share": lifted, "response": float(duty)},
            evidence=(fact.factor,),
            hours=6,
        )
