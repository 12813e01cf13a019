"""Several sources at once: outlets that send each other's numbers, and a city's stations with what is done to them.

Outlets are those of outlet.py, cities those of city.py.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from lantian_simulator.scenarios.city import CITY_DAYS, INDEX, LEARNT_HOURS, PM10, PM25, STATIONS, City
from lantian_simulator.scenarios.emit import honest_outlet, outlet_scene
from lantian_simulator.scenarios.kinds import KINDS
from lantian_simulator.scenarios.outlet import DAY, Outlet, Reported, rounded
from lantian_simulator.scenarios.tables import Scene, Truth, joined

HAZY: Final = {PM25: 60.0, PM10: 90.0}
"""µg/m³ around a station from which on a rise of 2.2 times lies above the station's own usual high too."""


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
    span = (one.ms(begin), one.ms(end - 1) + 60_000)
    scene.truths.append(Truth(one.source, "cloned-outlet", *span, slope, sure=moves))
    # The first one's calibration gas, stops and peaks, without its marks.
    scene.truths.append(Truth(other.source, "copies-another", *span, slope, sure=False))
    return scene


def station_mist(city: City, least_hours: int = 3, most_left: float = 0.5, *, hazy: bool = False) -> None:
    """A mist cannon stands at a station for hours: particles are washed out around the inlet, gases are not.

    `hazy`: when there is something to be washed out.
    """
    begin, length = int(city.draw.integers(LEARNT_HOURS, city.hours - 30)), int(city.draw.integers(least_hours, 13))
    place, left = int(city.draw.integers(STATIONS)), float(city.draw.uniform(0.2, most_left))
    begin = _hazy_hour(city, length) if hazy else begin
    for code, washed in ((PM10, left), (PM25, min(1.0, left * 1.15))):
        city.values[code][place, begin : begin + length] *= washed
    city.label(city.station(place), "station-mist", begin, begin + length, left, PM10, left <= 0.4 and length >= 5)


def _hazy_hour(city: City, length: int) -> int:
    """A beginning of so many hours in which the whole city is hazy; where there is none, the air stands still then."""
    ratios = {
        begin: min(
            float(np.median(city.values[code][:, begin : begin + length])) / least for code, least in HAZY.items()
        )
        for begin in range(LEARNT_HOURS, city.hours - 30)
    }
    hazy = [begin for begin, ratio in ratios.items() if ratio > 1]
    begin = int(city.draw.choice(hazy)) if hazy else max(ratios, key=ratios.__getitem__)
    for code in HAZY:
        city.values[code][:, begin : begin + length] *= max(1.0, 1.05 / ratios[begin])
    return begin


def straw_night(city: City) -> None:
    """Straw is burnt upwind of one station in a night of still air: its particles rise far above a hazy city's."""
    begin = _hazy_hour(city, 20)
    length, place = int(city.draw.integers(6, 20)), int(city.draw.integers(STATIONS))
    times = float(city.draw.uniform(2.2, 3.0))
    for code in HAZY:
        city.values[code][place, begin : begin + length] *= times
    city.label(city.station(place), "hot-spot", begin, begin + length, times, "", True)


def hot_spot(city: City) -> None:
    """Somebody burns, digs or idles upwind of one station for hours."""
    begin, length = int(city.draw.integers(LEARNT_HOURS, city.hours - 30)), int(city.draw.integers(6, 20))
    place, times = int(city.draw.integers(STATIONS)), float(city.draw.uniform(1.6, 3.0))
    around = [np.median(city.values[code][:, begin : begin + length]) for code in (PM25, PM10)]
    for code in (PM25, PM10):
        city.values[code][place, begin : begin + length] *= times
    sure = times >= 2.2 and all(median > least for median, least in zip(around, HAZY.values(), strict=True))
    city.label(city.station(place), "hot-spot", begin, begin + length, times, "", sure)


def dust_works(city: City) -> None:
    """Earthwork without water: the site's dust rises far above the county's for a shift."""
    begin, length = int(city.draw.integers(48, city.hours - 30)), int(city.draw.integers(3, 10))
    above = float(city.draw.uniform(90, 400))
    assert city.site is not None
    around = city.values[PM10].mean(axis=0)
    city.site[begin : begin + length] = around[begin : begin + length] + above * (1 + 0.1 * city.draw.random(length))
    city.label(f"{city.name}-site", "dust-works", begin, begin + length, above, PM10, above > 95)


def heavy_haze(city: City) -> None:
    """Still air for days: particles pile up over the whole city. Which days are heavy follows from the values."""
    begin, days = int(city.draw.integers(2, CITY_DAYS - 5)) * 24, int(city.draw.integers(1, 5))
    span = slice(begin, begin + 24 * days)
    wanted = float(city.draw.uniform(165, 330))
    piled = wanted / float(city.values[PM25][:, span].mean())
    if piled <= 1:
        return
    ramp = np.minimum(1.0, np.minimum(np.arange(24 * days) + 4, 24 * days - np.arange(24 * days)) / 6)
    for code in (PM25, PM10):
        city.values[code][:, span] *= 1 + (piled - 1) * ramp


def aqi_understated(city: City, least_hours: int = 6, most_left: float = 0.85, *, dirty: bool = False) -> None:
    """Somebody edits what one station publishes; its concentrations go to the network as they are.

    `dirty`: in the worst hours, as whoever wants a better index does.
    """
    begin, length = int(city.draw.integers(30, city.hours - 40)), int(city.draw.integers(least_hours, 30))
    place, left = int(city.draw.integers(STATIONS)), float(city.draw.uniform(0.4, most_left))
    if dirty:
        indices = city.index()[place]
        begin = max(range(30, city.hours - 40), key=lambda hour: float(np.median(indices[hour : hour + length])))
    city.said[place, begin : begin + length] = left
    index = float(np.median(city.index()[place, begin : begin + length]))
    sure = left <= 0.65 and length >= 10 and index > 70
    city.label(city.station(place), "aqi-understated", begin, begin + length, left, INDEX, sure)


def dust_month(city: City) -> None:
    """Bare land and works without water: dustfall of the month before doubles."""
    city.dustfall = np.round(city.dustfall * city.draw.uniform(1.8, 2.8), 1)


CITY_CLEAR: Final[dict[str, Callable[[City], None]]] = {
    "station-mist-near": partial(station_mist, least_hours=5, most_left=0.4, hazy=True),
    "straw-night": straw_night,
    "aqi-worst-hours": partial(aqi_understated, least_hours=10, most_left=0.65, dirty=True),
}  # fmt: skip
"""Strengths with a floor, as `mechanisms.CLEAR`."""
CITY_MECHANISMS: Final[dict[str, Callable[[City], None]]] = {
    "station-mist": station_mist, "hot-spot": hot_spot, "dust-works": dust_works,
    "heavy-haze": heavy_haze, "aqi-understated": aqi_understated, "dust-month": dust_month,
} | CITY_CLEAR  # fmt: skip
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
