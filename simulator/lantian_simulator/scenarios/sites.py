"""Places that send events rather than a stack's gas: petrol stations, gates, inspection lines, flares and valves,
and townships seen by satellites.

Magnitudes are typical; each place has a week or two of its own, honest but for what a mechanism does to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np

from lantian_proto.readings import Period, Stat
from lantian_simulator.scenarios.tables import DAY_MS, HOUR_MS, Gathered, Scene, Series, Times, Truth

RATIO, STAGE, LIFTED = "r07301", "t07206", "t07210"
OPACITY, NOX, DURATION = "y07602", "y07603", "y07609"
FIRES, SURE, POWER, LONGITUDE, LATITUDE = "f07801", "f07802", "f07803", "f07804", "f07805"
VALVE, FLARE, FLARE_GAS = "k07401", "k07404", "k07405"
DELAY_MS = 5_000


@dataclass
class Place:
    """Events of a place: times in the order of the day, and values by factor; or process values each ten minutes."""

    source: str
    kind: str
    start_ms: int
    days: int
    draw: Any
    times: Times
    values: dict[str, Series]
    period: Period = Period.REAL_TIME
    truths: list[Truth] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def days_of(self, least: int, most: int) -> tuple[int, int]:
        """Some days in the middle, as first and last place of their events; at least two days before them."""
        length = int(self.draw.integers(least, most + 1))
        first = int(self.draw.integers(2, max(3, self.days - length)))
        begin, end = (self.start_ms + day * DAY_MS for day in (first, min(first + length, self.days)))
        return int(np.searchsorted(self.times, begin)), int(np.searchsorted(self.times, end))

    def label(self, mechanism: str, begin: int, end: int, strength: float, factor: str = "") -> None:
        """Writes down what was done to the events of a span."""
        start, until = int(self.times[begin]), int(self.times[end - 1]) + HOUR_MS
        self.truths.append(Truth(self.source, mechanism, start, until, strength, factor))


def _place(name: str, kind: str, seed: int, start_ms: int, days: int, a_day: int, hours: tuple[float, float]) -> Place:
    draw = np.random.default_rng((seed, crc32(name.encode())))
    times = []
    for day in range(days):
        count = int(draw.poisson(a_day))
        seconds = np.sort(draw.uniform(hours[0] * 3600, hours[1] * 3600, count).astype(np.int64))
        times.append(start_ms + day * DAY_MS + np.unique(seconds) * 1000)
    return Place(name, kind, start_ms, days, draw, np.concatenate(times), {})


def gun(name: str, seed: int, start_ms: int, days: int) -> Place:
    """A fuelling gun: some eighty sales a day, a ratio like a bell around 1.1."""
    place = _place(name, "device", seed, start_ms, days, 85, (6, 23))
    place.values[RATIO] = np.round(1.09 + 0.055 * place.draw.standard_normal(len(place.times)), 2)
    return place


def gate(name: str, seed: int, start_ms: int, days: int) -> Place:
    """A lane of a plant's gate: trucks of stages V and VI and electric ones, now and then a barrier lifted by hand."""
    place = _place(name, "gate", seed, start_ms, days, 60, (0, 24))
    count = len(place.times)
    place.values[STAGE] = place.draw.choice([5.0, 6.0, 9.0], count, p=[0.35, 0.55, 0.10])
    place.values[LIFTED] = np.zeros(count)
    return place


def line(name: str, seed: int, start_ms: int, days: int) -> Place:
    """An inspection line for diesel vehicles: no two of them alike."""
    place = _place(name, "device", seed, start_ms, days, 32, (8, 18))
    count = len(place.times)
    place.values[OPACITY] = np.round(np.exp(-1.2 + 0.7 * place.draw.standard_normal(count)), 2)
    place.values[NOX] = np.round(np.exp(6.2 + 0.4 * place.draw.standard_normal(count)))
    place.values[DURATION] = np.round(190 + 45 * np.abs(place.draw.standard_normal(count)))
    return place


