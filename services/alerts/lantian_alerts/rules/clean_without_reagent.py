"""Reagent is hardly used while the outlet stays as clean as ever (domain D20, R094; HJ 212 pattern F26)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window, day_of_hour
from lantian_alerts.rules.past import FLOW, LOAD, decided, of_usual, usual


class CleanWithoutReagent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters, against the usual hour: reagent below, outlet not above; outlet factor by reagent signal.

    `producing` and `load` say that the plant runs; an outlet usually below `floor` says nothing.
    """

    kind: ClassVar[str] = "clean-without-reagent"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...]
    outlets: dict[str, str]
    closing: Closing = Closing()
    below: float = 0.2
    rise: float = 1.3
    producing: float = 0.7
    load: float = 30.0
    floor: float = 5.0

    def demands(self) -> Demand:
        """Hours and shapes of reagent, outlet, load and flow."""
        return Demand(deep=(*self.factors, *self.outlets.values(), LOAD, FLOW))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours with little reagent."""
        with np.errstate(invalid="ignore"):
            found: Array = window.values(factor)[:, 0] < self.below * window.usual(factor, day_of_hour(window.hour))
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """A catalyst lives on what it has stored for an hour or two: `closing` asks for more hours than that."""
        if not isinstance(fact, SourceHourFact):
            return None
        outlet = self.outlets[fact.factor]
        reagent, usual_reagent = fact.past.value(fact.factor), usual(fact, fact.factor)
        value, usual_value = fact.past.value(outlet), usual(fact, outlet)
        if not np.isfinite([reagent, usual_reagent, value, usual_value]).all():
            return None
        if usual_reagent <= 0 or usual_value < self.floor:
            return None
        load, flow = fact.past.value(LOAD), of_usual(fact.past.value(FLOW), usual(fact, FLOW))
        producing = flow >= self.producing and (load >= self.load or not np.isfinite(load))
        return decided(
            fact,
            site,
            breach=reagent < self.below * usual_reagent and value <= self.rise * usual_value and bool(producing),
            reason="clean",
            weight=1.0 - reagent / usual_reagent,
            confidence=0.6,
            inputs={
                "reagent": reagent,
                "usual_reagent": usual_reagent,
                "outlet": value,
                "usual_outlet": usual_value,
                "flow_percent": 100.0 * flow,
                "load_percent": load,
            },
            evidence=(fact.factor, outlet, LOAD, FLOW),
            hours=12,
        )
