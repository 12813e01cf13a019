"""What is done in the menu of an analyser, or to the analyser itself. Each function plans one case and labels it."""

from typing import Final

from lantian_simulator.scenarios.faults import SWING, gases
from lantian_simulator.scenarios.outlet import DAY, Outlet

WIDER: Final = (2.5, 3.0, 4.0)
"""Ranges of analysers come in steps: 100, 250, 300 mg/m³, or 250 to 1,000."""


def gain_lowered(outlet: Outlet) -> bool:
    """Slope or range of one analyser is changed in its menu, without a calibration and without filing it."""
    factor = str(outlet.draw.choice(gases(outlet)))
    length = int(outlet.draw.uniform(1, 20) * DAY)
    begin = outlet.free(length, margin=DAY // 2)
    if begin is None:
        return False
    gain = float(outlet.draw.uniform(0.35, 0.8))
    outlet.gain[factor][begin : begin + length] *= gain
    if outlet.draw.random() < 0.5:  # the logger reads the analyser's settings and says so
        outlet.state(begin, "parameter", factor, "i13008", f"{gain:.3f}", "1.000")
        outlet.label("slope-stated", begin, begin + 60, 1 - gain, factor)
    # A smaller change hides in what treatment does from hour to hour; a low value in the analyser's noise.
    outlet.label(
        "gain-lowered", begin, begin + length, 1 - gain, factor, sure=gain <= 0.45 and outlet.level[factor] > 15
    )
    return True


def analyser_exchanged(outlet: Outlet) -> bool:
    """Another analyser, one that reads lower, stands there from some night on; its serial number tells."""
    factor = str(outlet.draw.choice(gases(outlet)))
    begin = outlet.free(DAY, margin=DAY)
    if begin is None:
        return False
    lower = float(outlet.draw.uniform(0.6, 1.0))
    outlet.gain[factor][begin:] *= lower
    old, new = (f"SN{int(number)}" for number in outlet.draw.integers(10_000, 99_999, 2))
    outlet.state(begin, "identity", factor, "3019", new, old)
    outlet.label("analyser-exchanged", begin, begin + 60, lower, factor)
    outlet.label("reads-lower", begin, outlet.minutes, 1 - lower, factor)
    return True


def range_widened(outlet: Outlet) -> bool:
    """The analyser's range is set some steps wider, the logger's is not: one current, and a part of the value.

    At the higher gas, and at a plant whose load is steady: where it swings, nobody can tell the fall from the load.
    """
    if outlet.kind.daily >= SWING:
        return False
    length = int(outlet.draw.uniform(2, 20) * DAY)
    begin = outlet.free(length, margin=DAY)
    if begin is None:
        return False
    factor = max(gases(outlet), key=lambda one: outlet.level[one])
    gain = 1 / float(outlet.draw.choice(WIDER))
    outlet.gain[factor][begin : begin + length] *= gain
    outlet.label("gain-lowered", begin, begin + length, 1 - gain, factor)
    return True


def slope_read_out(outlet: Outlet) -> bool:
    """The slope is turned down in the menu of an analyser whose settings the logger reads."""
    factor = str(outlet.draw.choice(gases(outlet)))
    begin = outlet.free(DAY, margin=DAY)
    if begin is None:
        return False
    slope = float(outlet.draw.uniform(0.6, 0.95))
    outlet.gain[factor][begin:] *= slope
    outlet.state(begin, "parameter", factor, "i13008", f"{slope:.3f}", "1.000")
    outlet.label("slope-stated", begin, begin + 60, 1 - slope, factor)
    outlet.label("reads-lower", begin, outlet.minutes, 1 - slope, factor)
    return True


def analyser_down(outlet: Outlet) -> bool:
    """The analyser fails in the small hours and is mended late in the day; till then its data say so (D)."""
    days = [day for day in range(1, outlet.days - 1) if _runs_all_day(outlet, day)]
    if not days:
        return False
    begin = int(outlet.draw.choice(days)) * DAY + int(outlet.draw.integers(0, 5 * 60))
    length = int(outlet.draw.uniform(9, 18) * 60)
    outlet.flag[begin : begin + length] = ord("D")
    outlet.label("analyser-down", begin, begin + length, length / 60)
    return True


def _runs_all_day(outlet: Outlet, day: int) -> bool:
    span = slice(day * DAY, (day + 1) * DAY)
    return bool(outlet.running[span].all()) and not outlet.warming[span].any()
