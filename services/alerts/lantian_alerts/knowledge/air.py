"""Air quality index by HJ 633 (2012 and 2026) and the ambient limits of GB 3095, by date.

Concentrations in µg/m³, carbon monoxide in mg/m³, as the standards write them. Arithmetic is exact (fractions of the
decimal digits given), because the index is rounded up: 115.00000000000001 would be 116.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, isfinite, nan
from typing import Final, Literal, NamedTuple

from lantian_alerts.knowledge.loader import Tables
from lantian_alerts.knowledge.rows import Ambient, Breakpoints
from lantian_alerts.knowledge.shipped import shipped

Averaging = Literal["24h", "8h", "1h"]

SO2: Final = "a21026"
NO2: Final = "a21004"
PM10: Final = "a34002"
CO: Final = "a21005"
O3: Final = "a05024"
PM25: Final = "a34004"

POLLUTANTS: Final = (SO2, NO2, PM10, CO, O3, PM25)
AVERAGING_OF_DAYS: Final[Mapping[str, Averaging]] = {
    SO2: "24h", NO2: "24h", PM10: "24h", CO: "24h", O3: "8h", PM25: "24h",
}  # fmt: skip
"""What a day's index takes of each pollutant."""
MICROGRAMS: Final[Mapping[str, float]] = {SO2: 1000.0, NO2: 1000.0}
"""Factors of readings in mg/m³ whose index is made of µg/m³."""
EIGHT: Final = 8
EIGHT_VALID: Final = 6
WINDOWS_VALID: Final = 14
HEAVY: Final = 200  # 重度及以上污染天: city daily AQI above it
TOP: Final = 500
PRIMARY_FROM: Final = 50  # no primary pollutant up to here
PUBLISHED_FROM: Final = 100  # HJ 633-2026: with pollutants missing only an index above it is published
EXCEEDS_FROM: Final = 100


class Category(NamedTuple):
    """A class of air quality; `colour` as #RRGGBB."""

    upto: int
    zh: str
    en: str
    colour: str


CATEGORIES: Final = (
    Category(50, "优", "excellent", "#00E400"),
    Category(100, "良", "good", "#FFFF00"),
    Category(150, "轻度污染", "lightly polluted", "#FF7E00"),
    Category(200, "中度污染", "moderately polluted", "#FF0000"),
    Category(300, "重度污染", "heavily polluted", "#99004C"),
    Category(TOP, "严重污染", "severely polluted", "#7E0023"),
)


class Iaqi(NamedTuple):
    """Index of one pollutant. `value` None: `reason` says why.

    `capped`: above the last node. `other-averaging`: so high that the standard takes the pollutant's other average.
    `no-breakpoints`: none held for this average on this day. `invalid`: no value, not finite or negative.
    """

    value: int | None
    reason: Literal["interpolated", "capped", "other-averaging", "no-breakpoints", "invalid"]
    version: str | None


class Aqi(NamedTuple):
    """The index of a set of values.

    `value` is computed from what is there, None when nothing is. `published` is what may be published: None (“NA”)
    under HJ 633-2026 when pollutants are missing and the index is not above 100. `primary`: pollutants with the highest
    index, ties listed, none up to 50. `exceeding`: pollutants above 100, reported by the version of 2012 only.
    """

    value: int | None
    published: int | None
    primary: tuple[str, ...]
    exceeding: tuple[str, ...]
    category: Category | None
    iaqis: dict[tuple[str, Averaging], Iaqi]
    missing: tuple[str, ...]
    version: str | None

    @property
    def heavy(self) -> bool:
        """Whether a day with this index is a heavy-pollution day."""
        return self.value is not None and self.value > HEAVY


def iaqi(
    factor: str,
    averaging: Averaging,
    value: float | None,
    at: date,
    *,
    rounded: bool = False,
    tables: Tables | None = None,
) -> Iaqi:
    """Index of one concentration on a day, rounded up to an integer.

    `rounded`: round the concentration first (`rounded_concentration`), as one reading of HJ 633-2026 has it; off,
    because the published examples need it off.
    """
    row = _breakpoints(factor, averaging, at, tables or shipped())
    if row is None:
        return Iaqi(None, "no-breakpoints", None)
    if value is None or not isfinite(value) or value < 0:
        return Iaqi(None, "invalid", row.version)
    exact = Fraction(Decimal(repr(float(value))))
    if rounded:
        exact = Fraction(rounded_concentration(factor, value))
    nodes = [(index, Fraction(Decimal(repr(concentration)))) for index, concentration in row.nodes()]
    if exact > nodes[-1][1]:
        return (
            Iaqi(nodes[-1][0], "capped", row.version)
            if row.beyond == "cap"
            else Iaqi(None, "other-averaging", row.version)
        )
    low, high = next((low, high) for low, high in pairwise(nodes) if exact <= high[1])
    index = Fraction(high[0] - low[0]) / (high[1] - low[1]) * (exact - low[1]) + low[0]
    return Iaqi(ceil(index), "interpolated", row.version)


