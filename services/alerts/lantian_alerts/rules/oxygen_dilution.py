"""Oxygen rises while heat and moisture fall and the flow does not: air is added (domain D12).

A load that falls brings more oxygen too, but it does not cool the gas as mixing with cold air does: of a gas of which
the share s is air, the heat above the ambient falls by s as well.
"""

from typing import ClassVar, Final

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.knowledge.validity import AIR_O2
from lantian_alerts.rules.past import FLOW, HUMIDITY, LOAD, OXYGEN, TEMPERATURE, decided, middle

AMBIENT: Final = 20.0
COOLING: Final = 0.6
"""So much of the cooling by mixing has to be seen."""


class OxygenDilution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters, against the median of the 12 hours up to two hours ago."""

    kind: ClassVar[str] = "oxygen-dilution"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = (OXYGEN,)
    closing: Closing = Closing()
    rise: float = 2.5
    share: float = 0.2
    cooler: float = 0.05
    drier: float = 0.1
    flow: float = 0.97
    load: float = 0.1
    most_load: float = 0.4
    least_hours: int = 6

    def demands(self) -> Demand:
        """Hours of oxygen, temperature, moisture, flow and load."""
        return Demand(history=(OXYGEN, TEMPERATURE, HUMIDITY, FLOW, LOAD))

    def screen(self, window: Window, factor: str) -> Array:
        """Oxygen well above its lowest hour of the time before."""
        before = window.values(OXYGEN, 12, 2)
        lowest = np.where(np.isfinite(before), before, np.inf).min(axis=1)
        now = window.values(OXYGEN)[:, 0]
        with np.errstate(invalid="ignore"):
            found: Array = (now - lowest >= self.rise) | (AIR_O2 - now <= (1.0 - self.share) * (AIR_O2 - lowest))
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Without flow, temperature and moisture it can not be told."""
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
        told = np.isfinite([load, usual_load]).all() and usual_load
        moved = abs(load - usual_load) / abs(usual_load) if told else 0.0
        air = 1.0 - (AIR_O2 - now[OXYGEN]) / (AIR_O2 - base[OXYGEN]) if base[OXYGEN] < AIR_O2 else 0.0
        cooled = base[TEMPERATURE] - now[TEMPERATURE] >= COOLING * air * (base[TEMPERATURE] - AMBIENT)
        steady = moved <= self.load or (moved <= self.most_load and cooled)
        return decided(
            fact,
            site,
            breach=(now[OXYGEN] - base[OXYGEN] >= self.rise or air >= self.share)
            and now[TEMPERATURE] <= base[TEMPERATURE] * (1.0 - self.cooler)
            and now[HUMIDITY] <= base[HUMIDITY] * (1.0 - self.drier)
            and now[FLOW] >= base[FLOW] * self.flow
            and steady,
            reason="diluted",
            weight=now[OXYGEN] - base[OXYGEN],
            confidence=0.6 if np.isfinite(load) else 0.5,
            inputs={
                "oxygen_percent": now[OXYGEN],
                "air_percent": 100.0 * air,
                "load_change_percent": 100.0 * moved,
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
