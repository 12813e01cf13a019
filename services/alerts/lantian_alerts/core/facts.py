"""What the loop stopped at, told as facts: hours reported or computed, silence, runs of equal values."""

import math
from typing import NamedTuple

import numpy as np

from lantian_alerts.core import hours, kernel
from lantian_alerts.core.flags import Mark
from lantian_alerts.core.layout import (
    ALIVE,
    CLOSED,
    FLAGGED,
    FUTURE,
    FUTURE_MS,
    HOUR_MS,
    INVALID,
    JUDGED,
    LATE_BIT,
    LATE_MS,
    STREAM,
    UNUSED,
    Array,
    Rows,
)
from lantian_alerts.core.memory import Memory
from lantian_alerts.core.partition import Partition, frames
from lantian_alerts.core.plan import O2
from lantian_alerts.core.rule import HourFact, ReturnFact, RunEndFact, RunFact, Sample, SilenceFact
from lantian_alerts.knowledge.validity import VALID_MINUTES, VALID_SHARE
from lantian_proto import factors
from lantian_proto.readings import Period, Stat


class HourValue(NamedTuple):
    """One usable hour value of a frame; `at` is its place among the rows."""

    at: int
    slot: int
    value: float
    mark: int


class HourFrame(NamedTuple):
    """The hour values of one frame: rows up to `end` are taken; `results` are the rows' results."""

    end: int
    start_ms: int
    measured: dict[int, HourValue]
    converted: dict[int, HourValue]
    results: list[int]
    extremes: dict[tuple[int, int], float]  # MIN, MAX and COU by factor


def sample(rows: Rows, at: int) -> Sample:
    """A reading as evidence."""
    columns = (rows.factor, rows.stat, rows.period, rows.time, rows.value, rows.flag, rows.received, rows.seq)
    factor, stat, period, time, value, flag, received, seq = (column[at].item() for column in columns)
    return Sample(factor, stat, period, time, value, flag, received, seq)


def in_frame(rows: Rows, at: int, start: int) -> bool:
    """Whether a row is of the frame of another one: same source, period, frame and time."""
    return bool(
        rows.row[at] == rows.row[start]
        and rows.period[at] == rows.period[start]
        and rows.seq[at] == rows.seq[start]
        and rows.time[at] == rows.time[start]
    )


def frame_end(rows: Rows, start: int) -> int:
    """The end of the rows of a frame that stand together from `start` on."""
    end, count = start, len(rows.row)
    while end < count and in_frame(rows, end, start):
        end += 1
    return end


