"""Several sources at once: outlets that send each other's numbers, and a city's stations with what is done to one.

Outlets are those of outlet.py. A city's air is a field that all its stations share, a part of each station's own, and
noise; magnitudes are those of a northern city in winter.
"""

from collections.abc import Callable
from typing import Any, Final
from zlib import crc32

import numpy as np

from lantian_proto.readings import Period, Stat
from lantian_simulator.scenarios.emit import honest_outlet, outlet_scene
from lantian_simulator.scenarios.kinds import KINDS
from lantian_simulator.scenarios.outlet import DAY, Outlet, Reported, rounded
from lantian_simulator.scenarios.tables import HOUR_MS, Gathered, Scene, Series, Truth, joined

PM10, PM25, NO2, CO = "a34002", "a34004", "a21004", "a21005"
STATIONS: Final = 6
CITY_DAYS: Final = 18
LEARNT_HOURS: Final = 11 * 24
DELAY_MS: Final = 120_000


def siblings(name: str, seed: int, start_ms: int, days: int) -> tuple[Outlet, Outlet]:
    """Two honest outlets of one works behind one process: they share the load and nothing else."""
    kind = KINDS[(seed + len(name)) % len(KINDS)]
    one, other = (honest_outlet(f"{name}-{letter}", kind, seed, start_ms, days) for letter in "ab")
    other.load = np.clip(one.load * (1 + 0.02 * other.wander(300)), 0.3, 1.1)
    return one, other


def honest_siblings(name: str, seed: int, start_ms: int, days: int) -> Scene:
    """Nothing is done to them."""
    return joined(outlet_scene(one) for one in siblings(name, seed, start_ms, days))


