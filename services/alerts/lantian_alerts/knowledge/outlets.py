"""An outlet as the registry states it, and the shipped limits that bind it on a day."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from lantian_alerts.knowledge.limits import ENFORCED_FIRST, limits_for, personal, strictness
from lantian_alerts.knowledge.rows import Limit
from lantian_alerts.knowledge.shipped import shipped

Averaging = Literal["hour", "day", "spot"]


class Outlet(NamedTuple):
    """What decides the limits of an outlet; words as of `limits.sift`."""

    industry: str
    process: str
    existing: bool = False
    special_region: bool = False
    ultra_low: bool = False
    city: str | None = None
    conditions: frozenset[str] = frozenset()

    @property
    def commitment(self) -> Literal["ultra-low"] | None:
        """As `sift` takes it."""
        return "ultra-low" if self.ultra_low else None


def trouble(outlet: Outlet) -> str | None:
    """Why no shipped limit can be found for an outlet, or None."""
    tables = shipped()
    if (outlet.industry, outlet.process) not in tables.outlets:
        return f"no process {outlet.industry} {outlet.process} is held"
    if unknown := outlet.conditions - tables.conditions:
        return f"no limit knows the condition {min(unknown)!r}"
    if outlet.city is not None and not (len(outlet.city) == 6 and outlet.city.isascii() and outlet.city.isdecimal()):
        return f"{outlet.city!r} is no division code of six digits"
    return None


@lru_cache(maxsize=65_536)
def binding(outlet: Outlet, factor: str, day: date, averaging: Averaging = "hour") -> tuple[Limit, ...]:
    """The shipped limits of one average that bind an outlet on a Beijing day, the easiest to enforce first.

    All of them are to be judged: one without and one with a reference oxygen can not be compared beforehand, and a
    commitment that is stricter than the law does not make the law void. Empty for an outlet with a `trouble`.
    """
    if trouble(outlet) is not None:
        return ()
    found = limits_for(
        outlet.industry, outlet.process, factor, day, special_region=outlet.special_region,
        commitment=outlet.commitment, existing=outlet.existing, conditions=outlet.conditions, city=outlet.city,
        averaging=averaging,
    )  # fmt: skip
    return tuple(sorted(found, key=lambda row: (ENFORCED_FIRST.index(row.basis), strictness(row))))


@lru_cache(maxsize=65_536)
def ever(outlet: Outlet, averaging: Averaging = "hour") -> Mapping[str, tuple[Limit, ...]]:
    """By factor, the shipped limits that could bind an outlet on any day: never fewer than `binding` gives."""
    if trouble(outlet) is not None:
        return {}
    return {
        factor: found
        for factor, rows in shipped().outlets[outlet.industry, outlet.process].items()
        if (
            found := tuple(
                row
                for row in rows
                if row.enabled
                and row.averaging == averaging
                and personal(row, outlet.commitment, outlet.existing, outlet.conditions) is None
            )
        )
    }