def hour_frame(partition: Partition, rows: Rows, row: int, start: int) -> HourFrame:
    """Reads the rows of one hour frame: same source, frame and hour, standing together."""
    end = frame_end(rows, start)
    time, received = int(rows.time[start]), rows.received[start]
    frame = HourFrame(end, time // HOUR_MS * HOUR_MS, {}, {}, [], {})
    before = start - 1  # what a frame says of its first factor before the mean was counted as unused by the loop
    while before >= 0 and in_frame(rows, before, start):
        _note_extreme(partition, frame, int(rows.factor[before]), int(rows.stat[before]), float(rows.value[before]))
        before -= 1
    for at in range(start, end):
        stat = int(rows.stat[at])
        book = {int(Stat.AVG): frame.measured, int(Stat.ZS_AVG): frame.converted}.get(stat)
        value, number = float(rows.value[at]), int(rows.factor[at])
        if book is None:
            frame.results.append(UNUSED)
            _note_extreme(partition, frame, number, stat, value)
        elif time - received > partition.plan.knobs[FUTURE_MS]:
            frame.results.append(FUTURE)
        elif not abs(value) <= partition.plan.largest[number]:  # NaN too
            frame.results.append(INVALID)
        else:
            slot, refused = partition.slot_for(row, number)
            mark = int(partition.plan.marks[rows.edition[at], rows.flag[at]])
            frame.results.append((FLAGGED if mark else JUDGED) if refused is None else refused)
            if refused is None:
                book[number] = HourValue(at, slot, value, mark)
    return frame


def _note_extreme(partition: Partition, frame: HourFrame, number: int, stat: int, value: float) -> None:
    """Lowest and highest value of the hour, and its amount, which knows no bound of a value."""
    known = (stat in (Stat.MIN, Stat.MAX) and abs(value) <= partition.plan.largest[number]) or (
        stat == Stat.COU and math.isfinite(value)
    )
    if known:
        frame.extremes[number, stat] = value


def remember(partition: Partition, memory: Memory, rows: Rows, row: int, frame: HourFrame) -> None:
    """Puts the hours of a frame into the history."""
    hour = frame.start_ms // HOUR_MS
    for number in {**frame.measured, **frame.converted}:
        measured, converted = frame.measured.get(number), frame.converted.get(number)
        given = [value for value in (measured, converted) if value is not None]
        memory.keep_early(row, given[0].slot, hour)
        memory.report(
            row,
            given[0].slot,
            hour,
            mean=math.nan if measured is None else measured.value,
            zs=math.nan if converted is None else converted.value,
            low=frame.extremes.get((number, int(Stat.MIN)), math.nan),
            high=frame.extremes.get((number, int(Stat.MAX)), math.nan),
            mark=max(value.mark for value in given),
            late=int(rows.received[given[0].at]) - frame.start_ms - HOUR_MS > int(partition.plan.knobs[LATE_MS]),
        )


def reported_hours(partition: Partition, rows: Rows, row: int, frame: HourFrame) -> list[HourFact]:
    """The hours of a frame that a rule may want: factors with a limit, or with an episode open."""
    facts = []
    for number in [*frame.measured, *(number for number in frame.converted if number not in frame.measured)]:
        measured, converted = frame.measured.get(number), frame.converted.get(number)
        given = [value for value in (measured, converted) if value is not None]
        slot = given[0].slot
        if not (partition.plan.series[row, slot]["screen"] >= 0 or partition.state.series[row, slot]["watched"]):
            continue
        oxygen = _oxygen(partition, row, frame)
        at, received = given[0].at, int(rows.received[given[0].at])
        kept = [sample(rows, value.at) for value in given]
        if O2 in frame.measured and number != O2:
            kept.append(sample(rows, frame.measured[O2].at))
        facts.append(
            HourFact(
                source_id=partition.ids[row],
                factor=factors.by_number(number).code,
                start_ms=frame.start_ms,
                end_ms=frame.start_ms + HOUR_MS,
                found_ms=received,
                reported=True,
                measured=None if measured is None else measured.value,
                converted=None if converted is None else converted.value,
                oxygen=oxygen,
                mark=max(value.mark for value in given),
                valid_minutes=0,
                values=1,
                enough=True,
                late=received - frame.start_ms - HOUR_MS > int(partition.plan.knobs[LATE_MS]),
                samples=tuple(kept),
                frames=(int(rows.seq[at]),),
            )
        )
    return facts


def _oxygen(partition: Partition, row: int, frame: HourFrame) -> float | None:
    """The hour's oxygen: of the same frame, else computed (it may come in another sub-packet)."""
    sent = frame.measured.get(O2)
    if sent is not None:
        return sent.value if sent.mark == Mark.NORMAL else None
    return _computed_oxygen(partition, row, frame.start_ms // HOUR_MS)


def _computed_oxygen(partition: Partition, row: int, hour: int) -> float | None:
    slot = partition.slot(row, O2)
    if slot is None:
        return None
    held = partition.state.hours[row, slot, hour % 2]
    if held["hour"] != hour or held["n"] == 0 or hours.covered(int(held["minutes"])) < VALID_MINUTES:
        return None
    return float(held["sum"] / held["n"])


def displaced_hour(
    partition: Partition, rows: Rows, row: int, slot: int, hour: int, at: int, counts: Array
) -> HourFact | None:
    """A reported hour takes the place of the computed one; an older hour still open there is told first."""
    held = partition.state.hours[row, slot, hour % 2]
    if held["hour"] > hour:
        return None
    told = None
    if held["hour"] < hour:
        if held["hour"] >= 0 and not held["bits"] & CLOSED:
            held["bits"] |= CLOSED
            if hours.needs_rule(partition.state, partition.plan, row, slot, hour % 2, counts):
                told = computed_hour(partition, rows, row, slot, hour % 2, at)
        partition.state.hours[row, slot, hour % 2] = np.zeros((), held.dtype)
        held = partition.state.hours[row, slot, hour % 2]
        held["hour"] = hour
    held["bits"] |= CLOSED
    return told


def computed_hour(partition: Partition, rows: Rows, row: int, slot: int, parity: int, at: int) -> HourFact:
    """An hour from its minute or real-time values; `at` is the row, tick or reading, that ended it."""
    held = partition.state.hours[row, slot, parity]
    planned = partition.plan.sources[row]
    number, hour, n = int(partition.state.series[row, slot]["factor"]), int(held["hour"]), int(held["n"])
    minutes = int(hours.covered(int(held["minutes"])))
    due = int(planned["due_minute"] if held["kind"] == 2 else planned["due_rtd"])
    measured = float(held["sum"] / n) if n else None
    oxygen = _computed_oxygen(partition, row, hour)
    found_ms, start_ms = int(rows.received[at]), hour * HOUR_MS
    means = [(number, measured)] + ([(O2, oxygen)] if number != O2 else [])
    return HourFact(
        source_id=partition.ids[row],
        factor=factors.by_number(number).code,
        start_ms=start_ms,
        end_ms=start_ms + HOUR_MS,
        found_ms=found_ms,
        reported=False,
        measured=measured,
        converted=float(held["sum_zs"] / n) if n and held["n_zs"] == n else None,
        oxygen=oxygen,
        mark=Mark.NORMAL,
        valid_minutes=minutes,
        values=n,
        enough=minutes >= VALID_MINUTES and n >= VALID_SHARE * due,
        late=bool(held["bits"] & LATE_BIT),
        samples=tuple(
            Sample(code, int(Stat.AVG), int(Period.HOUR), start_ms, mean, 0, found_ms, -1)
            for code, mean in means
            if mean is not None
        ),
        frames=frames(partition, row),
    )


def silence(partition: Partition, row: int) -> SilenceFact:
    """A source whose silence has reached a tier."""
    source, scalars = partition.state.sources[row], partition.state.scalars
    seen, tier = bool(source["seen"]), int(source["tier"])
    planned_ms = int(partition.plan.sources[row]["silent_ms"])
    silent_ms, stream_ms = int(scalars[ALIVE] - source["last_alive"]), int(scalars[STREAM])
    due_ms = int(kernel.silence_due(planned_ms, seen, tier - 1, partition.plan.knobs))
    skewed = int(source["skew_received"])
    return SilenceFact(
        source_id=partition.ids[row],
        tier=tier,
        silent_ms=silent_ms,
        due_ms=due_ms,
        since_ms=max(int(source["last_received"]), skewed) or stream_ms - silent_ms,  # registered before the first tick
        seen=seen,
        found_ms=stream_ms,
        frames=frames(partition, row),
        skew_ms=int(source["skew_ms"]) if tier == 1 and stream_ms - skewed < due_ms else 0,
    )


def put_off(partition: Partition, row: int) -> None:
    """Data of another time came lately: silence counts anew from the last of them, else their end would be missed."""
    source, scalars = partition.state.sources[row], partition.state.scalars
    source["tier"] = 0
    source["last_alive"] = scalars[ALIVE] - (scalars[STREAM] - source["skew_received"])


def returned(partition: Partition, rows: Rows, row: int, at: int) -> ReturnFact:
    """A source that was silent sends again with the reading at `at`."""
    return ReturnFact(source_id=partition.ids[row], found_ms=int(rows.received[at]))


def run(partition: Partition, rows: Rows, row: int, slot: int, at: int) -> RunFact:
    """A factor that has repeated one value up to the reading at `at`."""
    held, source = partition.state.series[row, slot], partition.state.sources[row]
    received = int(rows.received[at])
    return RunFact(
        source_id=partition.ids[row],
        factor=factors.by_number(int(held["factor"])).code,
        value=float(held["run_value"]),
        start_ms=int(held["run_start"]),
        end_ms=int(held["run_last"]),
        found_ms=received,
        values=int(held["run_count"]),
        moves=int(source["moves"]) - int(held["run_moves"]),
        companions=int(source["companions"]),
        late=received - int(held["run_last"]) > int(partition.plan.knobs[LATE_MS]),
        samples=(sample(rows, at),),
        frames=frames(partition, row),
    )


def run_end(partition: Partition, rows: Rows, row: int, slot: int, at: int) -> RunEndFact:
    """A reported run that the reading at `at` has ended."""
    return RunEndFact(
        source_id=partition.ids[row],
        factor=factors.by_number(int(partition.state.series[row, slot]["factor"])).code,
        value=float(rows.value[at]),
        at_ms=int(rows.time[at]),
        found_ms=int(rows.received[at]),
    )