def process(name: str, seed: int, start_ms: int, days: int) -> Place:
    """A flare that burns and a bypass valve that is shut, each ten minutes from the control system."""
    draw = np.random.default_rng((seed, crc32(name.encode())))
    count = days * 144
    times = start_ms + np.arange(count, dtype=np.int64) * 600_000
    values = {
        VALVE: np.abs(0.3 * draw.standard_normal(count)),
        FLARE: 860 + 25 * draw.standard_normal(count),
        FLARE_GAS: 240 + 30 * draw.standard_normal(count),
    }
    return Place(name, "device", start_ms, days, draw, times, values, Period.MINUTE)


def township(name: str, seed: int, start_ms: int, days: int) -> Place:
    """What satellites see of a township: now and then a warm pixel nobody is sure of, in an hour of its own."""
    draw = np.random.default_rng((seed, crc32(name.encode())))
    hours = np.flatnonzero(draw.random(days * 24) < 0.25 / 24)
    place = Place(name, "device", start_ms, days, draw, np.empty(0, np.int64), {}, Period.HOUR)
    place.values = {code: np.empty(0) for code in (FIRES, SURE, POWER, LONGITUDE, LATITUDE)}
    _see(place, hours, draw.uniform(5, 45, len(hours)), np.ones(len(hours)))
    return place


def _see(place: Place, hours: Times, sure: Series, points: Series) -> None:
    """Adds hours with fire; an hour that has one already takes the new one."""
    seen = {FIRES: points, SURE: np.round(sure), POWER: np.round(points * place.draw.uniform(2, 9, len(hours)), 1)}
    for code, middle in ((LONGITUDE, 118.3), (LATITUDE, 39.6)):
        seen[code] = np.round(middle + place.draw.uniform(-0.03, 0.03, len(hours)), 4)
    times = np.concatenate((place.start_ms + hours * HOUR_MS, place.times)).astype(np.int64)
    place.times, chosen = np.unique(times, return_index=True)
    place.values = {code: np.concatenate((seen[code], held))[chosen] for code, held in place.values.items()}


def place_scene(place: Place) -> Scene:
    """Everything the place sends."""
    gathered = Gathered()
    stat = Stat.RTD if place.period is Period.REAL_TIME else Stat.AVG
    for code, values in place.values.items():
        gathered.add(place.source, code, stat, place.period, place.times, np.round(values, 3), 0, DELAY_MS)
    kind = place.kind if place.kind == "gate" else "outlet"
    tens = {"id": f"feed-{place.source}", "minute_interval_minutes": 10, "sends_hours": False}
    # Who sends events has no interval: a night without a vehicle is no silence.
    entry: dict[str, Any] = {"id": place.source, "kind": kind, "feeds": []}
    if place.period is Period.MINUTE:
        entry["feeds"] = [tens]
    registry = {"sources": [entry], "changes": place.changes}
    return Scene(registry, gathered.columns(), list(place.truths), place.days / 30)


def vapour_pump_weak(place: Place) -> bool:
    """The vacuum pump is worn: too little vapour comes back."""
    begin, end = place.days_of(3, 6)
    place.values[RATIO][begin:end] = np.round(place.values[RATIO][begin:end] - place.draw.uniform(0.25, 0.5), 2)
    place.label("vapour-pump-weak", begin, end, 1.0, RATIO)
    return True


def vapour_rewritten(place: Place) -> bool:
    """The hidden switch of the terminal: every ratio becomes 1.00 to 1.19."""
    begin, end = place.days_of(5, 9)
    place.values[RATIO][begin:end] = (100 + place.draw.integers(0, 20, end - begin)) / 100
    place.label("vapour-rewritten", begin, end, 1.0, RATIO)
    return True


