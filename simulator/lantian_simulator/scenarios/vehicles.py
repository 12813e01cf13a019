"""Diesel trucks with remote monitoring: trips, load, SCR, reagent, position; and what is done to them.

One value each 30 s while the ignition is on (vehicle.md); magnitudes are typical of a China VI truck, not of any one.
"""

from collections.abc import Callable
from functools import partial
from zlib import crc32

import numpy as np

from lantian_proto.readings import Period, Stat
from lantian_simulator.scenarios.tables import DAY_MS, Gathered, Scene, Series, Truth

SPEED, ENGINE, UP, DOWN, REAGENT, INLET = "v07001", "v07005", "v07007", "v07008", "v07009", "v07011"
MILEAGE, LONGITUDE, LATITUDE, FIX, LAMP = "v07016", "v07017", "v07018", "v07019", "v07040"
AIR, FILTER, COOLANT, REMOVED = "v07010", "v07013", "v07014", "v07061"
FUEL_USED, REAGENT_USED = "v07031", "v07034"
LITRES_A_KM, REAGENT_G_A_LITRE = 0.3, 42.0  # five percent of the diesel's mass
STEP_S = 30
STEPS = 86_400 // STEP_S
KM_A_DEGREE = 111.0


class Truck:
    """A truck over some days; arrays have one value each 30 s, `on` says when the ignition is."""

    def __init__(self, source: str, seed: int, start_ms: int, days: int) -> None:
        self.source, self.start_ms, self.days = source, start_ms, days
        self.draw = np.random.default_rng((seed, crc32(source.encode())))
        n = self.n = days * STEPS
        self.truths: list[Truth] = []
        self.on = np.zeros(n, np.bool_)
        self.sent = np.ones(n, np.bool_)
        for day in range(days):
            begin = day * STEPS + int(self.draw.uniform(5, 9) * 120)
            for _ in range(int(self.draw.integers(1, 4))):
                length = int(self.draw.uniform(1.5, 4) * 120)
                self.on[begin : begin + length] = True
                begin += length + int(self.draw.uniform(0.5, 2) * 120)
        self.speed = np.where(self.on, np.clip(48 + 26 * self._wander(20) + 8 * self._wander(3), 0, 96), 0.0)
        idle = self._wander(6) < -1.1
        self.speed[idle] = 0.0
        self.efficiency = np.full(n, float(self.draw.uniform(0.90, 0.98)))
        self.refill = 12.0
        self.use = float(self.draw.uniform(0.012, 0.03))  # percent of the tank a kilometre
        self.changes: list[Callable[[dict[str, Series]], None]] = []

    def _wander(self, minutes: float) -> Series:
        count = int(self.n * STEP_S / 60 / (minutes / 3)) + 3
        knots = self.draw.standard_normal(count)
        return np.interp(np.arange(self.n), np.linspace(0, self.n, count), knots)

    def hours_on(self, least: int) -> tuple[int, int]:
        """A stretch of so many hours at least, on different days, in which the truck is used; begin and end step."""
        begin = int(self.draw.integers(STEPS, max(STEPS + 1, self.n - 2 * STEPS)))
        while not self.on[begin]:
            begin = (begin + 10) % (self.n - STEPS)
        end, used = begin, 0
        while end < self.n - 1 and used < least * 120:
            used += int(self.on[end])
            end += 1
        return begin, end

    def ms(self, step: int) -> int:
        """Time of a step."""
        return self.start_ms + step * STEP_S * 1000

    def label(self, mechanism: str, begin: int, end: int, strength: float, sure: bool = True) -> None:
        """Writes down what was done."""
        self.truths.append(Truth(self.source, mechanism, self.ms(begin), self.ms(end), strength, sure=sure))

    def values(self) -> dict[str, Series]:
        """What the terminal sees."""
        n, moving = self.n, self.speed > 1
        engine = np.where(self.on, np.where(moving, 950 + 7 * self.speed + 60 * self._wander(2), 620), 0.0)
        warm = np.clip(np.convolve(self.on.astype(float), np.ones(30) / 30)[:n], 0, 1)
        inlet = np.where(self.on, 110 + 190 * warm + 30 * self._wander(8) + 0.4 * self.speed, 20.0)
        up = np.where(self.on, np.clip(450 + 5 * self.speed + 160 * self._wander(1.5), 40, 2200), 0.0)
        works = np.clip((inlet - 200) / 60, 0, 1)
        down = up * (1 - self.efficiency * works) * (1 + 0.1 * self.draw.standard_normal(n)) + 4
        distance = np.cumsum(self.speed) * STEP_S / 3600
        mileage = 120_000 + distance
        level = 85 - (distance * self.use) % (85 - self.refill)
        air = np.where(self.on, 60 + 5.5 * self.speed + 20 * self._wander(2), 0.0)
        hours_on = np.convolve(self.on.astype(float), np.ones(60) / 60)[:n]
        coolant = np.where(self.on, 25 + 60 * np.clip(1.6 * hours_on, 0, 1) + 2 * self._wander(15), 20.0)
        heading = np.cumsum(0.02 * self.draw.standard_normal(n))
        legs = self.speed * STEP_S / 3600 / KM_A_DEGREE
        found = {
            SPEED: self.speed, ENGINE: engine, UP: up, DOWN: np.clip(down, 0, 3000), REAGENT: level, INLET: inlet,
            MILEAGE: mileage, LONGITUDE: 116.0 + np.cumsum(legs * np.cos(heading)),
            LATITUDE: 39.0 + np.cumsum(legs * np.sin(heading)), FIX: np.ones(n), LAMP: np.zeros(n),
            AIR: air, FILTER: np.where(self.on, 0.3 + 2.2e-5 * air**2, 0.0), COOLANT: coolant,
            REMOVED: np.zeros(n), FUEL_USED: 40_000 + distance * LITRES_A_KM,
            REAGENT_USED: 1_700_000 + distance * LITRES_A_KM * REAGENT_G_A_LITRE,
        }  # fmt: skip
        found[FIX][self.draw.random(n) < 0.01] = 0
        for change in self.changes:
            change(found)
        return found


