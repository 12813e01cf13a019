"""Failures and frauds at an outlet, each by the stage it touches. Each function plans one and labels it."""

import numpy as np

from lantian_simulator.scenarios.honest import calibrate
from lantian_simulator.scenarios.kinds import CO, NOX, O2, PM, SO2, TEMPERATURE
from lantian_simulator.scenarios.outlet import (
    AMMONIA,
    DAMPER,
    DAMPER_PRESSURE,
    DAY,
    FURNACE,
    LEARNT,
    LINE,
    PUMP,
    Outlet,
    Reported,
)
from lantian_simulator.scenarios.tables import Series

SWING = 0.1
"""From such a daily share of the load on, high load tells itself apart."""
WET = 65.0
"""Up to this temperature in ℃ the gas comes from a wet scrubber."""
SEEN_SHARE = 0.25
"""A smaller leak drowns in what oxygen does by itself."""
WIDE = 0.6
"""From such a share of the gas on no pressure is left across a damper."""
DEEP = 0.65
"""A smaller fall of all pollutants at once also comes of a cleaner fuel."""


def ramp(length: int, rise: int) -> Series:
    """Up within so many minutes, full, and down again."""
    up = np.minimum(1.0, np.arange(length) / max(1, rise))
    return np.minimum(up, up[::-1])


def gases(outlet: Outlet) -> list[str]:
    """Gaseous pollutants the outlet measures, but carbon monoxide."""
    return [factor for factor in outlet.kind.levels if factor not in (PM, CO)]


