"""Oxygen near that of air while hot gas flows: air is let in before the probe (domain D12, HJ 212 pattern F06)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceHourFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import OXYGEN, TEMPERATURE, VELOCITY, decided, unjudged


class OxygenImplausible(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: an hour counts above `oxygen`, while temperature (℃) and velocity (m/s) are above theirs."""

    kind: ClassVar[str] = "oxygen-implausible"
    facts: ClassVar[tuple[type, ...]] = (SourceHourFact,)

    factors: tuple[str, ...] = (OXYGEN,)
    closing: Closing = Closing()
    oxygen_percent: float = 19.0
    temperature: float = 70.0
    velocity: float = 5.0

    def demands(self) -> Demand:
        """Hours of oxygen, temperature and velocity."""
        return Demand(history=(OXYGEN, TEMPERATURE, VELOCITY))

    def screen(self, window: Window, factor: str) -> Array:
        """Hours with so much oxygen; no fuel-bound limit means that air may be the process."""
        with np.errstate(invalid="ignore"):
            found: Array = window.values(OXYGEN)[:, 0] > self.oxygen_percent
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """All three at once; an outlet without converted limits burns nothing and is not judged."""
        if not isinstance(fact, SourceHourFact):
            return None
        if (
            not any(one.reference_oxygen_percent > 0 for one in site.stated(fact.start_ms))
            and site.outlet(fact.start_ms) is None
        ):
            return None
        oxygen, temperature, velocity = (fact.past.value(code) for code in (OXYGEN, TEMPERATURE, VELOCITY))
        if not np.isfinite([oxygen, temperature, velocity]).all():
            return unjudged(fact, "no-data")
        return decided(
            fact,
            site,
            breach=oxygen > self.oxygen_percent and temperature > self.temperature and velocity > self.velocity,
            reason="air-like",
            weight=oxygen,
            confidence=0.6,
            inputs={"oxygen_percent": oxygen, "temperature": temperature, "velocity": velocity},
            evidence=(OXYGEN, TEMPERATURE, VELOCITY),
            hours=6,
        )
