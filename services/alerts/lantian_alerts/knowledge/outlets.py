"""An outlet as the registry states it, and the shipped limits that bind it on a day."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from lantian_alerts.knowledge.limits import ENFORCED_FIRST, Averaging, Outlet, limits_for, personal, strictness, trouble
from lantian_alerts.knowledge.rows import Limit
from lantian_alerts.knowledge.shipped import shipped


@lru_cache(maxsize=65_536)
def binding(outlet: Outlet, factor: str, day: date, averaging: Averaging = "hour") -> tuple[Limit, ...]:
    """The shipped limits of one average that bind an outlet on a Beijing day, the easiest to enforce first.

    All of them are to be judged: one without and one with a reference oxygen can not be compared beforehand, and a
    commitment that is stricter than the law does not make the law void. Empty for an outlet with a `trouble`.
    """
    if trouble(outlet) is not None:
        return ()
    found = limits_for(outlet, factor, day, averaging=averaging)
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
                row for row in rows if row.enabled and row.averaging == averaging and personal(row, outlet) is None
            )
        )
    }
