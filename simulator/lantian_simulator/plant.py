"""A stack as a pure function of time: one seed gives the same gas at the same minute, in any order.

Load follows the time of day and a slow, smooth random swing; oxygen, temperature, velocity and water follow the load.
The converted concentrations follow the load and a swing of their own and stay well below the limits; the measured ones
come from them through the oxygen content (HJ 212-2017 appendix D): `C = Czs * (21 - O2) / (21 - O2ref)`.
What is reported is rounded to the analyser's resolution; every hour and day value comes from the same minute samples.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lantian_simulator.industries import NOX, PM, POLLUTANTS, SO2, Industry

Series = NDArray[np.float64]

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_LOCAL_HOURS = 8

O2, VELOCITY, TEMPERATURE, PRESSURE, MOISTURE, FLOW = "a19001", "a01011", "a01012", "a01013", "a01014", "a00000"

DECIMALS: dict[str, int] = {
    PM: 2,
    SO2: 2,
    NOX: 1,
    O2: 2,
    VELOCITY: 2,
    TEMPERATURE: 1,
    PRESSURE: 3,
    MOISTURE: 1,
    FLOW: 2,
}
"""Digits after the point by factor: the resolution of the analyser."""

_SWING_PERIODS_HOURS = (0.7, 1.9, 4.3, 9.1)
_AIR_PRESSURE = 101_325.0


@dataclass(frozen=True)
class Excess:
    """From `start_ms` to `end_ms` the converted value of `factor` runs at about `multiple` times the limit."""

    factor: str
    start_ms: int
    end_ms: int
    multiple: float


@dataclass(frozen=True)
class Hold:
    """From `start_ms` to `end_ms` the analyser of `factor` repeats the value of `start_ms`."""

    factor: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Samples:
    """Minute samples from `start_ms` on, as reported: all factors as measured, the pollutants converted too."""

    start_ms: int
    measured: dict[str, Series]
    converted: dict[str, Series]

    def without(self, spans: Iterable[tuple[int, int]]) -> "Samples":
        """Return the samples outside the hours that any span (start, end in ms) touches; `start_ms` stays."""
        kept = np.ones(len(self.measured[FLOW]), dtype=np.bool_)
        for start, end in spans:
            first = max(0, (start - self.start_ms) // HOUR_MS * 60)
            last = max(0, -((self.start_ms - end) // HOUR_MS) * 60)
            kept[first:last] = False
        return Samples(
            self.start_ms,
            {factor: values[kept] for factor, values in self.measured.items()},
            {factor: values[kept] for factor, values in self.converted.items()},
        )


class Stack:
    """One stack with its monitor. `number` and `seed` decide everything about it."""

    def __init__(self, number: int, industry: Industry, seed: int, changes: Iterable[Excess | Hold] = ()) -> None:
        self.number = number
        self.industry = industry
        self._seed = seed
        self._excesses = [change for change in changes if isinstance(change, Excess)]
        self._holds = [change for change in changes if isinstance(change, Hold)]
        draw = np.random.default_rng((seed, number))
        self._load = draw.uniform(0.78, 0.92)
        self._peak_hour = draw.uniform(9, 20)
        self._level = {factor: draw.uniform(0.32, 0.55) for factor in POLLUTANTS}
        self._phases = draw.uniform(0, 2 * np.pi, size=(8, len(_SWING_PERIODS_HOURS)))

    def samples(self, start_ms: int, hours: int) -> Samples:
        """Return `hours` whole hours of minute samples; `start_ms` must lie on a full hour."""
        if start_ms % HOUR_MS:
            raise ValueError(f"{start_ms} is not the start of an hour")
        measured = self._gas(start_ms, hours)
        for hold in self._holds:
            first = max(0, (hold.start_ms - start_ms) // MINUTE_MS)
            last = min(hours * 60, (hold.end_ms - start_ms) // MINUTE_MS)
            if first < last:
                measured[hold.factor][first:last] = self._held(hold)
        conversion = self._conversion(measured[O2])
        converted = {factor: np.round(measured[factor] * conversion, DECIMALS[factor]) for factor in POLLUTANTS}
        return Samples(start_ms, measured, converted)

    def _held(self, hold: Hold) -> float:
        hour = hold.start_ms - hold.start_ms % HOUR_MS
        measured = self._gas(hour, 1)
        return float(measured[hold.factor][(hold.start_ms - hour) // MINUTE_MS])

    def _conversion(self, oxygen: Series) -> Series:
        return (21.0 - self.industry.reference_oxygen) / (21.0 - np.minimum(oxygen, 20.0))

    def _gas(self, start_ms: int, hours: int) -> dict[str, Series]:
        kind = self.industry
        minutes = start_ms + np.arange(hours * 60, dtype=np.int64) * MINUTE_MS
        time = minutes / HOUR_MS
        noise = self._noise(start_ms, hours)
        daily = np.cos(2 * np.pi * (time + _LOCAL_HOURS - self._peak_hour) / 24)
        load = np.clip(self._load + kind.swing * daily + 0.03 * self._slow(0, time), 0.45, 1.05)
        oxygen = kind.oxygen + 1.2 * (self._load - load) + 0.18 * self._slow(1, time) + 0.03 * noise[0]
        temperature = kind.temperature * (0.9 + 0.12 * load) + 1.2 * self._slow(2, time) + 0.2 * noise[1]
        velocity = kind.velocity * load * (1 + 0.015 * self._slow(3, time)) + 0.06 * noise[2]
        moisture = kind.moisture * (0.85 + 0.17 * load) + 0.25 * self._slow(4, time) + 0.08 * noise[3]
        pressure = -0.08 - 0.12 * load + 0.004 * noise[4]
        flow = (
            kind.area * velocity * 273 / (273 + temperature)
            * (_AIR_PRESSURE + 1000 * pressure) / _AIR_PRESSURE * (1 - moisture / 100)
        )  # fmt: skip
        measured = {VELOCITY: velocity, TEMPERATURE: temperature, PRESSURE: pressure, MOISTURE: moisture, FLOW: flow}
        measured = {O2: oxygen, **measured}
        for row, factor in enumerate(POLLUTANTS):
            share = self._level[factor] * (
                1 + 0.25 * (load - self._load) + 0.09 * self._slow(5 + row, time) + 0.025 * noise[5 + row]
            )
            for excess in self._excesses:
                if excess.factor == factor:
                    inside = (minutes >= excess.start_ms) & (minutes < excess.end_ms)
                    share = np.where(inside, share * excess.multiple / self._level[factor], share)
            measured[factor] = kind.limits[factor] * share / self._conversion(oxygen)
        return {factor: np.round(values, DECIMALS[factor]) for factor, values in measured.items()}

    def _slow(self, row: int, time: Series) -> Series:
        """A smooth swing, about -1.5 to 1.5, that is a function of absolute time."""
        phases = self._phases[row]
        return np.asarray(
            sum(
                0.55 * np.sin(2 * np.pi * time / period + phase)
                for period, phase in zip(_SWING_PERIODS_HOURS, phases, strict=True)
            ),
            dtype=np.float64,
        )

    def _noise(self, start_ms: int, hours: int) -> Series:
        first = start_ms // HOUR_MS
        rows = [
            np.random.default_rng((self._seed, self.number, first + hour)).standard_normal((8, 60))
            for hour in range(hours)
        ]
        return np.concatenate(rows, axis=1)