def rounded_concentration(factor: str, value: float) -> Decimal:
    """Half-even to an integer, carbon monoxide to one decimal (GB/T 8170). Raises ValueError for what is not finite."""
    if not isfinite(value):
        raise ValueError(f"{value} can not be rounded")
    return Decimal(repr(float(value))).quantize(Decimal("0.1" if factor == CO else "1"), ROUND_HALF_EVEN)


def aqi(
    values: Mapping[tuple[str, Averaging], float | None],
    at: date,
    *,
    rounded: bool = False,
    tables: Tables | None = None,
) -> Aqi:
    """The index of values by (factor, average) on a day; the caller gives either the day's means or the hour's.

    A day: 24 h of SO2, NO2, PM10, CO, PM2.5 and the highest 8 h of O3. A pollutant with several averages counts with
    the highest index. A value that is invalid, or goes to another average that is not given, leaves its pollutant
    missing.
    """
    tables = tables or shipped()
    found = {
        (factor, averaging): iaqi(factor, averaging, value, at, rounded=rounded, tables=tables)
        for (factor, averaging), value in values.items()
    }
    by_factor: dict[str, int] = {}
    for (factor, _), one in found.items():
        if one.value is not None and factor in POLLUTANTS:
            by_factor[factor] = max(by_factor.get(factor, 0), one.value)
    version = version_of(at, tables=tables)
    missing = tuple(factor for factor in POLLUTANTS if factor not in by_factor)
    if not by_factor:
        return Aqi(None, None, (), (), None, found, missing, version)
    value = max(by_factor.values())
    new = version is not None and not version.endswith("2012")
    return Aqi(
        value=value,
        published=None if new and missing and value <= PUBLISHED_FROM else value,
        primary=tuple(f for f in POLLUTANTS if by_factor.get(f) == value) if value > PRIMARY_FROM else (),
        exceeding=() if new else tuple(f for f in POLLUTANTS if by_factor.get(f, 0) > EXCEEDS_FROM),
        category=category(value),
        iaqis=found,
        missing=missing,
        version=version,
    )


def highest_eight_hours(hours: Sequence[float]) -> float:
    """The highest mean of eight hours that lie in a day of 24 hour means; NaN where there is none (GB 3095, HJ 663).

    A mean needs six of its hours; with fewer than 14 means the day has none. NaN hours are missing.
    """
    known = [[one for one in hours[at : at + EIGHT] if isfinite(one)] for at in range(len(hours) - EIGHT + 1)]
    means = [sum(window) / len(window) for window in known if len(window) >= EIGHT_VALID]
    return max(means) if len(means) >= WINDOWS_VALID else nan


def category(value: int) -> Category:
    """The class of an index. Raises ValueError outside 0 to 500."""
    if not 0 <= value <= TOP:
        raise ValueError(f"no index of {value}")
    return next(one for one in CATEGORIES if value <= one.upto)


def version_of(at: date, *, tables: Tables | None = None) -> str | None:
    """HJ 633-2012 or HJ 633-2026; None before the first we hold."""
    return next((row.version for row in (tables or shipped()).breakpoints if row.in_force(at)), None)


def ambient_limit(
    factor: str, averaging: Literal["year", "24h", "8h", "1h"], at: date, *, tables: Tables | None = None
) -> Ambient | None:
    """The grade II limit of GB 3095 on a day, or None."""
    for row in (tables or shipped()).ambient:
        if (row.factor, row.averaging) == (factor, averaging) and row.in_force(at):
            return row
    return None


def _breakpoints(factor: str, averaging: str, at: date, tables: Tables) -> Breakpoints | None:
    for row in tables.breakpoints:
        if (row.factor, row.averaging) == (factor, averaging) and row.in_force(at):
            return row
    return None
