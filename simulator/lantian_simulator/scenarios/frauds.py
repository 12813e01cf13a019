"""Frauds in the analyser and the logger: parameters, numbers and marks. Each function plans one and labels it."""

import numpy as np

from lantian_simulator.scenarios.faults import gases, ramp
from lantian_simulator.scenarios.honest import calibrate, mark
from lantian_simulator.scenarios.kinds import NOX, SO2
from lantian_simulator.scenarios.outlet import AMMONIA, DAY, INLET_NOX, LEARNT, Outlet, Reported, rounded


def frozen(outlet: Outlet) -> bool:
    """The analyser's hold stays on after service, or a resistor sits on its signal line: one value for hours."""
    factor = str(outlet.draw.choice(list(outlet.kind.levels)))
    length = int(outlet.draw.uniform(5, 72) * 60)
    begin = outlet.free(length, margin=8 * 60)
    if begin is None:
        return False

    def hold(one: Outlet, measured: Reported, converted: Reported) -> None:
        measured[factor][begin : begin + length] = measured[factor][begin - 1]
        again = one.convert(measured)
        converted[factor][begin : begin + length] = again[factor][begin : begin + length]

    outlet.meddlings.append(hold)
    outlet.label("frozen", begin, begin + length, length / 60, factor)
    return True


