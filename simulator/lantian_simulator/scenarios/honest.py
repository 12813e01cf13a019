"""What happens at every honest outlet: stops, starts, calibrations, service, outages, odd values."""

import numpy as np

from lantian_simulator.scenarios.kinds import NOISE, O2, RANGE
from lantian_simulator.scenarios.outlet import DAY, WARM_UP, Outlet
from lantian_simulator.scenarios.tables import Truth


def live(outlet: Outlet) -> None:
    """Everything a good operator's month holds, honestly marked."""
    _stops(outlet)
    _calibrations(outlet)
    _service(outlet)
    _short_outages(outlet)
    _spikes(outlet)
    _drift(outlet)


def _stops(outlet: Outlet) -> None:
    """Planned stops of half a day to three days, cold starts after them, all of it marked."""
    for _ in range(int(outlet.draw.poisson(outlet.kind.stops * outlet.days / 30))):
        length = int(outlet.draw.uniform(0.5, 3) * DAY)
        begin = outlet.free(length, margin=DAY // 2)
        if begin is None:
            continue
        end = min(begin + length, outlet.minutes)
        outlet.running[begin:end] = False
        warm = int(outlet.draw.uniform(0.6, 1.6) * WARM_UP)
        until = min(end + warm, outlet.minutes)
        outlet.warming[end:until] = np.linspace(1, 0, warm)[: until - end]
        outlet.flag[begin:end] = ord("F")
        mark(outlet, "stopped", begin, end, "计划停产")
        mark(outlet, "start-up", end, until, "启炉")


def mark(outlet: Outlet, kind: str, begin: int, end: int, reason: str, declared: int | None = None) -> None:
    """A statement of the operator, by default made within the hour."""
    start, until = outlet.times[min(begin, outlet.minutes - 1)], outlet.times[min(end, outlet.minutes) - 1]
    at = start if declared is None else outlet.ms(declared)
    outlet.marks.append(
        {
            "kind": kind,
            "start": iso(int(start)),
            "end": iso(int(until) + 60_000),
            "reason": reason,
            "declared": iso(int(at)),
        }
    )


def iso(at_ms: int) -> str:
    """Beijing time with its offset."""
    return f"{np.datetime64(at_ms + 8 * 3_600_000, 'ms')}"[:19] + "+08:00"


def _calibrations(outlet: Outlet) -> None:
    """Zero and span gas each day at the same hour, 20 to 40 minutes, marked C by the analyser itself."""
    minute = int(outlet.draw.integers(0, 24)) * 60 + int(outlet.draw.integers(0, 30))
    every = int(outlet.draw.choice([1, 1, 2, 7]))
    length = int(outlet.draw.integers(18, 40))
    for day in range(0, outlet.days, every):
        begin = day * DAY + minute + int(outlet.draw.integers(0, 4))
        calibrate(outlet, begin, length)


def calibrate(outlet: Outlet, begin: int, length: int) -> None:
    """Zero gas, then span gas, instead of stack gas; the data carry C."""
    end = min(begin + length, outlet.minutes)
    half = min(begin + length // 2, end)
    if begin % (7 * DAY) < DAY and begin < outlet.minutes:  # once a week the logger reads the slope anew
        factor = next(iter(outlet.kind.levels))
        slope = 1 + 0.004 * np.sin(begin / DAY)
        outlet.state(begin, "parameter", factor, "i13008", f"{slope:.4f}", f"{1 + 0.004 * np.sin(begin / DAY - 7):.4f}")
    for factor in (*outlet.kind.levels, O2):
        outlet.gain[factor][begin:end] = 0.0
        outlet.offset[factor][begin:half] = 0.0
        outlet.offset[factor][half:end] = 0.6 * RANGE[factor] if factor != O2 else 20.9
    outlet.flag[begin:end] = ord("C")


def _service(outlet: Outlet) -> None:
    """A weekly visit: an hour of maintenance in office hours, marked M."""
    weekday = int(outlet.draw.integers(0, 7))
    for day in range(weekday, outlet.days, 7):
        begin = day * DAY + int(outlet.draw.integers(9 * 60, 15 * 60))
        end = min(begin + int(outlet.draw.integers(25, 90)), outlet.minutes)
        outlet.flag[begin:end] = ord("M")
        for factor in outlet.kind.levels:
            outlet.gain[factor][begin : begin + 15] = 0.0
        if end - begin > 40:
            mark(outlet, "maintenance", begin, end, "例行巡检维护")


def _short_outages(outlet: Outlet) -> None:
    """Lost packets and short breaks of the mobile network: minutes, now and then half an hour."""
    for _ in range(int(outlet.draw.poisson(8 * outlet.days / 30))):
        begin = int(outlet.draw.integers(0, outlet.minutes))
        outlet.lost[begin : begin + int(min(28, outlet.draw.exponential(9)) + 1)] = True


def _spikes(outlet: Outlet) -> None:
    """Soot blowing, purging and process upsets: minutes of higher values, as every stack has."""
    for factor in outlet.kind.levels:
        for _ in range(int(outlet.draw.poisson(18 * outlet.days / 30))):
            begin = int(outlet.draw.integers(0, outlet.minutes))
            length = int(outlet.draw.integers(2, 9))
            outlet.spike[factor][begin : begin + length] += float(min(2.5, outlet.draw.exponential(0.7)))


def _drift(outlet: Outlet) -> None:
    """Gain and zero wander a little between calibrations."""
    for factor in outlet.kind.levels:
        outlet.gain[factor] *= 1 + 0.01 * outlet.wander(3 * DAY)
        outlet.offset[factor] += 0.3 * NOISE[factor] * outlet.wander(2 * DAY)


def power_cut(outlet: Outlet) -> None:
    """An honest long outage: nothing is sent for hours. Still a dropout: data have to flow in every state."""
    length = int(outlet.draw.uniform(2, 30) * 60)
    begin = outlet.free(length, running=False)
    if begin is None:
        return
    outlet.lost[begin : begin + length] = True
    outlet.truths.append(Truth(outlet.source, "dropout", outlet.ms(begin), outlet.ms(begin + length), length / 60))