RESOLUTION = {
    SPEED: 1 / 256, ENGINE: 0.125, UP: 0.05, DOWN: 0.05, REAGENT: 0.4, INLET: 0.03125, MILEAGE: 0.1,
    LONGITUDE: 1e-6, LATITUDE: 1e-6, FIX: 1.0, LAMP: 1.0, AIR: 0.05, FILTER: 0.1, COOLANT: 1.0,
    REMOVED: 1.0, FUEL_USED: 0.5, REAGENT_USED: 1.0,
}  # fmt: skip


def truck_scene(truck: Truck) -> Scene:
    """Everything the terminal sends."""
    gathered = Gathered()
    times = truck.start_ms + np.arange(truck.n, dtype=np.int64) * STEP_S * 1000
    for code, values in truck.values().items():
        rounded = np.round(np.round(values / RESOLUTION[code]) * RESOLUTION[code], 6)
        gathered.add(truck.source, code, Stat.RTD, Period.REAL_TIME, times, rounded, 0, 3_000, truck.on & truck.sent)
    feed = {"id": f"feed-{truck.source}", "protocol": "gb17691", "sends_hours": False}
    entry = {"id": truck.source, "kind": "vehicle", "feeds": [feed]}
    return Scene({"sources": [entry]}, gathered.columns(), list(truck.truths), truck.days * DAY_MS / (30 * DAY_MS))


def catalyst_dead(truck: Truck) -> bool:
    """The catalyst is gone, poisoned, or gets water for reagent: NOx passes."""
    begin, end = truck.hours_on(int(truck.draw.integers(4, 20)))
    left = float(truck.draw.uniform(0.0, 0.3))
    truck.efficiency[begin:end] = left
    truck.label("catalyst-dead", begin, end, 1 - left)
    return True


def mirrored_sensor(truck: Truck) -> bool:
    """An emulator sends the upstream sensor's value downstream as well."""
    begin, end = truck.hours_on(int(truck.draw.integers(4, 20)))
    ratio = float(truck.draw.uniform(0.985, 1.015))

    def mirror(found: dict[str, Series]) -> None:
        found[DOWN][begin:end] = found[UP][begin:end] * ratio

    truck.changes.append(mirror)
    truck.label("mirrored-sensor", begin, end, 1.0)
    return True


def reagent_empty(truck: Truck) -> bool:
    """Nobody fills the reagent tank."""
    begin, end = truck.hours_on(int(truck.draw.integers(4, 20)))
    left = float(truck.draw.choice([0.0, 0.4, 0.8]))

    def drain(found: dict[str, Series]) -> None:
        found[REAGENT][begin:end] = left

    truck.changes.append(drain)
    truck.efficiency[begin:end] = 0.05
    truck.label("reagent-empty", begin, end, 1.0)
    return True


def lamp_on(truck: Truck) -> bool:
    """The malfunction lamp burns for days and the truck goes on."""
    begin, end = truck.hours_on(int(truck.draw.integers(3, 25)))

    def light(found: dict[str, Series]) -> None:
        found[LAMP][begin:end] = 1.0

    truck.changes.append(light)
    truck.label("lamp-on", begin, end, 1.0)
    return True


def position_frozen(truck: Truck) -> bool:
    """The antenna is shielded or the terminal sends a stored place."""
    begin, end = truck.hours_on(int(truck.draw.integers(3, 15)))

    def freeze(found: dict[str, Series]) -> None:
        for code in (LONGITUDE, LATITUDE):
            found[code][begin:end] = found[code][begin]
        found[FIX][begin:end] = 1.0

    truck.changes.append(freeze)
    truck.label("position-frozen", begin, end, 1.0)
    return True


