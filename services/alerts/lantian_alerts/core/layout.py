"""Arrays of one partition: what the hot loop reads and writes. One place for every record layout and index."""

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
BLOCK_ROWS: Final = 256
RING: Final = 8
SLOTS_AT_FIRST, SLOTS_AT_MOST = 4, 64
FACTORS: Final = 1 << 16

# One source. `last_alive` is in alive time (layout.ALIVE), the others in ms since 1970 UTC.
SOURCE: Final = np.dtype(
    [
        ("last_alive", "<i8"),
        ("last_received", "<i8"),
        ("moves", "<i4"),  # changes of flow, velocity and temperature so far
        ("companions", "u1"),  # how many of those factors it sends
        ("tier", "u1"),  # silence tiers already reported
        ("seen", "u1"),
        ("ring_at", "u1"),
        ("slots", "u1"),
        ("spare", "u1", (3,)),
        ("skew_ms", "<i8"),  # reception minus time of the last reading that came much too late or too early
        ("skew_received", "<i8"),
    ]
)

# One source and factor: the run of equal values.
SERIES: Final = np.dtype(
    [
        ("run_value", "<f8"),
        ("run_start", "<i8"),
        ("run_last", "<i8"),
        ("run_moves", "<i4"),
        ("run_count", "<i4"),
        ("factor", "<u2"),
        ("run_period", "u1"),
        ("fired", "u1"),
        ("changes", "u1"),
        ("watched", "u1"),  # an episode of an hour rule is open: every hour goes to the rule
        ("spare", "u1", (2,)),
    ]
)

# One hour of a source and factor; two of them a series, by the parity of the hour.
HOUR: Final = np.dtype(
    [
        ("sum", "<f8"),
        ("sum_zs", "<f8"),
        ("minutes", "<i8"),  # bit k: minute k is covered by a valid value
        ("hour", "<i4"),  # hours since 1970; -1 never used
        ("n", "<i2"),
        ("n_zs", "<i2"),
        ("last", "<i2"),  # second of the hour of the last measured value, and of the last converted one
        ("last_zs", "<i2"),
        ("flagged", "<i2"),
        ("kind", "u1"),  # 0 empty, 1 real-time values, 2 minute values
        ("bits", "u1"),  # CLOSED, LATE
        ("changes", "<i2"),  # values that differ from the one before
        ("mark", "u1"),  # last mark that was not normal
        ("spare", "u1"),
        ("first", "<f4"),
        ("last_value", "<f4"),
        ("low", "<f4"),
        ("high", "<f4"),
        ("square", "<f4"),  # of the distance to the first value, summed
    ]
)
CLOSED, LATE_BIT = 1, 2

# What the registry and the catalogue ask of a source and of a series; rebuilt from them, never saved.
SOURCE_PLAN: Final = np.dtype(
    [("silent_ms", "<i8"), ("cover_rtd", "<i4"), ("cover_minute", "<i4"), ("due_rtd", "<i4"), ("due_minute", "<i4")]
)
# screen: lowest limit of any time, NaN for none; screen_o2 < 0: none converted. The others are limits in force now.
SERIES_PLAN: Final = np.dtype(
    [
        ("screen", "<f8"),
        ("screen_o2", "<f8"),
        ("limit", "<f4"),
        ("limit_o2", "<f4"),
        ("ultra", "<f4"),
        ("ultra_o2", "<f4"),
        ("day", "<f4"),
        ("day_o2", "<f4"),
    ]
)

# Scalars of the partition that change with the stream.
STREAM, ALIVE, LAST_TICK, AWAY, CLOSED_HOUR, NEXT_SWEEP, TICKS, KNOWN, KEPT_HOUR, KEPT_AWAY, HOURS_SCALARS = range(11)
SCALARS: Final = HOURS_SCALARS + 28  # the last hours in which ingest was away, by hour modulo 28

# Parameters of the loop.
(
    LATE_MS, FUTURE_MS, GRACE_MS, TICK_GAP_MS, SWEEP_MS, UNSEEN_MS, TIER_2_MS, TIER_3_MS,
    RUN_MS, RUN_SAMPLES, RUN_HOURS, RUN_GAP_MS, RUN_MOVES, RING_MS, O2_FACTOR, KNOBS,
) = range(16)  # fmt: skip

ABSURD: Final = 1e6
LARGEST: Final = {"v07016": 1e8, "v07031": 1e8, "v07034": 1e11, "m07111": 1e10}
"""What counts up over a life goes beyond it: mileage km, fuel L and reagent g used, a meter's reading kWh."""

