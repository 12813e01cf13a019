"""When two photos show the same, and how far apart two places are. Pure."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Photo:
    """`taken_ms` 0 and `latitude` None: the file says nothing. `phash`: 64 bits as 16 hex digits."""

    width: int
    height: int
    shown: bytes
    phash: str
    taken_ms: int
    latitude: float | None
    longitude: float | None
    camera: str


def distance_m(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Metres between two places (latitude, longitude in degrees) on a sphere of 6,371 km."""
    (lat1, lon1), (lat2, lon2) = ((math.radians(a), math.radians(b)) for a, b in (first, second))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(min(1.0, half)))


BANDS = 8
NEAR = 6
"""Bits of 64 that may differ between two photos of the same picture; below the number of bands, so one is alike."""


def bands(phash: str) -> list[str]:
    """Parts of a fingerprint that an index finds: two that differ by less than 8 bits share one."""
    return [f"{place}:{phash[place * 2 : place * 2 + 2]}" for place in range(BANDS)]


def differing_bits(first: str, second: str) -> int:
    """Bits that two fingerprints differ by."""
    return (int(first, 16) ^ int(second, 16)).bit_count()
