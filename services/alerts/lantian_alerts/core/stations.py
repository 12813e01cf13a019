"""Which stations are compared with each other: of one city, near enough where both say where they stand."""

from collections import defaultdict
from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple

from lantian_alerts.core.registry import STATION, Registry
from lantian_proto.v1.registry_pb2 import Source

EARTH_KM: Final = 6371.0
CITY_DIGITS: Final = 4
DUST_SITE: Final = "dust-site"
"""A condition of the source: it stands at a construction site or yard and measures its dust."""


class Station(NamedTuple):
    """A station at a time; `division` is the code its registry entry gives, degrees 0 and 0 say nothing."""

    name: str
    division: str
    dust_site: bool
    latitude: float
    longitude: float

    @property
    def city(self) -> str:
        """The city's digits of its division; empty when it names none."""
        return self.division[:CITY_DIGITS]

    @property
    def placed(self) -> bool:
        """Whether it says where it stands."""
        return bool(self.latitude or self.longitude)


def stations(registry: Registry, names: Iterable[str], at_ms: int) -> list[Station]:
    """Those of the names that are stations at the time and name their division, in the order of their names."""
    found = []
    for name in sorted(name for name in names if registry.has(name, STATION)):
        source = registry.site(name).source(at_ms)
        if source is not None and source.kind == STATION and source.outlet.city_code:
            found.append(_station(source))
    return found


def by_city(known: Iterable[Station]) -> dict[str, list[Station]]:
    """Those that measure the air of their city, by the city's digits, in the order given."""
    found: dict[str, list[Station]] = defaultdict(list)
    for station in known:
        if not station.dust_site:
            found[station.city].append(station)
    return found


def _station(source: Source) -> Station:
    return Station(
        source.source_id,
        source.outlet.city_code,
        DUST_SITE in source.outlet.conditions,
        source.latitude,
        source.longitude,
    )


def distance_km(one: Station, other: Station) -> float:
    """Great circle distance."""
    phi, psi = radians(one.latitude), radians(other.latitude)
    across = sin((psi - phi) / 2) ** 2
    along = sin(radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(across + cos(phi) * cos(psi) * along))


def near(one: Station, others: Iterable[Station], radius_km: float) -> list[Station]:
    """The others of its city that measure the air of the city, within a radius where both say where they stand."""
    return [
        other
        for other in others
        if other.name != one.name
        and not other.dust_site
        and other.city == one.city
        and not (one.placed and other.placed and distance_km(one, other) > radius_km)
    ]
