"""Which region a city belonged to on a day."""

from datetime import date
from typing import Literal

from lantian_alerts.knowledge.loader import Tables
from lantian_alerts.knowledge.rows import Membership
from lantian_alerts.knowledge.shipped import shipped

Kind = Literal["region", "campaign", "warning-linkage"]


def membership_of(
    city_code: str, at: date, *, kind: Kind = "region", tables: Tables | None = None
) -> Membership | None:
    """The membership of a division (GB/T 2260, six digits) on a day, or None.

    A county follows its city, a district of a municipality its municipality. None also means that the time before the
    oldest plan we hold was asked for. Raises ValueError for what is no such code.
    """
    if len(city_code) != 6 or not (city_code.isascii() and city_code.isdecimal()):
        raise ValueError(f"{city_code!r} is no division code of six digits")
    rows = (tables or shipped()).memberships
    for code in dict.fromkeys((city_code, f"{city_code[:4]}00", f"{city_code[:2]}0000")):
        for row in rows:
            if (row.kind, row.city_code) == (kind, code) and row.in_force(at):
                return row
    return None


def region_of(city_code: str, at: date, *, tables: Tables | None = None) -> str | None:
    """`2+26`, `fenwei` or, since 2023-11-30, `2+36` and `fenwei`; None outside."""
    found = membership_of(city_code, at, tables=tables)
    return None if found is None else found.region


def addressed(region: str, city_code: str, at: date, *, tables: Tables | None = None) -> bool:
    """Whether a plan of a day speaks to a city: the city was in the region then, or the region is its own code."""
    return (
        region in (city_code, f"{city_code[:4]}00", f"{city_code[:2]}0000")
        or region_of(city_code, at, tables=tables) == region
    )