# Every row leaves by one of these.
RESULTS: Final = (
    "judged", "unused", "flagged", "invalid", "future", "late", "unregistered", "misplaced", "tick", "no-room",
    "unknown-factor", "repeated",
)  # fmt: skip
JUDGED, UNUSED, FLAGGED, INVALID, FUTURE, LATE, UNREGISTERED, MISPLACED, TICK, NO_ROOM, UNKNOWN_FACTOR, REPEATED = (
    range(12)
)
SCREENED, COUNTS = 12, 13  # hours at or below every limit that no rule had to look at

# Special row numbers.
ROW_UNREGISTERED, ROW_TICK, ROW_MISPLACED = -1, -2, -3

# Why the loop stopped.
DONE, HOURS, HOUR_CLOSED, SILENT, RETURNED, FROZEN, THAWED, NEW_SERIES, SWEEP, HOURS_OVER, DAYS = range(11)

# Where it goes on, and what it stopped at.
AT_ROW, AT_STAGE, AT_SCAN, CURSOR = 0, 1, 2, 3
SIGNAL_ROW, SIGNAL_SLOT, SIGNAL_PARITY, SIGNAL = 0, 1, 2, 3

Array = npt.NDArray[Any]


class Rows(NamedTuple):
    """Readings of one call, in order; `row` is the number of the source, or a special one."""

    row: Array
    factor: Array
    stat: Array
    period: Array
    time: Array
    value: Array
    flag: Array
    received: Array
    edition: Array
    seq: Array


class State(NamedTuple):
    """What is saved: sources by row, series by row and slot, hours by row, slot and parity, frames by row and place."""

    scalars: Array
    sources: Array
    series: Array
    hours: Array
    ring_seq: Array
    ring_time: Array
    dirty: Array


class Plan(NamedTuple):
    """What is asked: by row, by row and slot, by factor, and the parameters."""

    sources: Array
    series: Array
    floors: Array
    companions: Array
    largest: Array
    marks: Array
    knobs: Array


def empty_state(rows: int = BLOCK_ROWS, slots: int = SLOTS_AT_FIRST) -> State:
    """A partition that has seen nothing. All zeros, which take no memory until `begin_row` and `begin_slot`."""
    scalars = np.zeros(SCALARS, np.int64)
    scalars[CLOSED_HOUR] = scalars[KEPT_HOUR] = -1
    scalars[HOURS_SCALARS:] = -1
    return State(
        scalars,
        np.zeros(rows, SOURCE),
        np.zeros((rows, slots), SERIES),
        np.zeros((rows, slots, 2), HOUR),
        np.zeros((rows, RING), np.int64),
        np.zeros((rows, RING), np.int64),
        np.zeros(rows // BLOCK_ROWS, np.uint8),
    )


def begin_row(state: State, row: int) -> None:
    """A source that has sent nothing yet."""
    state.ring_seq[row] = -1


def begin_slot(state: State, row: int, slot: int, factor: int) -> None:
    """A factor of a source that has no value yet."""
    state.series[row, slot]["factor"] = factor
    state.series[row, slot]["run_period"] = 255
    state.hours[row, slot]["hour"] = -1
    state.sources[row]["slots"] = slot + 1


def more_slots(slots: int) -> int:
    """The next width of the arrays: little room to spare, since every source of the partition pays for it."""
    return min(SLOTS_AT_MOST, slots + max(2, slots // 8))


def empty_plan_arrays(rows: int, slots: int) -> tuple[Array, Array]:
    """Plan of sources and of series; zeros until one is planned."""
    return np.zeros(rows, SOURCE_PLAN), np.zeros((rows, slots), SERIES_PLAN)


def grown(state: State, rows: int, slots: int) -> State:
    """The same content with room for more; `rows` is a multiple of BLOCK_ROWS. Copies the rows in use alone."""
    bigger, known = empty_state(rows, slots), int(state.scalars[KNOWN])
    old_slots = state.series.shape[1]
    bigger.scalars[:] = state.scalars
    bigger.sources[:known] = state.sources[:known]
    bigger.series[:known, :old_slots] = state.series[:known]
    bigger.hours[:known, :old_slots] = state.hours[:known]
    bigger.ring_seq[:known] = state.ring_seq[:known]
    bigger.ring_time[:known] = state.ring_time[:known]
    bigger.dirty[: len(state.dirty)] = state.dirty
    return bigger