def wrong_reference(outlet: Outlet) -> bool:
    """The logger's reference oxygen or its cap is changed: the converted values flatter."""
    length = int(outlet.draw.uniform(1, 20) * DAY)
    begin = outlet.free(length, margin=DAY // 2)
    if begin is None:
        return False
    shift = float(outlet.draw.uniform(0.5, 3.5))
    outlet.reference[begin : begin + length] = min(20.0, outlet.kind.reference_oxygen + shift)
    outlet.label("wrong-conversion", begin, begin + length, shift)
    return True


def range_lowered(outlet: Outlet) -> bool:
    """The range is set so low that peaks and most of the day clip at its end."""
    factor = str(outlet.draw.choice(gases(outlet)))
    length = int(outlet.draw.uniform(2, 20) * DAY)
    begin = outlet.free(length, margin=DAY // 2)
    if begin is None:
        return False
    share = float(outlet.draw.uniform(0.6, 1.0))
    at_stack = outlet.level[factor] * (20.9 - outlet.kind.oxygen) / (21.0 - outlet.kind.reference_oxygen)
    outlet.range[factor][begin : begin + length] = at_stack * share
    outlet.label("range-clipped", begin, begin + length, share, factor)
    return True


def ceiling(outlet: Outlet) -> bool:
    """Software folds everything above the permit's limit back under it: a flat top just below the limit."""
    factor = SO2
    if factor not in outlet.kind.levels:
        return False
    begin, end = 0, outlet.minutes
    # Below what any standard allows such a kind, so that the permit's limit is the one in force.
    lid = min(outlet.level[factor] * float(outlet.draw.uniform(1.3, 1.7)), 1.9 * outlet.kind.levels[factor])
    outlet.raw[factor] *= lid / outlet.level[factor] * float(outlet.draw.uniform(1.05, 1.4))
    width = lid * float(outlet.draw.uniform(0.005, 0.03))
    limit = {"factor": factor, "value": round(lid * 1.005, 2), "basis": "permit", "clause": "许可证"}
    outlet.stated.append(limit | {"reference_oxygen_percent": outlet.kind.reference_oxygen})

    def fold(one: Outlet, measured: Reported, converted: Reported) -> None:
        over = converted[factor] > lid
        folded = lid - width * one.draw.random(one.minutes)
        scale = np.where(over, folded / np.maximum(converted[factor], 1e-9), 1.0)
        converted[factor][:] = rounded(factor, converted[factor] * scale)
        measured[factor][:] = rounded(factor, measured[factor] * scale)

    outlet.meddlings.append(fold)
    outlet.label("ceiling", begin, end, lid, factor)
    return True


def replayed_day(outlet: Outlet) -> bool:
    """A recorded day is sent again, with new times."""
    days = int(outlet.draw.integers(1, 4))
    back = int(outlet.draw.integers(1, 6))
    begin = outlet.free(days * DAY, margin=DAY)
    if begin is None or begin < back * DAY:
        return False
    begin = max(back * DAY, begin // DAY * DAY)
    length = min(days * DAY, outlet.minutes - begin)

    def copy(one: Outlet, measured: Reported, converted: Reported) -> None:
        for values in (*measured.values(), *converted.values()):
            for place in range(begin, begin + length, back * DAY):
                count = min(back * DAY, begin + length - place)
                values[place : place + count] = values[begin - back * DAY : begin - back * DAY + count]

    outlet.meddlings.append(copy)
    outlet.label("replayed-day", begin, begin + length, float(back))
    return True


def generator(outlet: Outlet) -> bool:
    """A signal generator or script takes the analyser's place: a smooth wave and a trace of noise."""
    length = int(outlet.draw.uniform(1, 15) * DAY)
    begin = outlet.free(length, margin=DAY // 2, after=LEARNT)
    if begin is None:
        return False
    period = float(outlet.draw.uniform(120, 900))
    swing = float(outlet.draw.uniform(0.02, 0.12))

    def replace(one: Outlet, measured: Reported, converted: Reported) -> None:
        time = np.arange(length)
        for factor in one.kind.levels:
            middle = float(np.median(measured[factor][max(0, begin - DAY) : begin])) * 0.7
            wave = middle * (1 + swing * np.sin(2 * np.pi * time / period))
            measured[factor][begin : begin + length] = rounded(
                factor, wave + 0.002 * middle * one.draw.standard_normal(length)
            )
        again = one.convert(measured)
        for factor, values in converted.items():
            values[begin : begin + length] = again[factor][begin : begin + length]

    outlet.meddlings.append(replace)
    outlet.label("generator", begin, begin + length, swing, sure=length > 2 * DAY)
    return True


def coarse_steps(outlet: Outlet) -> bool:
    """Sample and hold, or a table that a script reads: the value stands for half an hour and longer, then jumps.

    It is seen in real-time data; and of values that are low anyway nobody can tell it from the steps of the analyser:
    it is done to the higher gas.
    """
    factor = max(gases(outlet), key=lambda one: outlet.level[one])
    length = int(outlet.draw.uniform(3, 20) * DAY)
    begin = outlet.free(length, margin=DAY // 2)
    if begin is None:
        return False
    step, held = outlet.level[factor] * float(outlet.draw.uniform(0.02, 0.1)), int(outlet.draw.integers(25, 90))
    outlet.real_time = True

    def quantise(one: Outlet, measured: Reported, converted: Reported) -> None:
        part = measured[factor][begin : begin + length]
        normal = one.flag[begin : begin + length] == ord("N")
        last = np.maximum.accumulate(np.where(normal, np.arange(len(part)), 0))  # calibration gas is not held
        stands = part[last[np.arange(len(part)) // held * held]]
        measured[factor][begin : begin + length] = rounded(factor, np.round(stands / step) * step)
        converted[factor][begin : begin + length] = one.convert(measured)[factor][begin : begin + length]

    outlet.meddlings.append(quantise)
    outlet.label("coarse-steps", begin, begin + length, step, factor)
    return True


def velocity_factor(outlet: Outlet) -> bool:
    """The velocity field factor is changed: flow, and with it the amount to be paid for, falls."""
    length = int(outlet.draw.uniform(2, 20) * DAY)
    begin = outlet.free(length, margin=DAY // 2)
    if begin is None:
        return False
    factor = float(outlet.draw.uniform(0.4, 0.8))
    outlet.velocity_factor[begin : begin + length] = factor
    outlet.label("velocity-factor", begin, begin + length, 1 - factor)
    return True


def flow_forged(outlet: Outlet) -> bool:
    """The flow alone is multiplied in the logger: it no longer fits velocity and duct."""
    length = int(outlet.draw.uniform(2, 20) * DAY)
    begin = outlet.free(length, margin=DAY // 2)
    if begin is None:
        return False
    share = float(outlet.draw.uniform(0.4, 0.85))

    def scale(one: Outlet, measured: Reported, converted: Reported) -> None:
        flow = measured["a00000"]
        flow[begin : begin + length] = rounded("a00000", flow[begin : begin + length] * share)

    outlet.meddlings.append(scale)
    outlet.label("flow-forged", begin, begin + length, 1 - share)
    outlet.label("flow-restored", begin + length, begin + length + 4 * DAY, 1 - share, sure=False)
    return True


def calibration_at_exceedance(outlet: Outlet) -> bool:
    """Whenever the concentration climbs, somebody starts a calibration: C hides the worst hours."""
    factor = str(outlet.draw.choice([one for one in (SO2, NOX) if one in outlet.kind.levels]))
    times, done = int(outlet.draw.integers(5, 10)), 0
    for _ in range(times):
        length = int(outlet.draw.uniform(80, 200))
        begin = outlet.free(length + 120, margin=8 * 60)
        if begin is None:
            continue
        share = outlet.kind.removal[factor]
        strength = float(outlet.draw.uniform(2, 5))
        left = np.minimum(1.0, (1 - share) * (1 + (strength - 1) * ramp(length + 60, 20)))
        outlet.removal[factor][begin : begin + length + 60] = 1 - left
        wait = int(outlet.draw.integers(22, 45))
        calibrate(outlet, begin + wait, length - wait)
        done += 1
    if done < 4:
        return False
    outlet.label("calibration-abuse", 0, outlet.minutes, float(done), factor)
    return True


def false_stop(outlet: Outlet) -> bool:
    """Marked as stopped while it runs."""
    length = int(outlet.draw.uniform(6, 72) * 60)
    begin = outlet.free(length, margin=8 * 60, after=LEARNT)
    if begin is None:
        return False
    outlet.flag[begin : begin + length] = ord("F")
    mark(outlet, "stopped", begin, begin + length, "停产")
    outlet.label("false-stop-mark", begin, begin + length, length / 60)
    return True


def convenient_marks(outlet: Outlet) -> bool:
    """Exceedances are marked as faults of the monitor afterwards."""
    done = 0
    for _ in range(int(outlet.draw.integers(3, 7))):
        length = int(outlet.draw.uniform(3, 10) * 60)
        begin = outlet.free(length, margin=10 * 60)
        if begin is None:
            continue
        share = outlet.kind.removal[NOX]
        left = np.minimum(1.0, (1 - share) * (1 + float(outlet.draw.uniform(2, 5)) * ramp(length, 20)))
        outlet.removal[NOX][begin : begin + length] = 1 - left
        mark(outlet, "fault", begin, begin + length, "分析仪故障", declared=begin + length + 180)
        done += 1
    if done < 2:
        return False
    outlet.label("mark-abuse", 0, outlet.minutes, float(done))
    return True


def nox_forged_low(outlet: Outlet) -> bool:
    """The outlet value is scaled to next to nothing while the inlet stays as it is."""
    length = int(outlet.draw.uniform(2, 20) * DAY)
    begin = outlet.free(length, margin=DAY // 2)
    if begin is None or INLET_NOX not in outlet.signals:
        return False
    gain = float(outlet.draw.uniform(0.03, 0.12))
    outlet.gain[NOX][begin : begin + length] *= gain
    outlet.label("nox-forged-low", begin, begin + length, 1 - gain, NOX)
    return True


def clean_without_reagent(outlet: Outlet) -> bool:
    """Ammonia is saved for hours to days, and the outlet's numbers are held where they always are."""
    length = int(outlet.draw.uniform(8, 80) * 60)
    begin = outlet.free(length, margin=8 * 60, after=LEARNT)
    if begin is None or AMMONIA not in outlet.signals or outlet.level[NOX] < 10:
        return False
    share = float(outlet.draw.uniform(0.0, 0.12))
    outlet.signals[AMMONIA][begin : begin + length] *= share
    outlet.label("clean-without-reagent", begin, begin + length, 1 - share, NOX)
    return True


def hours_forged(outlet: Outlet) -> bool:
    """The hour means are scaled before they are sent; the minute data are left as they are."""
    factor = str(outlet.draw.choice(gases(outlet)))
    hours = int(outlet.draw.uniform(8, 200))
    begin = outlet.free(hours * 60, margin=8 * 60)
    if begin is None:
        return False
    first = begin // 60
    share = float(outlet.draw.uniform(0.5, 0.93))
    outlet.hour_scale[factor][first : first + hours] = share
    outlet.label("hours-forged", first * 60, (first + hours) * 60, 1 - share, factor)
    return True


def typed_by_hand(outlet: Outlet) -> bool:
    """Somebody types the numbers, value by value: last digits are fives and noughts. A month's digits are counted."""
    factor = str(outlet.draw.choice(gases(outlet)))
    length = int(outlet.draw.uniform(16, 24) * DAY)
    begin = int(outlet.draw.uniform(0.3, 4) * DAY)
    outlet.real_time = True

    def type_in(one: Outlet, measured: Reported, converted: Reported) -> None:
        part = measured[factor][begin : begin + length]
        nice = np.round(part * 20) / 20
        measured[factor][begin : begin + length] = np.where(one.draw.random(length) < 0.9, nice, part)
        converted[factor][begin : begin + length] = one.convert(measured)[factor][begin : begin + length]

    outlet.meddlings.append(type_in)
    outlet.label("typed-by-hand", begin, begin + length, 0.9, factor)
    return True


def marks_overused(outlet: Outlet) -> bool:
    """Day after day hours are marked as maintenance or fault."""
    hours = 0.0
    for day in range(outlet.days):
        if outlet.draw.random() < 0.7:
            begin = day * DAY + int(outlet.draw.integers(0, 18 * 60))
            length = int(outlet.draw.uniform(2, 7) * 60)
            outlet.flag[begin : begin + length] = ord("M") if outlet.draw.random() < 0.6 else ord("D")
            hours += length / 60
    outlet.label("marks-overused", 0, outlet.minutes, hours)
    return True


def lax_platform_limit(outlet: Outlet) -> bool:
    """A platform alarms by a limit above the one in force: somebody has typed the wrong one."""
    times = float(outlet.draw.uniform(1.1, 4))
    value = round(500 * times, 1)
    outlet.stated.append(
        {"factor": NOX, "value": value, "reference_oxygen_percent": outlet.kind.reference_oxygen,
         "basis": "platform", "clause": "城市平台"}
    )  # fmt: skip
    outlet.label("lax-platform-limit", 0, outlet.minutes, times, NOX)
    return True


def closed_but_alive(outlet: Outlet) -> bool:
    """Ordered to close, and it runs."""
    begin = int(outlet.draw.integers(DAY, outlet.minutes // 2))
    mark(outlet, "closed", begin, outlet.minutes, "取缔关停")
    outlet.label("closed-but-alive", begin, outlet.minutes, 1.0)
    return True


def ignores_response(outlet: Outlet, *, stop: bool) -> bool:
    """An emergency response asks it to stop or to halve its output; it goes on as ever."""
    length = int(outlet.draw.uniform(2, 5) * DAY)
    begin = outlet.free(length, margin=DAY)
    if begin is None or begin < 8 * DAY:
        return False
    outlet.entities.append(
        {
            "kind": "response",
            "id": f"response-{outlet.source}",
            "entity": {
                "source_id": outlet.source,
                "measure": "stop" if stop else "limit",
                "allowed_share": 0.0 if stop else 0.5,
                "warning_id": "warning-1",
                "level": "orange",
                "start_ms": outlet.ms(begin),
                "end_ms": outlet.ms(begin + length),
            },
        }
    )
    outlet.label("response-stop-ignored" if stop else "response-limit-ignored", begin, begin + length, 1.0)
    return True


def several_frauds(outlet: Outlet) -> bool:
    """Conversion, flow and one analyser are all meddled with in the same days."""
    begin = int(outlet.draw.uniform(9, 16) * DAY)
    end = begin + int(outlet.draw.uniform(5, 9) * DAY)
    if not outlet.running[begin:end].all():
        return False
    outlet.reference[begin:end] = min(20.0, outlet.kind.reference_oxygen + 2.5)
    hold = begin + 2 * DAY
    factor = max(gases(outlet), key=lambda one: outlet.level[one])

    def meddle(one: Outlet, measured: Reported, converted: Reported) -> None:
        measured["a00000"][begin:end] = rounded("a00000", measured["a00000"][begin:end] * 0.55)
        measured[factor][hold : hold + DAY] = measured[factor][hold - 1]
        converted[factor][hold : hold + DAY] = one.convert(measured)[factor][hold : hold + DAY]

    outlet.meddlings.append(meddle)
    outlet.label("several-frauds", begin, end, 3.0)
    outlet.label("flow-restored", end, end + 4 * DAY, 0.45, sure=False)
    return True