def old_trucks(place: Place) -> bool:
    """During a response the plant lets stage III and IV trucks in as ever."""
    begin, end = place.days_of(2, 4)
    some = np.arange(begin, end)[place.draw.random(end - begin) < 0.15]
    if not len(some):
        return False
    place.values[STAGE][some] = place.draw.choice([3.0, 4.0], len(some))
    duty = {"source_id": place.source, "measure": "limit", "allowed_share": 0.5, "warning_id": "w", "level": "orange"}
    times = {"start_ms": int(place.times[begin]) // HOUR_MS * HOUR_MS, "end_ms": int(place.times[end - 1]) + HOUR_MS}
    place.changes.append({"kind": "response", "id": f"response-{place.source}", "entity": duty | times})
    place.label("old-trucks", begin, end, float(len(some)), STAGE)
    return True


def barrier_lifted(place: Place) -> bool:
    """The guard lifts the barrier and no plate is read."""
    begin, end = place.days_of(2, 5)
    some = np.arange(begin, end)[place.draw.random(end - begin) < 0.3]
    if len(some) < 6:
        return False
    place.values[LIFTED][some] = 1.0
    place.label("barrier-lifted", begin, end, float(len(some)), LIFTED)
    return True


def results_copied(place: Place) -> bool:
    """One good result is used for the next vehicles as well."""
    begin, end = place.days_of(3, 6)
    for first in range(begin, end, 8):
        until = min(first + 8, end)
        for code in (OPACITY, NOX):
            place.values[code][first:until] = place.values[code][first]
    place.label("results-copied", begin, end, 1.0)
    return True


def tests_too_short(place: Place) -> bool:
    """Vehicles are waved through: seconds instead of minutes."""
    begin, end = place.days_of(2, 5)
    place.values[DURATION][begin:end] = np.round(place.draw.uniform(15, 45, end - begin))
    place.label("tests-too-short", begin, end, 1.0, DURATION)
    return True


def valve_open(place: Place) -> bool:
    """The bypass of the burner is opened for a shift."""
    begin = int(place.draw.integers(288, len(place.times) - 300))
    end = begin + int(place.draw.integers(18, 120))
    place.values[VALVE][begin:end] = place.draw.uniform(20, 100)
    place.label("valve-open", begin, end, 1.0, VALVE)
    return True


def flare_dead(place: Place) -> bool:
    """The flare goes out and gas goes on to it."""
    begin = int(place.draw.integers(288, len(place.times) - 300))
    end = begin + int(place.draw.integers(18, 120))
    place.values[FLARE][begin:end] = place.draw.uniform(20, 300)
    place.label("flare-dead", begin, end, 1.0, FLARE)
    return True


def straw_fires(place: Place) -> bool:
    """Stubble burns on some evenings; passages of an evening see it once or twice."""
    first, evenings = int(place.draw.integers(2, place.days - 4)), int(place.draw.integers(1, 4))
    hours = np.concatenate(
        [24 * (first + day) + np.sort(place.draw.choice(np.arange(17, 23), int(place.draw.integers(1, 3)), False))
         for day in range(evenings)]
    )  # fmt: skip
    points = place.draw.integers(1, 9, len(hours)).astype(np.float64)
    _see(place, hours, place.draw.uniform(52, 98, len(hours)), points)
    start, until = (place.start_ms + int(hour) * HOUR_MS for hour in (hours[0], hours[-1] + 1))
    place.truths.append(Truth(place.source, "straw-fires", start, until, float(points.max()), FIRES))
    return True


Builder = Callable[[str, int, int, int], Place]

SITE_MECHANISMS: dict[str, tuple[Builder, Callable[[Place], bool]]] = {
    "vapour-pump-weak": (gun, vapour_pump_weak),
    "vapour-rewritten": (gun, vapour_rewritten),
    "old-trucks": (gate, old_trucks),
    "barrier-lifted": (gate, barrier_lifted),
    "results-copied": (line, results_copied),
    "tests-too-short": (line, tests_too_short),
    "valve-open": (process, valve_open),
    "flare-dead": (process, flare_dead),
    "straw-fires": (township, straw_fires),
}
"""What can be done at such a place, by name, and the kind of place it is done at."""

HONEST_SITES: tuple[Builder, ...] = (gun, gate, line, process, township)
"""Kinds of places, for honest ones."""
