"""A city's air in the last full hour: the mean of its stations for each pollutant (HJ 663). Pure.

Which index that makes is said by the dated tables of HJ 633, which alerts holds (`/v1/air/index`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from lantian_proto.factors import by_code
from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.compliance.judge import AVG, Hour

POLLUTANTS: Final = ("a21026", "a21004", "a34002", "a21005", "a05024", "a34004")
"""SO2, NO2, PM10, CO, O3, PM2.5."""
CO: Final = "a21005"
TO_MICROGRAMS: Final = {"mg/m³": 1000.0, "µg/m³": 1.0, "ng/m³": 0.001}
VALID: Final = (0, ord("N"))
LATEST_MS: Final = 3 * HOUR_MS
"""Older hours say nothing of now."""


@dataclass(frozen=True, slots=True)
class CityHour:
    """`means` by pollutant in µg/m³, carbon monoxide in mg/m³, as HJ 633 has them; `stations` gave any of them."""

    division_code: str
    hour_ms: int
    stations: int
    means: Mapping[str, float]


def city_hours(cities: Mapping[str, str], hours: Mapping[str, Iterable[Hour]], now_ms: int) -> list[CityHour]:
    """The newest hour of each city that is not older than three, by division.

    `cities` is the city of each station, `hours` are its means. An hour counts where its mark is N or none was sent.
    """
    found: dict[tuple[str, int], dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for station, kept in hours.items():
        for hour in kept:
            valid = hour.stat == AVG and hour.flag in VALID and hour.factor in POLLUTANTS
            if valid and now_ms - LATEST_MS < hour.time_ms + HOUR_MS <= now_ms:
                found[cities[station], hour.time_ms][hour.factor][station] = _in_unit(hour)
    newest: dict[str, int] = {}
    for city, time_ms in found:
        newest[city] = max(newest.get(city, 0), time_ms)
    return [_city_hour(city, time_ms, found[city, time_ms]) for city, time_ms in sorted(newest.items())]


def city_of(division_code: str) -> str:
    """The city a county lies in; empty for what has no city."""
    return f"{division_code[:4]}00" if division_code[2:4] not in ("", "00") else ""


def _city_hour(city: str, time_ms: int, values: Mapping[str, Mapping[str, float]]) -> CityHour:
    stations = {station for by_station in values.values() for station in by_station}
    means = {factor: fmean(values[factor].values()) for factor in POLLUTANTS if factor in values}
    return CityHour(city, time_ms, len(stations), means)


def _in_unit(hour: Hour) -> float:
    factor = by_code(hour.factor)
    assert factor is not None
    micrograms = hour.value * TO_MICROGRAMS[factor.unit]
    return micrograms / 1000 if hour.factor == CO else micrograms
