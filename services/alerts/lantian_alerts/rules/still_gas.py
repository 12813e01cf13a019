"""Hot gas of a burning plant that does not flow: the flow channel is wrong, or gas leaves elsewhere (F09, F10)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import LOAD, OXYGEN, TEMPERATURE, decided


class StillGas(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: below so much flow, with less oxygen than so much, and warmer than so much or at so much load.

    Behind a wet scrubber the gas is never hot: there the load has to say that the plant runs.
    """

    kind: ClassVar[str] = "still-gas"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    below: dict[str, float]
    temperature: float = 70.0
    oxygen: float = 17.0
    load: float = 30.0

    def demands(self) -> Demand:
        """Hours of flow, temperature and oxygen."""
        return Demand(history=(*self.factors, TEMPERATURE, OXYGEN, LOAD))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours without flow."""
        with np.errstate(invalid="ignore"):
            found: Array = window.values(factor)[:, 0] < self.below[factor]
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Temperature and oxygen say that the plant burns."""
        if not isinstance(fact, SourceHourFact):
            return None
        flow, temperature, oxygen = (fact.past.value(code) for code in (fact.factor, TEMPERATURE, OXYGEN))
        if not np.isfinite([flow, temperature, oxygen]).all():
            return None
        load = fact.past.value(LOAD)
        runs = temperature > self.temperature or load >= self.load
        return decided(
            fact,
            site,
            breach=flow < self.below[fact.factor] and runs and oxygen < self.oxygen,
            reason="still",
            weight=temperature,
            confidence=0.6,
            inputs={"value": flow, "temperature": temperature, "oxygen_percent": oxygen, "load_percent": load},
            evidence=(fact.factor, TEMPERATURE, OXYGEN),
            hours=6,
        )