def unplugged(truck: Truck, tries: int = 1) -> bool:
    """The terminal is pulled for hours of driving, the odometer counts on.

    `tries`: other hours are looked for, so often, until it is pulled within a day of driving before and after.
    """
    for _ in range(tries):
        begin, end = truck.hours_on(int(truck.draw.integers(2, 7)))
        end = min(end, begin + STEPS)
        after = np.flatnonzero(truck.on & truck.sent & (np.arange(truck.n) >= end))
        if not len(after):
            continue
        before = np.flatnonzero(truck.on & truck.sent & (np.arange(truck.n) < begin))
        silent = (int(after[0]) - int(before[-1]) if len(before) else truck.n) / 120
        if silent < 24:
            break
    if not len(after):
        return False
    truck.sent[begin:end] = False
    kilometres = float(truck.speed[begin:end].sum() * STEP_S / 3600)
    # Whoever is away for more than a day is as good as parked: nobody keeps the mileage of the day before.
    truck.label("unplugged", begin, int(after[0]) + 120, kilometres, sure=silent < 24)
    return kilometres > 0


def dummy_engine(truck: Truck) -> bool:
    """The bus is cut: speed comes from the satellites, the engine stays at nought."""
    begin, end = truck.hours_on(int(truck.draw.integers(3, 15)))

    def cut(found: dict[str, Series]) -> None:
        found[ENGINE][begin:end] = 0.0

    truck.changes.append(cut)
    truck.label("dummy-engine", begin, end, 1.0)
    return True


def nox_unplugged(truck: Truck) -> bool:
    """The sensor behind the catalyst is unplugged: the terminal sends nothing of it."""
    begin, end = truck.hours_on(int(truck.draw.integers(8, 20)))

    def unplug(found: dict[str, Series]) -> None:
        found[DOWN][begin:end] = np.nan

    truck.changes.append(unplug)
    truck.label("nox-unplugged", begin, end, 1.0)
    return True


def reagent_emulated(truck: Truck) -> bool:
    """An emulator holds the level of the reagent where it was."""
    begin, end = truck.hours_on(int(truck.draw.integers(14, 24)))

    def hold(found: dict[str, Series]) -> None:
        found[REAGENT][begin:end] = 60.0

    truck.changes.append(hold)
    truck.efficiency[begin:end] = 0.05
    truck.label("reagent-emulated", begin, end, 1.0)
    return True


def reagent_starved(truck: Truck) -> bool:
    """The pump is made to inject a part only, and the engine's own totals of reagent and fuel tell of it."""
    begin, end = truck.hours_on(int(truck.draw.integers(24, 40)))
    share = float(truck.draw.uniform(0.0, 0.4))

    def starve(found: dict[str, Series]) -> None:
        total = found[REAGENT_USED]
        saved = (1 - share) * (total[begin:end] - total[begin])
        total[end:] -= saved[-1] if len(saved) else 0.0
        total[begin:end] -= saved

    truck.changes.append(starve)
    truck.efficiency[begin:end] = share
    truck.label("reagent-starved", begin, end, 1 - share)
    return True


def filter_removed(truck: Truck) -> bool:
    """The particle filter is taken out or drilled through."""
    begin, end = truck.hours_on(int(truck.draw.integers(8, 20)))

    def take_out(found: dict[str, Series]) -> None:
        found[FILTER][begin:end] = float(truck.draw.uniform(0.0, 0.1))

    truck.changes.append(take_out)
    truck.label("filter-removed", begin, end, 1.0)
    return True


def coolant_emulated(truck: Truck) -> bool:
    """A resistor in the place of the coolant sensor: the engine seems cold, and no reagent is injected."""
    begin, end = truck.hours_on(int(truck.draw.integers(14, 24)))

    def cool(found: dict[str, Series]) -> None:
        found[COOLANT][begin:end] = np.where(truck.on[begin:end], float(truck.draw.uniform(20, 48)), 20.0)

    truck.changes.append(cool)
    truck.label("coolant-emulated", begin, end, 1.0)
    return True


def terminal_removed(truck: Truck) -> bool:
    """The terminal is pulled off its holder and says so."""
    begin, end = truck.hours_on(1)

    def alarm(found: dict[str, Series]) -> None:
        found[REMOVED][begin : begin + 10] = 1.0

    truck.changes.append(alarm)
    truck.label("terminal-removed", begin, end, 1.0)
    return True


VEHICLE_MECHANISMS: dict[str, Callable[[Truck], bool]] = {
    "catalyst-dead": catalyst_dead,
    "mirrored-sensor": mirrored_sensor,
    "reagent-empty": reagent_empty,
    "lamp-on": lamp_on,
    "position-frozen": position_frozen,
    "unplugged": unplugged,
    "unplugged-on-the-way": partial(unplugged, tries=40),
    "dummy-engine": dummy_engine,
    "nox-unplugged": nox_unplugged,
    "reagent-emulated": reagent_emulated,
    "reagent-starved": reagent_starved,
    "filter-removed": filter_removed,
    "coolant-emulated": coolant_emulated,
    "terminal-removed": terminal_removed,
}
"""What can be done to a truck, by name."""
