"""Hours gathered from minute and real-time values, as part of the compiled loop."""

import numpy as np

from lantian_alerts.core.compiled import compiled

from lantian_alerts.core.layout import (  # isort: skip
    HOUR_MS, LATE_BIT, O2_FACTOR, SCREENED, Array, Plan, State,
)  # fmt: skip
from lantian_alerts.knowledge.validity import AIR_O2, GUARD_O2
from lantian_proto.readings import Period

MINUTE = int(Period.MINUTE)
FULL = 30_000


@compiled
def covered(minutes: int) -> int:
    """How many bits are set."""
    count = 0
    while minutes != 0:
        minutes &= minutes - 1
        count += 1
    return count


@compiled
def find_slot(sources: Array, series: Array, r: int, factor: int) -> int:
    """Slot of a factor, or -1."""
    used = np.int64(sources[r]["slots"])  # numba makes a float of mixed signed and unsigned numbers
    for s in range(used):
        if series[r, s]["factor"] == factor:
            return s
    return -1


@compiled
def needs_rule(state: State, plan: Plan, r: int, s: int, p: int, counts: Array) -> bool:
    """Whether an hour that ends here must go to the rules.

    A necessary condition only, never too narrow: above the lowest limit, or not convertible, or an episode is open.
    """
    hour = state.hours[r, s, p]
    watched = state.series[r, s]["watched"] != 0
    asked = plan.series[r, s]
    if not asked["screen"] >= 0.0:  # NaN: no limit at all
        return bool(watched)
    if watched:
        return True
    if hour["n"] == 0:
        counts[SCREENED] += 1
        return False
    worst = hour["sum"] / hour["n"]
    if asked["screen_o2"] >= 0.0:
        if hour["n_zs"] > 0:
            worst = max(worst, hour["sum_zs"] / hour["n_zs"])
        if hour["n_zs"] != hour["n"]:
            o2 = find_slot(state.sources, state.series, r, plan.knobs[O2_FACTOR])
            if o2 < 0:
                return True
            air = state.hours[r, o2, p]
            if air["hour"] != hour["hour"] or air["n"] == 0:
                return True
            oxygen = air["sum"] / air["n"]
            if oxygen >= GUARD_O2:  # the rule says why it is not judged
                return True
            worst = max(worst, worst * (AIR_O2 - asked["screen_o2"]) / (AIR_O2 - oxygen))
    if worst > asked["screen"]:
        return True
    counts[SCREENED] += 1
    return False


@compiled
def start_hour(hour: Array, h: int) -> None:
    """Empties a place for an hour."""
    hour["hour"] = h
    hour["kind"] = 0
    hour["bits"] = 0
    hour["sum"] = 0.0
    hour["sum_zs"] = 0.0
    hour["minutes"] = 0
    hour["n"] = 0
    hour["n_zs"] = 0
    hour["flagged"] = 0
    hour["last"] = -1
    hour["last_zs"] = -1
    hour["changes"] = 0
    hour["mark"] = 0
    hour["square"] = 0.0


@compiled
def add_to_hour(
    hour: Array, h: int, period: int, measured: bool, value: float, time: int, mark: int, late: bool, cover: int
) -> bool:
    """Adds one value to an hour that is open for it; minute values outrank real-time ones.

    False when it is the last value once more: a device sends again what was not answered (HJ 212-2017, 6.2).
    """
    kind = 2 if period == MINUTE else 1
    if hour["kind"] < kind:
        start_hour(hour, h)
        hour["kind"] = kind
    elif hour["kind"] > kind:
        return True
    second = (time - h * HOUR_MS) // 1000
    if second == (hour["last"] if measured else hour["last_zs"]):
        return False
    if measured:
        hour["last"] = second
    else:
        hour["last_zs"] = second
    if late:
        hour["bits"] |= LATE_BIT
    if hour["n"] >= FULL or hour["n_zs"] >= FULL or hour["flagged"] >= FULL:
        return True
    if mark != 0:
        if measured:
            hour["flagged"] += 1
            hour["mark"] = mark
    elif measured:
        near = np.float32(value)
        if hour["n"] == 0:
            hour["first"] = hour["last_value"] = hour["low"] = hour["high"] = near
        elif near != hour["last_value"]:
            hour["last_value"] = near
            hour["changes"] += 1
            if near < hour["low"]:
                hour["low"] = near
            elif near > hour["high"]:
                hour["high"] = near
        away = near - hour["first"]
        hour["square"] += away * away
        hour["sum"] += value
        hour["n"] += 1
        first = second // 60
        for minute in range(first, min(60, first + cover)):
            hour["minutes"] |= 1 << minute
    else:
        hour["sum_zs"] += value
        hour["n_zs"] += 1
    return True
