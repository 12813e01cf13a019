"""What is done to whole hours in the logger: sent again lower, scaled without extremes, booked with too little."""

from typing import Final

from lantian_simulator.scenarios.faults import gases
from lantian_simulator.scenarios.kinds import FLOW
from lantian_simulator.scenarios.outlet import Outlet

TELLING: Final = 15.0
"""mg/m³: below it the analyser's noise hides what is done."""
NEEDS_HOURS: Final = ("hours-forged", "hours-restated", "extremes-left-behind", "amounts-cut")
"""Mechanisms that need a logger that sends hours itself."""


def hours_restated(outlet: Outlet) -> bool:
    """Hours are edited and sent again, lower, half an hour to an hour and a half after they were reported."""
    place = _place(outlet, 2, 12)
    if place is None:
        return False
    factor, first, hours = place
    share = float(outlet.draw.uniform(0.3, 0.85))
    delay_ms = int(outlet.draw.uniform(30, 90)) * 60_000
    outlet.restated[factor] = (first, first + hours, share, delay_ms)
    outlet.label("hours-restated", first * 60, (first + hours) * 60, 1 - share, factor)
    return True


def extremes_left_behind(outlet: Outlet) -> bool:
    """The hour means are scaled before they are sent; lowest and highest value of the hour are forgotten."""
    place = _place(outlet, 8, 120)
    if place is None:
        return False
    factor, first, hours = place
    share = float(outlet.draw.uniform(0.25, 0.5))
    outlet.extremes.add(factor)
    outlet.hour_scale[factor][first : first + hours] = share
    outlet.label("extremes-left-behind", first * 60, (first + hours) * 60, 1 - share, factor)
    return True


def amounts_cut(outlet: Outlet) -> bool:
    """The amount an hour is booked with for taxes and totals is scaled; concentration and flow are left as they are."""
    place = _place(outlet, 24, 300)
    if place is None:
        return False
    factor, first, hours = place
    share = float(outlet.draw.uniform(0.3, 0.7))
    outlet.amounts[factor] = (first, first + hours, share)
    outlet.amounts[FLOW] = (0, 0, 1.0)
    outlet.label("amounts-cut", first * 60, (first + hours) * 60, 1 - share, factor)
    return True


def _place(outlet: Outlet, least: int, below: int) -> tuple[str, int, int] | None:
    """A gas whose values tell, the first hour and how many hours, from `least` to less than `below`."""
    factors = [factor for factor in gases(outlet) if outlet.level[factor] > TELLING]
    hours = int(outlet.draw.integers(least, below))
    begin = outlet.free(hours * 60, margin=8 * 60)
    if not factors or begin is None:
        return None
    return str(outlet.draw.choice(factors)), begin // 60, hours
