"""One outlet over days, minute by minute: process, treatment, stack, sampling, analyser, logger, in this order.

A mechanism changes one stage (faults.py); what comes after follows from the physics. Arrays have one value a minute.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from lantian_simulator.scenarios.kinds import (
    CO,
    FLOW,
    MOISTURE,
    NOISE,
    NOX,
    O2,
    PRESSURE,
    RANGE,
    RESOLUTION,
    SO2,
    TEMPERATURE,
    VELOCITY,
    Kind,
)
from lantian_simulator.scenarios.tables import DAY_MS, MINUTE_MS, Series, Times, Truth

AIR_O2 = 20.9
PUMP, AMMONIA, INLET_NOX, DAMPER, DAMPER_PRESSURE, POWER = "g10401", "g30101", "g12001", "g30701", "g30801", "m07107"
FURNACE, LINE = "a01901", "i33001"
"""Circulation pump A, ammonia injection A, inlet NOx mg/m³, bypass damper opening, pressure across it kPa, power kW;
furnace and heated sample line °C."""
LOCAL_OFFSET_MS = 8 * 60 * MINUTE_MS
DAY = 1440
LEARNT = 6 * DAY
"""From then on rules know what is usual: five days, and the night in which they are counted."""
WARM_UP = 240
COLD = {NOX: 4.0, CO: 5.0}
"""So many times more passes a cold plant: the catalyst does not work yet, the fire is not hot."""

Reported = dict[str, Series]
Meddling = Callable[["Outlet", Reported, Reported], None]
"""Changes what the logger sends: measured and converted minute values, in place."""


class Outlet:
    """The stages of one outlet as arrays; `reported` plays them through. Everything comes from `seed`."""

    def __init__(self, source: str, kind: Kind, seed: int, start_ms: int, days: int) -> None:
        if (start_ms + LOCAL_OFFSET_MS) % DAY_MS:
            raise ValueError("an outlet's run starts at midnight in Beijing")
        self.source, self.kind, self.start_ms, self.days = source, kind, start_ms, days
        self.draw = np.random.default_rng((seed, zlib_of(source)))
        self.minutes = days * DAY
        self.times: Times = start_ms + np.arange(self.minutes, dtype=np.int64) * MINUTE_MS
        self.truths: list[Truth] = []
        self.busy: list[tuple[int, int]] = []
        n = self.minutes
        self.running = np.ones(n, np.bool_)
        self.warming = np.zeros(n)  # 1 cold, falling to 0: combustion and treatment are not yet in order
        self.load = self._usual_load()
        own = {factor: float(np.exp(self.draw.normal(0, 0.16))) for factor in kind.levels}
        self.level = {factor: value * own[factor] for factor, value in kind.levels.items()}
        self.removal = {factor: np.full(n, share) for factor, share in kind.removal.items()}
        self.raw = {factor: self.level[factor] / (1 - share) for factor, share in kind.removal.items()}
        self.bypass = np.zeros(n)  # share of the gas that does not pass the monitor
        self.leak = np.zeros(n)  # share of air drawn into the duct before the monitor
        self.dilution = np.zeros(n)  # share of air or zero gas in the sample line
        self.gain = {factor: np.ones(n) for factor in (*kind.levels, O2)}
        self.offset = {factor: np.zeros(n) for factor in (*kind.levels, O2)}
        self.range = {factor: np.full(n, RANGE[factor]) for factor in (*kind.levels, O2)}
        self.reference = np.full(n, kind.reference_oxygen)  # as parametrised in the logger
        self.velocity_factor = np.ones(n)
        self.flag = np.full(n, ord("N"), np.uint8)
        self.lost = np.zeros(n, np.bool_)
        self.spike = {factor: np.zeros(n) for factor in kind.levels}
        self.signals = self._usual_signals()
        self.real_time = False  # a value a minute instead of 10-minute data
        self.clock_ms = np.zeros(n, np.int64)  # how far the logger's clock is off
        self.hour_scale = {factor: np.ones(n // 60) for factor in kind.levels}  # of the hour means alone
        self.restated: dict[str, tuple[int, int, float, int]] = {}  # hours sent again: first, end, share, delay in ms
        self.extremes: set[str] = set()  # factors whose hours bear lowest and highest value
        self.amounts: dict[str, tuple[int, int, float]] = {}  # factors with amounts; hours of which a share is booked
        self.entities: list[dict[str, Any]] = []  # further entries of the registry
        self.stated: list[dict[str, Any]] = []  # limits stated one by one
        self.meddlings: list[Meddling] = []
        self.marks: list[dict[str, str]] = []
        self.statements: list[dict[str, Any]] = []  # what devices say of themselves

    # Help for mechanisms ---------------------------------------------------------------------------------------------

    def ms(self, minute: int) -> int:
        """Time of a minute."""
        return self.start_ms + int(minute) * MINUTE_MS

    def free(
        self, length: int, *, margin: int = DAY, running: bool = True, tries: int = 200, after: int = 0
    ) -> int | None:
        """A start for something of so many minutes, away from what was planned before; None when there is no room.

        `after`: not in the first so many minutes, where nobody knows yet what is usual here.
        """
        for _ in range(tries):
            first = max(margin, after)
            begin = int(self.draw.integers(first, max(first + 1, self.minutes - length - margin)))
            end = begin + length
            if end + margin // 2 > self.minutes:
                continue
            if any(begin - margin < until and end + margin > since for since, until in self.busy):
                continue
            if running and not self.running[max(0, begin - 120) : end + 120].all():
                continue
            self.busy.append((begin, end))
            return begin
        return None

    def label(self, mechanism: str, begin: int, end: int, strength: float, factor: str = "", sure: bool = True) -> None:
        """Writes down what was done."""
        end = min(end, self.minutes)
        self.truths.append(Truth(self.source, mechanism, self.ms(begin), self.ms(end), strength, factor, sure))

    def state(self, minute: int, kind: str, code: str, info: str, now: str, before: str) -> None:
        """A device says what holds now, and what it said before."""
        at_ms = self.ms(minute)
        said: dict[str, Any] = {
            "eventId": f"{self.source}-{len(self.statements)}", "sourceId": self.source,
            "feedId": f"feed-{self.source}", "kind": kind, "code": code, "info": info, "text": now, "previous": before,
            "timeMs": str(at_ms), "receivedMs": str(at_ms + 4_000), "seq": str(len(self.statements)),
        }  # fmt: skip
        if kind == "parameter":
            said["number"] = float(now)
        self.statements.append(said)

    def _usual_signals(self) -> dict[str, Series]:
        """What the control system sends beside the monitor: pumps, ammonia, inlet, damper, power; by factor code."""
        kind, n, follow = self.kind, self.minutes, self.load / self.kind.load
        signals = {POWER: 400 * kind.area / 10 * follow * (1 + 0.02 * self.draw.standard_normal(n))}
        if SO2 in kind.removal and kind.removal[SO2] > 0.8:
            signals[PUMP] = 48 * (0.9 + 0.1 * follow) + 0.6 * self.draw.standard_normal(n)
        if NOX in kind.removal and kind.removal[NOX] > 0.5:
            signals[AMMONIA] = 12 * follow * np.exp(0.05 * self.wander(60)) + 0.1 * self.draw.standard_normal(n)
            inlet = self.level[NOX] / (1 - kind.removal[NOX]) * np.exp(0.08 * self.wander(90))
            signals[INLET_NOX] = inlet + 2 * self.draw.standard_normal(n)
        if kind.industry == "waste":
            signals[FURNACE] = 945 + 12 * self.wander(60) + 5 * self.draw.standard_normal(n)
        signals[LINE] = 150 + 1.5 * self.wander(200) + 0.3 * self.draw.standard_normal(n)
        signals[DAMPER] = np.maximum(0.0, 0.4 + 0.1 * self.draw.standard_normal(n))
        signals[DAMPER_PRESSURE] = 0.9 * follow + 0.02 * self.draw.standard_normal(n)
        return signals

    # Stages ----------------------------------------------------------------------------------------------------------

    def _usual_load(self) -> Series:
        kind, time = self.kind, np.arange(self.minutes)
        peak = self.draw.uniform(9, 20)
        daily = np.cos(2 * np.pi * (time / 60 - peak) / 24)
        week = np.where((time // DAY + int(self.draw.integers(7))) % 7 >= 5, -1.0, 0.4)
        cycle = np.sin(2 * np.pi * time / kind.cycle_minutes) if kind.cycle_minutes else 0.0
        load = kind.load * (1 + kind.daily * daily + kind.weekly * week) + 0.035 * self.wander(240)
        load += kind.cycle * np.asarray(cycle) * 0.5 + 0.012 * self.wander(25)
        return np.asarray(np.clip(load, 0.3, 1.1), np.float64)

    def wander(self, minutes: float) -> Series:
        """A swing of standard deviation 1 that forgets itself in so many minutes (a first-order process)."""
        step = max(1, int(minutes // 8))
        count = self.minutes // step + 3
        keep = float(np.exp(-step / minutes))
        noise = self.draw.standard_normal(count) * np.sqrt(1 - keep * keep)
        found = np.empty(count)
        value = float(self.draw.standard_normal())
        for place, one in enumerate(noise.tolist()):
            value = keep * value + one
            found[place] = value
        return np.interp(np.arange(self.minutes), np.arange(count) * step, found)

    def _state(self) -> tuple[Series, Series]:
        """Load as it is (0 when stopped) and how cold the plant is."""
        load = np.where(self.running, self.load, 0.0)
        return load, self.warming

    def reported(self) -> tuple[Reported, Reported]:
        """Measured and converted minute values as the logger sends them; NaN where nothing is sent."""
        kind, n, draw = self.kind, self.minutes, self.draw
        load, cold = self._state()
        usual = kind.load
        stopped = ~self.running
        o2 = kind.oxygen + 2.2 * (usual - load) * (AIR_O2 - kind.oxygen) / 15 + 0.22 * self.wander(90)
        o2 += 0.05 * draw.standard_normal(n) + cold * (AIR_O2 - kind.oxygen) * 0.75
        o2 = np.where(stopped, AIR_O2 - 0.05 + 0.02 * draw.standard_normal(n), np.clip(o2, 0.5, AIR_O2))
        temperature = (
            kind.temperature * (0.88 + 0.14 * load / usual) + 1.1 * self.wander(120) + 0.25 * draw.standard_normal(n)
        )
        ambient = 8 + 6 * self.wander(900)
        temperature = np.where(stopped, ambient + 6, temperature - cold * (kind.temperature - 25) * 0.6)
        moisture = kind.moisture * (0.84 + 0.18 * load / usual) + 0.3 * self.wander(180) + 0.1 * draw.standard_normal(n)
        moisture = np.where(stopped, 1.2 + 0.1 * draw.standard_normal(n), np.maximum(0.5, moisture * (1 - 0.5 * cold)))
        gas = kind.velocity * np.maximum(load / usual, 0.02) * (1 + 0.02 * self.wander(60))
        clean = {}
        for factor, raw in self.raw.items():
            wander = np.exp(kind.spread * self.wander(75) + 0.05 * self.wander(12))
            passed = np.minimum(1.0, (1 - self.removal[factor]) * (1 + COLD.get(factor, 1.0) * cold))
            dose = raw * passed * wander * (1 + 0.35 * (load - usual)) + self.spike[factor] * self.level[factor]
            at_stack = dose * (AIR_O2 - o2) / (21.0 - kind.reference_oxygen)
            clean[factor] = np.where(stopped, 0.15 * np.abs(draw.standard_normal(n)), np.maximum(at_stack, 0.0))
        # The duct: what goes round the monitor, and what air comes in before it.
        leak = np.clip(self.leak, 0.0, 0.9)
        o2 = o2 * (1 - leak) + AIR_O2 * leak
        temperature = temperature * (1 - leak) + (ambient + 3) * leak
        moisture = moisture * (1 - leak) + 1.0 * leak
        clean = {factor: values * (1 - leak) for factor, values in clean.items()}
        gas = gas * (1 - self.bypass) / (1 - leak)
        # The sample line and the analysers.
        thin = np.clip(self.dilution, 0.0, 1.0)
        sampled = {factor: values * (1 - thin) for factor, values in clean.items()} | {
            O2: o2 * (1 - thin) + AIR_O2 * thin
        }
        measured: Reported = {}
        for factor, values in sampled.items():
            seen = values * self.gain[factor] + self.offset[factor] + NOISE[factor] * draw.standard_normal(n)
            measured[factor] = np.clip(seen, 0.0, self.range[factor])
        velocity = np.maximum(gas * self.velocity_factor + 0.07 * draw.standard_normal(n), 0.0)
        pressure = -0.08 - 0.10 * load / usual + 0.005 * draw.standard_normal(n)
        measured |= {VELOCITY: velocity, TEMPERATURE: temperature, PRESSURE: pressure, MOISTURE: moisture}
        measured[FLOW] = (
            kind.area * velocity * 273 / (273 + temperature) * (101.325 + pressure) / 101.325 * (1 - moisture / 100)
        )
        measured = {factor: rounded(factor, values) for factor, values in measured.items()}
        converted = self.convert(measured)
        for meddling in self.meddlings:
            meddling(self, measured, converted)
        for values in (*measured.values(), *converted.values()):
            values[self.lost] = np.nan
        return measured, converted

    def convert(self, measured: Reported) -> Reported:
        """C × (21 − O2ref) / (21 − O2), oxygen capped at 19 as many loggers do, by the logger's own parameter."""
        capped = np.minimum(measured[O2], 19.0)
        return {
            factor: rounded(factor, measured[factor] * (21.0 - self.reference) / (21.0 - capped))
            for factor in self.kind.levels
        }


def rounded(factor: str, values: Series) -> Series:
    """Values in the logger's steps."""
    step = RESOLUTION[factor]
    return np.round(np.round(values / step) * step, 6)


def zlib_of(text: str) -> int:
    """A small number of a text, the same in every process."""
    import zlib

    return zlib.crc32(text.encode())
