"""The noise of a value has gone while the gas stays as restless as ever (D11, HJ 212 F02, F03)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import FLOW, TEMPERATURE, VELOCITY, decided, middle


class VarianceCollapse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters: noise of the day over its own median, that of the gas over its own, level over its own."""

    kind: ClassVar[str] = "variance-collapse"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...]
    closing: Closing = Closing()
    days: int = 14
    least_days: int = 5
    quiet: float = 0.2
    restless: float = 0.6
    level: float = 0.3
    companions: tuple[str, ...] = (FLOW, VELOCITY, TEMPERATURE)
    floors: dict[str, float] = {}

    def demands(self) -> Demand:
        """The days of the judged factors and of flow, velocity and temperature."""
        return Demand(deep=(*self.factors, *self.companions))

    def screen(self, window: Window, factor: str) -> Array:
        """Days much quieter than the loudest of the time before."""
        noise, before = window.days(factor, "noise", 1)[:, 0], window.days(factor, "noise", self.days, 1)
        loudest = np.where(np.isfinite(before), before, -np.inf).max(axis=1)
        with np.errstate(invalid="ignore"):
            found: Array = noise < self.quiet * loudest
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """A plant that trips or idles grows quiet as a whole; then the companions tell."""
        if not isinstance(fact, SourceDayFact):
            return None
        noise, usual_noise = self._noise(fact, fact.factor)
        mean = float(fact.past.days(fact.factor, "mean", 1)[0])
        usual_mean = middle(fact.past.days(fact.factor, "mean", self.days, 1))
        if not np.isfinite([noise, usual_noise, mean, usual_mean]).all() or usual_noise <= 0:
            return None
        moving = [
            now / usual
            for now, usual in (self._noise(fact, code) for code in self.companions)
            if np.isfinite([now, usual]).all() and usual > 0
        ]
        if not moving or fact.past.days(fact.factor, "valid", 1)[0] < 18:
            return None
        return decided(
            fact,
            site,
            breach=noise <= self.quiet * usual_noise
            and max(moving) >= self.restless
            and mean >= self.level * usual_mean
            and mean > self.floors.get(fact.factor, 0.0),
            reason="quiet",
            weight=usual_noise / max(noise, 1e-6),
            confidence=0.6,
            inputs={
                "noise": noise,
                "usual_noise": usual_noise,
                "gas_noise_over_usual": max(moving),
                "day_mean": mean,
                "usual_mean": usual_mean,
            },
            evidence=(fact.factor, *self.companions[:1]),
        )

    def _noise(self, fact: SourceDayFact, code: str) -> tuple[float, float]:
        """Noise of the day and the median of the days before, NaN when these are too few."""
        before = fact.past.days(code, "noise", self.days, 1)
        usual = middle(before) if np.isfinite(before).sum() >= self.least_days else float("nan")
        return float(fact.past.days(code, "noise", 1)[0]), usual
