"""The flow sent does not follow from velocity, section and state of the gas (domain D14, F09)."""

from typing import ClassVar

import msgspec
import numpy as np

from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import Closing, Demand, Fact, Finding, SourceDayFact
from lantian_alerts.core.window import Window
from lantian_alerts.rules.past import (
    AREA,
    DAY_CLOSES_AFTER,
    FLOW,
    HUMIDITY,
    PRESSURE,
    TEMPERATURE,
    VELOCITY,
    back_of,
    decided,
    middle,
)


class FlowBalance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parameters. Without a section sent, the ratio of flow to velocity is held against its own earlier days."""

    kind: ClassVar[str] = "flow-balance"
    facts: ClassVar[tuple[type, ...]] = (SourceDayFact,)

    factors: tuple[str, ...] = (FLOW,)
    closing: Closing = Closing()
    computed: float = 0.3
    changed: float = 0.15
    least_hours: int = 12
    least_velocity: float = 1.0

    def demands(self) -> Demand:
        """Hours of all quantities, shapes of flow, velocity and temperature."""
        return Demand(history=(PRESSURE, HUMIDITY, AREA), deep=(FLOW, VELOCITY, TEMPERATURE))

    def screen(self, window: Window, factor: str) -> Array:
        """Outlets whose flow over velocity of the day is not that of the days before, or that send their section."""
        sends = window.has(VELOCITY)
        if not sends.any():
            return sends
        with np.errstate(invalid="ignore", divide="ignore"):
            now = np.nanmean(_moving(window.values(FLOW, 24, DAY_CLOSES_AFTER)), axis=1) / np.nanmean(
                _moving(window.values(VELOCITY, 24, DAY_CLOSES_AFTER)), axis=1
            )
            before = window.usual(FLOW, window.day) / window.usual(VELOCITY, window.day)
            off = np.abs(now / before - 1.0) > self.changed / 3.0
        found: Array = sends & (off | window.has(AREA))
        return found

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Standard dry flow: velocity · section · 273/(273+t) · (Ba+Ps)/101.325 · (1−Xsw), HJ 212-2017 D."""
        if not isinstance(fact, SourceDayFact):
            return None
        back = back_of(fact)
        flow, velocity, temperature, humidity, pressure, area = (
            fact.past.values(code, 24, back) for code in (FLOW, VELOCITY, TEMPERATURE, HUMIDITY, PRESSURE, AREA)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            moving = (velocity > self.least_velocity) & (flow > 0)
            cold = velocity * 273.0 / (273.0 + temperature)
            state = np.where(np.isfinite(humidity), 1.0 - humidity / 100.0, 1.0)
            state = state * np.where(np.isfinite(pressure), (101.325 + pressure) / 101.325, 1.0)
            ratio = np.where(moving, flow / (cold * area * state), np.nan)
            per_velocity = np.where(moving, flow / cold, np.nan)
        hours = int(np.isfinite(ratio).sum())
        by_section = hours >= self.least_hours
        if not by_section:
            hours = int(np.isfinite(per_velocity).sum())
            ratio = per_velocity / self._usual(fact)
        if hours < self.least_hours or not np.isfinite(ratio).any():
            return None
        found = middle(ratio)
        allowed = self.computed if by_section else self.changed
        return decided(
            fact,
            site,
            breach=not 1.0 - allowed <= found <= 1.0 + allowed,
            reason="unbalanced" if by_section else "ratio-changed",
            weight=abs(np.log(found)) if found > 0 else 9.0,
            confidence=0.6,
            inputs={"flow_over_expected": found, "hours_compared": hours, "by_section": float(by_section)},
            evidence=(FLOW, VELOCITY, TEMPERATURE),
        )

    def _usual(self, fact: SourceDayFact) -> float:
        """Flow over cold velocity of the earlier days, NaN with fewer than three."""
        flow, velocity, temperature = (fact.past.shapes(code, fact.day) for code in (FLOW, VELOCITY, TEMPERATURE))
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = flow * (273.0 + temperature) / (velocity * 273.0)
            ratio = np.where((velocity > self.least_velocity) & (flow > 0), ratio, np.nan)
        return middle(ratio) if np.isfinite(ratio).any(axis=1).sum() >= 3 else float("nan")


def _moving(values: Array) -> Array:
    """The table with a zero where a row has nothing, so that its mean is one."""
    some = np.isfinite(values).sum(axis=1) > 0
    return np.where(np.asarray(some)[:, None], values, 0.0)