def treatment_failure(outlet: Outlet) -> bool:
    """Ammonia pump, absorber pump or filter bags fail: part of the removal is gone for hours."""
    factor = str(outlet.draw.choice([one for one in (PM, SO2, NOX) if one in outlet.kind.levels]))
    length = int(outlet.draw.uniform(2, 30) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    times = float(outlet.draw.uniform(1.5, 8))  # so many times the usual concentration passes
    share = outlet.kind.removal[factor]
    left = np.minimum(1.0, (1 - share) * (1 + (times - 1) * ramp(length, int(outlet.draw.integers(15, 90)))))
    outlet.removal[factor][begin : begin + length] = 1 - left
    outlet.label("treatment-failure", begin, begin + length, times, factor)
    return True


def dropout(outlet: Outlet) -> bool:
    """The logger is silent: power, card, cable or a pulled plug."""
    length = int(outlet.draw.uniform(1.5, 40) * 60)
    begin = outlet.free(length, running=False)
    if begin is None:
        return False
    outlet.lost[begin : begin + length] = True
    outlet.label("dropout", begin, begin + length, length / 60)
    return True


def selective_dropout(outlet: Outlet) -> bool:
    """The plug is pulled again and again: when the load is high, or, at a steady plant, when a concentration climbs."""
    swings = outlet.kind.daily >= SWING
    high = outlet.running & (outlet.load > np.quantile(outlet.load, 0.9)) if swings else outlet.running.copy()
    times = int(outlet.draw.integers(4, 9))
    begins: list[int] = []
    for begin in outlet.draw.permutation(np.flatnonzero(high)).tolist():
        if all(abs(begin - other) > DAY for other in begins) and 8 * DAY < begin < outlet.minutes - DAY:
            begins.append(int(begin))
        if len(begins) == times:
            break
    factor = NOX if NOX in outlet.kind.levels else SO2
    for begin in begins:
        length = int(outlet.draw.uniform(70, 200))
        if not swings:
            share, wait = outlet.kind.removal[factor], int(outlet.draw.integers(45, 90))
            worse = np.minimum(1.0, (1 - share) * (1 + float(outlet.draw.uniform(0.6, 2)) * ramp(length + wait, 20)))
            outlet.removal[factor][begin - wait : begin + length] = 1 - worse
        outlet.lost[begin : begin + length] = True
        outlet.label("dropout", begin, begin + length, length / 60)
    if len(begins) < 3:
        return False
    outlet.label("selective-dropout", min(begins), max(begins) + 200, float(len(begins)), sure=len(begins) >= 4)
    return True


def low_capture(outlet: Outlet) -> bool:
    """A bad link and a neglected analyser: a quarter of the month is lost or marked as faulty."""
    share = float(outlet.draw.uniform(0.15, 0.4))
    lost = 0
    while lost < share * outlet.minutes:
        begin, length = int(outlet.draw.integers(0, outlet.minutes)), int(outlet.draw.uniform(30, 600))
        if outlet.draw.random() < 0.5:
            outlet.lost[begin : begin + length] = True
            if length >= 60:
                outlet.label("dropout", begin, min(begin + length, outlet.minutes), length / 60, sure=False)
        else:
            outlet.flag[begin : begin + length] = ord("D")
        lost += length
    outlet.label("low-capture", 0, outlet.minutes, share)
    return True


def dilution(outlet: Outlet) -> bool:
    """A valve or a loose joint lets air into the sample line: every gas falls together, oxygen rises a little."""
    length = int(outlet.draw.uniform(8, 120) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    share = float(outlet.draw.uniform(0.15, 0.7))
    outlet.dilution[begin : begin + length] = share * ramp(length, int(outlet.draw.integers(1, 10)))
    outlet.label("sample-dilution", begin, begin + length, share)
    return True


def duct_leak(outlet: Outlet, shares: tuple[float, float] = (0.12, 0.45), after: int = 0) -> bool:
    """Air is let into the duct before the monitor: oxygen and flow up, temperature and moisture down."""
    length = int(outlet.draw.uniform(12, 240) * 60)
    begin = outlet.free(length, margin=8 * 60, after=after)
    if begin is None:
        return False
    share = float(outlet.draw.uniform(*shares))
    outlet.leak[begin : begin + length] = share * ramp(length, int(outlet.draw.integers(5, 60)))
    outlet.label("duct-leak", begin, begin + length, share, sure=share >= SEEN_SHARE)
    return True


def probe_in_clean_air(outlet: Outlet) -> bool:
    """The probe is pulled or the line goes into a bottle of clean gas while the plant runs on."""
    length = int(outlet.draw.uniform(2, 48) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    outlet.dilution[begin : begin + length] = outlet.draw.uniform(0.93, 1.0)
    outlet.label("probe-in-clean-air", begin, begin + length, 1.0)
    return True


def bypass(outlet: Outlet, *, wide: bool = False) -> bool:
    """The damper of the bypass is opened: part of the gas leaves unseen while the plant keeps its load.

    `wide`: it stands open for hours, and its position is wired to the system.
    """
    length = int(outlet.draw.uniform(3 if wide else 1, 30) * 60)
    begin = outlet.free(length, margin=8 * 60, after=LEARNT)
    if begin is None:
        return False
    share = float(outlet.draw.uniform(WIDE if wide else 0.2, 0.8))
    opening = share * ramp(length, int(outlet.draw.integers(2, 20)))
    outlet.bypass[begin : begin + length] = opening
    outlet.signals[DAMPER_PRESSURE][begin : begin + length] *= 1 - np.minimum(0.97, 1.6 * opening)
    if outlet.draw.random() < 0.5 or wide:  # the position is wired to the system; else somebody has seen to it
        outlet.signals[DAMPER][begin : begin + length] += 90 * opening
        outlet.label("bypass-damper-open", begin, begin + length, share)
    outlet.label("bypass", begin, begin + length, share)
    if share > WIDE:  # so far open that no pressure is left across the damper
        outlet.label("bypass-wide", begin, begin + length, share, sure=length > 2 * 60)
    return True


def multi_drop(outlet: Outlet, least: float = 0.55) -> bool:
    """Within minutes every pollutant falls by half or more while the load stays: a valve to clean gas."""
    length = int(outlet.draw.uniform(1, 24) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    share = float(outlet.draw.uniform(least, 0.9))
    outlet.dilution[begin : begin + length] = share
    outlet.label("multi-drop", begin, begin + length, share, sure=share >= DEEP)
    return True


def calibrated_often(outlet: Outlet) -> bool:
    """Every few hours zero and span gas, for days: whoever is asked calls it drift."""
    days = int(outlet.draw.integers(4, 13))
    begin = outlet.free(days * DAY, margin=DAY // 2)
    if begin is None:
        return False
    at = begin = begin // DAY * DAY
    while at < begin + days * DAY:
        calibrate(outlet, at, int(outlet.draw.integers(18, 40)))
        at += int(outlet.draw.uniform(2.5, 4.5) * 60)
    outlet.label("calibrated-often", begin, begin + days * DAY, float(days))
    return True


def gas_left_on(outlet: Outlet) -> bool:
    """Zero or span gas stays on after the calibration, and the data carry N."""
    length = int(outlet.draw.uniform(1.5, 20) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    calibrate(outlet, begin, 20)
    factors = (*gases(outlet), O2)
    span = bool(outlet.draw.random() < 0.5)
    for factor in factors:
        outlet.gain[factor][begin : begin + length] = 0.0
        outlet.offset[factor][begin : begin + length] = (0.6 * outlet.level.get(factor, 0) + 40) if span else 0.0
    outlet.offset[O2][begin : begin + length] = 0.2
    outlet.flag[begin + 20 : begin + length] = ord("N")
    outlet.label("gas-left-on", begin, begin + length, 1.0, sure=length > 4 * 60)
    return True


def treatment_off(outlet: Outlet, hours: tuple[float, float] = (3, 40)) -> bool:
    """To save money the circulation pump or the ammonia injection stands while production goes on."""
    code, factor = (PUMP, SO2) if PUMP in outlet.signals and outlet.draw.random() < 0.5 else (AMMONIA, NOX)
    if code not in outlet.signals:
        return False
    length = int(outlet.draw.uniform(*hours) * 60)
    begin = outlet.free(length, margin=8 * 60, after=LEARNT)
    if begin is None:
        return False
    outlet.signals[code][begin : begin + length] *= float(outlet.draw.uniform(0.0, 0.15))
    times = float(outlet.draw.uniform(2, 5))  # what passes: another pump runs, or the gas leaves untreated
    outlet.removal[factor][begin : begin + length] = 1 - np.minimum(1.0, (1 - outlet.kind.removal[factor]) * times)
    outlet.label("treatment-off", begin, begin + length, times, factor)
    if length > 16 * 60:
        outlet.label("treatment-off-all-day", begin, begin + length, length / 60, factor, sure=length > 40 * 60)
    return True


def velocity_dead(outlet: Outlet) -> bool:
    """The pitot tube is blocked or its line taken off: hot gas that does not flow."""
    length = int(outlet.draw.uniform(4, 100) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    outlet.velocity_factor[begin : begin + length] = float(outlet.draw.uniform(0.0, 0.02))
    outlet.label("velocity-dead", begin, begin + length, length / 60)
    return True


def poor_month(outlet: Outlet) -> bool:
    """Treatment is run too lean: many hours of the month lie a little above the ultra-low limit."""
    if not outlet.kind.ultra_low:
        return False
    factor = NOX
    outlet.raw[factor] *= float(outlet.draw.uniform(1.7, 2.2)) * outlet.kind.levels[factor] / outlet.level[factor]
    outlet.label("poor-month", 0, outlet.minutes, 0.0, factor, sure=False)
    return True


def clock_off(outlet: Outlet) -> bool:
    """The logger's clock is set wrongly: by a time zone, or by some minutes to days."""
    length = int(outlet.draw.uniform(4, 60) * 60) // 60 * 60
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    begin = begin // 60 * 60
    hours = float(outlet.draw.choice([-8.0, 8.0, -24.0, outlet.draw.uniform(0.4, 3.0)]))
    outlet.clock_ms[begin : begin + length] = int(hours * 60) * 60_000
    outlet.label("clock-off", begin, begin + length, hours)
    return True


def furnace_cold(outlet: Outlet) -> bool:
    """Wet refuse and no auxiliary burner: the furnace is too cold for hours."""
    if FURNACE not in outlet.signals:
        return False
    length = int(outlet.draw.uniform(3, 20) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    fall = float(outlet.draw.uniform(120, 220))
    outlet.signals[FURNACE][begin : begin + length] -= fall * ramp(length, 30)
    outlet.label("furnace-cold", begin, begin + length, fall)
    return True


def sample_line_cold(outlet: Outlet) -> bool:
    """The heating of the sample line fails: sulphur dioxide stays in the condensate."""
    length = int(outlet.draw.uniform(4, 60) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    outlet.signals[LINE][begin : begin + length] = float(outlet.draw.uniform(25, 95))
    if SO2 in outlet.kind.levels:
        outlet.gain[SO2][begin : begin + length] *= float(outlet.draw.uniform(0.4, 0.8))
    outlet.label("sample-line-cold", begin, begin + length, length / 60)
    return True


def scrubber_bypassed(outlet: Outlet) -> bool:
    """The wet scrubber is taken out of the way of the gas: it leaves hot, and its sulphur dioxide with it."""
    if outlet.kind.temperature > WET or SO2 not in outlet.kind.levels:
        return False
    length = int(outlet.draw.uniform(4, 30) * 60)
    begin = outlet.free(length, margin=8 * 60, after=LEARNT)
    if begin is None:
        return False
    hotter = float(outlet.draw.uniform(55, 90)) * ramp(length, 20)
    left = np.minimum(1.0, (1 - outlet.kind.removal[SO2]) * float(outlet.draw.uniform(2, 6)))
    outlet.removal[SO2][begin : begin + length] = 1 - left

    def heat(one: Outlet, measured: Reported, converted: Reported) -> None:
        measured[TEMPERATURE][begin : begin + length] += np.round(hotter, 1)

    outlet.meddlings.append(heat)
    outlet.label("scrubber-bypassed", begin, begin + length, float(hotter.max()), sure=length > 5 * 60)
    return True


def sensor_broken(outlet: Outlet) -> bool:
    """The thermocouple is cut: the channel stands at the lower end of its range."""
    length = int(outlet.draw.uniform(5, 60) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False

    def cut(one: Outlet, measured: Reported, converted: Reported) -> None:
        measured[TEMPERATURE][begin : begin + length] = -50.0

    outlet.meddlings.append(cut)
    outlet.label("sensor-broken", begin, begin + length, length / 60)
    return True


def treatment_off_for_days(outlet: Outlet) -> bool:
    """Ammonia or pump stand for days while production goes on."""
    return treatment_off(outlet, hours=(50, 90))


def poor_days(outlet: Outlet) -> bool:
    """A waste incinerator whose denitrification is run too lean for days: the day mean fails."""
    if outlet.kind.industry != "waste":
        return False
    first = int(outlet.draw.integers(3, outlet.days - 7))
    last = first + int(outlet.draw.integers(2, 5))
    begin, end = first * DAY, last * DAY
    if not outlet.running[begin:end].all():
        return False
    target = float(outlet.draw.uniform(290, 340))  # the day's limit is 250 mg/m³
    share = (1 - outlet.removal[NOX][begin:end]) * target / outlet.level[NOX]
    outlet.removal[NOX][begin:end] = 1 - np.minimum(1.0, share)
    outlet.label("day-exceedance", begin, end, target, NOX)
    return True


def soot_blowing(outlet: Outlet) -> bool:
    """Soot is blown off the tubes again and again: minutes far above the permit's limit, in hours that hold it."""
    usual = outlet.level[PM]
    lid = min(1.9 * usual, 1.9 * outlet.kind.levels[PM])  # below what any standard allows such a kind
    if lid < 1.6 * usual:
        return False
    length = int(outlet.draw.uniform(8, 20)) * 60
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False
    limit = {"factor": PM, "value": round(lid, 2), "basis": "permit", "clause": "许可证"}
    outlet.stated.append(limit | {"reference_oxygen_percent": outlet.kind.reference_oxygen})
    times = float(outlet.draw.uniform(3.6, 3.9))
    for hour in range(begin // 60 + 1, (begin + length) // 60):
        start = hour * 60 + 10 * int(outlet.draw.integers(0, 6))
        outlet.spike[PM][start : start + 10] = times
    outlet.label("soot-blowing", begin, begin + length, times, PM)
    return True
