"""Runs of equal values, as part of the compiled loop."""

from lantian_alerts.core.compiled import compiled

from lantian_alerts.core.layout import (  # isort: skip
    DONE, FROZEN, HOUR_MS, RUN_GAP_MS, RUN_HOURS, RUN_MOVES, RUN_MS, RUN_SAMPLES, THAWED, Array,
)  # fmt: skip
from lantian_proto.readings import Period

HOUR_PERIOD = int(Period.HOUR)


@compiled
def advance_run(
    run: Array, value: float, time: int, period: int, normal: bool, moves: int, companions: int,
    floor: float, knobs: Array,
) -> int:  # fmt: skip
    """Takes one measured value into the run of equal values; returns DONE, FROZEN or THAWED.

    The finest period a series sends decides; a coarser one takes over after a gap. A marked value ends a run that has
    not fired. A run that has fired ends with two values in a row that differ from it.
    """
    fired = run["fired"] != 0
    if time <= run["run_last"]:
        return DONE
    if period > run["run_period"] and time - run["run_last"] <= 2 * HOUR_MS:
        return DONE
    if not normal:
        if not fired:
            run["run_count"] = 0
            run["run_last"] = time
        return DONE
    gap = knobs[RUN_GAP_MS]
    if period == HOUR_PERIOD and gap < 2 * HOUR_MS:
        gap = 2 * HOUR_MS
    same = value == run["run_value"] and run["run_count"] > 0
    if same and (fired or (period == run["run_period"] and time - run["run_last"] <= gap)):
        run["run_count"] += 1
        run["run_last"] = time
        run["changes"] = 0
        needed = knobs[RUN_HOURS] if period == HOUR_PERIOD else knobs[RUN_SAMPLES]
        if (
            not fired
            and run["run_count"] >= needed
            and time - run["run_start"] >= knobs[RUN_MS]
            and value > floor
            and (companions == 0 or moves - run["run_moves"] >= knobs[RUN_MOVES])
        ):
            run["fired"] = 1
            return FROZEN
        return DONE
    ended = DONE
    if fired:
        run["run_last"] = time
        run["changes"] += 1
        if run["changes"] < 2:
            return DONE
        run["fired"] = 0
        ended = THAWED
    run["run_value"] = value
    run["run_start"] = time
    run["run_last"] = time
    run["run_count"] = 1
    run["run_moves"] = moves
    run["run_period"] = period
    run["changes"] = 0
    return ended