def cloned_outlet(name: str, seed: int, start_ms: int, days: int) -> Scene:
    """The first outlet's signal goes to the second one's logger as well, with another slope and offset at times."""
    one, other = siblings(name, seed, start_ms, days)
    length = int(one.draw.uniform(3, 14)) * DAY
    begin = int(one.draw.integers(2, max(3, days - length // DAY - 1))) * DAY
    end = min(begin + length, one.minutes)
    slope = float(one.draw.choice([1.0, 1.0, one.draw.uniform(0.7, 1.3)]))
    offset = float(one.draw.choice([0.0, one.draw.uniform(0.2, 1.5)]))
    seen: Reported = {}

    def keep(_: Outlet, measured: Reported, converted: Reported) -> None:
        seen.update({factor: measured[factor].copy() for factor in one.kind.levels})

    def copy(outlet: Outlet, measured: Reported, converted: Reported) -> None:
        for factor, values in seen.items():
            measured[factor][begin:end] = rounded(factor, values[begin:end] * slope + offset)
        again = outlet.convert(measured)
        for factor in seen:
            converted[factor][begin:end] = again[factor][begin:end]

    one.meddlings.append(keep)
    other.meddlings.append(copy)
    first, second = outlet_scene(one), outlet_scene(other)  # in this order: the copy needs what was seen
    scene = joined((first, second))
    moves = bool(one.running[begin:end].mean() > 0.7 and other.running[begin:end].mean() > 0.7)
    scene.truths.append(Truth(one.source, "cloned-outlet", one.ms(begin), one.ms(end - 1) + 60_000, slope, sure=moves))
    return scene


class City:
    """Hours of the stations of a city by factor, as (stations, hours)."""

    def __init__(self, name: str, division: str, seed: int, start_ms: int, days: int) -> None:
        self.name, self.division, self.start_ms = name, division, start_ms
        self.draw = np.random.default_rng((seed, crc32(name.encode())))
        self.hours = days * 24
        self.truths: list[Truth] = []
        shared, clock = self._wander(30, 1)[0], np.arange(self.hours)
        daily = 1 + 0.18 * np.cos(2 * np.pi * (clock - 8) / 24)
        rain = np.ones(self.hours)
        for begin in self.draw.integers(0, self.hours, int(self.draw.integers(1, 3))):
            rain[begin : begin + int(self.draw.integers(4, 14))] = 0.45  # over the whole city
        field = 55 * np.exp(0.55 * shared) * daily * rain
        local = np.exp(self.draw.normal(0, 0.12, (STATIONS, 1)) + 0.10 * self._wander(8, STATIONS))
        self.values = {
            PM25: field * local * np.exp(0.05 * self._noise()),
            PM10: (field * 1.5 + 22) * local * np.exp(0.08 * self._wander(5, STATIONS) + 0.06 * self._noise()),
            NO2: 0.045 * np.exp(0.3 * shared + 0.12 * self._wander(6, STATIONS) + 0.06 * self._noise()),
            CO: 0.9 * np.exp(0.35 * shared + 0.10 * self._wander(8, STATIONS) + 0.05 * self._noise()),
        }
        self.site: Series | None = None

    def _noise(self) -> Series:
        return np.asarray(self.draw.standard_normal((STATIONS, self.hours)), np.float64)

    def _wander(self, hours: float, count: int) -> Series:
        keep = float(np.exp(-1 / hours))
        noise = self.draw.standard_normal((count, self.hours)) * np.sqrt(1 - keep * keep)
        found = np.empty((count, self.hours))
        value = self.draw.standard_normal(count)
        for hour in range(self.hours):
            value = keep * value + noise[:, hour]
            found[:, hour] = value
        return found

    def station(self, place: int) -> str:
        """Name of a station."""
        return f"{self.name}-{place}"

    def label(
        self, source: str, mechanism: str, begin: int, end: int, strength: float, factor: str, sure: bool
    ) -> None:
        """Writes down what was done."""
        start_ms, end_ms = (self.start_ms + hour * HOUR_MS for hour in (begin, end))
        self.truths.append(Truth(source, mechanism, start_ms, end_ms, strength, factor, sure))

    def scene(self) -> Scene:
        """What the stations send: an hour mean each hour, with short gaps."""
        gathered, sources = Gathered(), []
        times = self.start_ms + np.arange(self.hours, dtype=np.int64) * HOUR_MS
        rows = [(self.station(place), {code: held[place] for code, held in self.values.items()}, False)
                for place in range(STATIONS)]  # fmt: skip
        if self.site is not None:
            rows.append((f"{self.name}-site", {PM10: self.site}, True))
        for source, series, dust_site in rows:
            kept = self.draw.random(self.hours) > 0.01
            for code, held in series.items():
                values = np.round(held, 4 if code == NO2 else 2 if code == CO else 0)
                gathered.add(source, code, Stat.AVG, Period.HOUR, times, values, delay_ms=DELAY_MS, kept=kept)
            sources.append({"id": source, "kind": "station", "division_code": self.division, "dust_site": dust_site,
                            "feeds": [{"id": f"feed-{source}", "sends_hours": True}]})  # fmt: skip
        self._hot_hours()
        registry: dict[str, Any] = {"sources": sources}
        return Scene(registry, gathered.columns(), self.truths, len(rows) * self.hours / 720)

    def _hot_hours(self) -> None:
        """Stretches that are hot by the definition (domain D26), whatever made them so; nobody has to find them."""
        for code in (PM25, PM10):
            held = np.round(self.values[code])
            for place, own in enumerate(held):
                usual = np.array([np.quantile(own[max(0, hour - 720) : hour + 1], 0.9) for hour in range(self.hours)])
                hot = np.flatnonzero((own > 1.25 * held.mean(axis=0)) & (own >= 0.97 * usual))
                for run in np.split(hot, np.flatnonzero(np.diff(hot) > 2) + 1):
                    if len(run) >= 3:
                        self.label(self.station(place), "hot-hours", int(run[0]), int(run[-1]) + 1, 1.3, code, False)


def station_mist(city: City) -> None:
    """A mist cannon stands at a station for hours: particles are washed out around the inlet, gases are not."""
    begin, length = int(city.draw.integers(LEARNT_HOURS, city.hours - 30)), int(city.draw.integers(3, 13))
    place, left = int(city.draw.integers(STATIONS)), float(city.draw.uniform(0.2, 0.5))
    for code, washed in ((PM10, left), (PM25, min(1.0, left * 1.15))):
        city.values[code][place, begin : begin + length] *= washed
    city.label(city.station(place), "station-mist", begin, begin + length, left, PM10, left <= 0.4 and length >= 5)


def hot_spot(city: City) -> None:
    """Somebody burns, digs or idles upwind of one station for hours."""
    begin, length = int(city.draw.integers(LEARNT_HOURS, city.hours - 30)), int(city.draw.integers(6, 20))
    place, times = int(city.draw.integers(STATIONS)), float(city.draw.uniform(1.6, 3.0))
    around = [np.median(city.values[code][:, begin : begin + length]) for code in (PM25, PM10)]
    for code in (PM25, PM10):
        city.values[code][place, begin : begin + length] *= times
    sure = times >= 2.2 and around[0] > 60 and around[1] > 90  # above its own usual high too
    city.label(city.station(place), "hot-spot", begin, begin + length, times, "", sure)


def dust_works(city: City) -> None:
    """Earthwork without water: the site's dust rises far above the county's for a shift."""
    begin, length = int(city.draw.integers(48, city.hours - 30)), int(city.draw.integers(3, 10))
    above = float(city.draw.uniform(90, 400))
    assert city.site is not None
    around = city.values[PM10].mean(axis=0)
    city.site[begin : begin + length] = around[begin : begin + length] + above * (1 + 0.1 * city.draw.random(length))
    city.label(f"{city.name}-site", "dust-works", begin, begin + length, above, PM10, above > 95)


CITY_MECHANISMS: Final[dict[str, Callable[[City], None]]] = {
    "station-mist": station_mist, "hot-spot": hot_spot, "dust-works": dust_works,
}  # fmt: skip
OUTLET_GROUPS: Final = {"cloned-outlet": cloned_outlet, "honest-siblings": honest_siblings}
CITIES: Final = "honest-city"
TOGETHER: Final = (*OUTLET_GROUPS, *CITY_MECHANISMS, CITIES)
"""What can be done to several sources, and the groups nothing is done to; `division` keeps cities of a run apart."""


def together_scene(mechanism: str, name: str, division: str, seed: int, start_ms: int, days: int) -> Scene:
    """A group of sources with a mechanism; every city has a building site of its own."""
    if mechanism in OUTLET_GROUPS:
        return OUTLET_GROUPS[mechanism](name, seed, start_ms, days)
    city = City(name, division, seed, start_ms, CITY_DAYS)
    work = np.clip(np.sin(2 * np.pi * (np.arange(city.hours) - 8) / 24), 0, 1)
    city.site = city.values[PM10].mean(axis=0) + 8 + 40 * work * city.draw.random(city.hours)
    if mechanism != CITIES:
        CITY_MECHANISMS[mechanism](city)
    return city.scene()
