"""Oxygen rises while heat and moisture fall and the flow does not: air is added (domain D12)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import FLOW, HUMIDITY, LOAD, OXYGEN, TEMPERATURE, decided, middle


class OxygenDilution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters, against the median of the 12 hours up to two hours ago."""

    kind: ClassVar[str] = "oxygen-dilution"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = (OXYGEN,)
    closing: Closing = Closing()
    rise: float = 2.5
    cooler: float = 0.05
    drier: float = 0.1
    flow: float = 0.97
    load: float = 0.1
    least_hours: int = 6

    def demands(self) -> Demand:
        """Hours of oxygen, temperature, moisture, flow and load."""
        return Demand(history=(OXYGEN, TEMPERATURE, HUMIDITY, FLOW, LOAD))

    def screen(self, window: Window, factor: str) -> Array:
        """Oxygen well above its lowest hour of the time before."""
        before = window.values(OXYGEN, 12, 2)
        lowest = np.where(np.isfinite(before), before, np.inf).min(axis=1)
        with np.errstate(invalid="ignore"):
            found: Array = window.values(OXYGEN)[:, 0] - lowest >= self.rise
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """A falling load explains it; without flow, temperature and moisture it can not be told."""
        if not isinstance(fact, SourceHourFact):
            return None
        codes = (OXYGEN, TEMPERATURE, HUMIDITY, FLOW)
        now = {code: fact.past.value(code) for code in codes}
        before = {code: fact.past.values(code, 12, 2) for code in codes}
        base = {code: middle(values) for code, values in before.items()}
        if (
            not np.isfinite([*now.values(), *base.values()]).all()
            or np.isfinite(before[OXYGEN]).sum() < self.least_hours
        ):
            return None
        load, usual_load = fact.past.value(LOAD), middle(fact.past.values(LOAD, 12, 2))
        steady = not np.isfinite([load, usual_load]).all() or abs(load - usual_load) <= self.load * abs(usual_load)
        return decided(
            fact,
            site,
            breach=now[OXYGEN] - base[OXYGEN] >= self.rise
            and now[TEMPERATURE] <= base[TEMPERATURE] * (1.0 - self.cooler)
            and now[HUMIDITY] <= base[HUMIDITY] * (1.0 - self.drier)
            and now[FLOW] >= base[FLOW] * self.flow
            and steady,
            reason="diluted",
            weight=now[OXYGEN] - base[OXYGEN],
            confidence=0.6 if np.isfinite(load) else 0.5,
            inputs={
                "oxygen_percent": now[OXYGEN],
                "oxygen_before": base[OXYGEN],
                "temperature": now[TEMPERATURE],
                "temperature_before": base[TEMPERATURE],
                "moisture": now[HUMIDITY],
                "moisture_before": base[HUMIDITY],
                "flow": now[FLOW],
                "flow_before": base[FLOW],
            },
            evidence=codes,
            hours=12,
        )
