"""The hot loop over readings, compiled with numba; the same functions run uncompiled in tests.

The loop stops at everything rare (an hour closed, silence, a run of equal values, an unknown series), tells what it
stopped at, and goes on from there: so Python sees the rare things in the exact order of the stream, and the findings
do not depend on how the stream was cut into fetches.
"""

from typing import Any

import numpy as np

from lantian_alerts.core.compiled import compiled
from lantian_alerts.core.hours import add_to_hour, find_slot, needs_rule, start_hour

from lantian_alerts.core.layout import (  # isort: skip
    ABSURD, ALIVE, AT_ROW, AT_SCAN, AT_STAGE, AWAY, BLOCK_ROWS, CLOSED, CLOSED_HOUR, DAYS, DONE, FLAGGED, FUTURE,
    FUTURE_MS, GRACE_MS, HOURS, HOURS_OVER, HOUR_CLOSED, HOUR_MS, INVALID, JUDGED, KNOWN, LAST_TICK, LATE, LATE_MS,
    MINUTE_MS, MISPLACED, NEW_SERIES, NEXT_SWEEP, REPEATED, RETURNED, RING, RING_MS, ROW_MISPLACED, ROW_TICK,
    SIGNAL_PARITY, SIGNAL_ROW, SIGNAL_SLOT, SILENT, STREAM, SWEEP, SWEEP_MS, TICK,
    TICKS, TICK_GAP_MS, TIER_2_MS, TIER_3_MS, UNREGISTERED,
    UNSEEN_MS, UNUSED, Array, Plan, Rows, State,
)  # fmt: skip
from lantian_alerts.core.runs import advance_run
from lantian_proto.readings import TICK_FACTOR, Period, Stat

RTD, AVG, ZS_RTD, ZS_AVG = int(Stat.RTD), int(Stat.AVG), int(Stat.ZS_RTD), int(Stat.ZS_AVG)
REAL_TIME, MINUTE, HOUR_PERIOD = int(Period.REAL_TIME), int(Period.MINUTE), int(Period.HOUR)
DAY_MS = 24 * HOUR_MS
LONGEST_MINUTE_MS = 10 * MINUTE_MS  # "minute" data are 10-minute means at most feeds (HJ 212-2017, MinInterval)


@compiled
def silence_due(silent_ms: int, seen: bool, tier: int, knobs: Array) -> int:
    """Alive time after which the tier above `tier` is reached."""
    if not seen:
        least = knobs[UNSEEN_MS]
    elif tier == 0:
        least = 0
    else:
        least = knobs[TIER_2_MS] if tier == 1 else knobs[TIER_3_MS]
    return silent_ms if silent_ms > least else np.int64(least)  # type: ignore[return-value]  # an int to the callers


@compiled
def take_tick(time: int, state: State, plan: Plan, counts: Array, cursor: Array, signal: Array) -> int:
    """Time goes on: silence is looked for, hours that are over are closed, every minute a sweep is asked for."""
    scalars, knobs = state.scalars, plan.knobs
    known, slots = scalars[KNOWN], state.series.shape[1]
    if cursor[AT_STAGE] == 0:
        if scalars[LAST_TICK] > 0 and time > scalars[LAST_TICK]:
            gap = time - scalars[LAST_TICK]
            if gap <= knobs[TICK_GAP_MS]:
                scalars[ALIVE] += gap
            else:  # ingest itself was away: nobody was silent
                scalars[AWAY] += gap
        scalars[LAST_TICK] = max(scalars[LAST_TICK], time)
        scalars[STREAM] = max(scalars[STREAM], time)
        scalars[TICKS] += 1
        cursor[AT_STAGE], cursor[AT_SCAN] = 1, 0
    if cursor[AT_STAGE] == 1:
        alive = scalars[ALIVE]
        for r in range(cursor[AT_SCAN], known):
            silent_ms = plan.sources[r]["silent_ms"]
            tier: Any = np.int64(state.sources[r]["tier"])
            if silent_ms <= 0 or tier >= 3:
                continue
            seen = state.sources[r]["seen"] != 0
            silent = alive - state.sources[r]["last_alive"]
            reached = tier
            while reached < 3 and (seen or reached == 0) and silent >= silence_due(silent_ms, seen, reached, knobs):
                reached += 1
            if reached > tier:
                state.sources[r]["tier"] = reached
                state.dirty[r // BLOCK_ROWS] = 1
                cursor[AT_SCAN] = r + 1
                signal[SIGNAL_ROW] = r
                return SILENT
        cursor[AT_STAGE], cursor[AT_SCAN] = 2, 0
    if cursor[AT_STAGE] == 2:
        over = (scalars[STREAM] - knobs[GRACE_MS]) // HOUR_MS - 1
        if over > scalars[CLOSED_HOUR]:
            for place in range(cursor[AT_SCAN], known * slots * 2):
                r, s, p = place // (slots * 2), place // 2 % slots, place % 2
                if s >= state.sources[r]["slots"]:
                    continue
                hour = state.hours[r, s, p]
                if hour["hour"] < 0 or hour["hour"] > over or hour["bits"] & CLOSED:
                    continue
                hour["bits"] |= CLOSED
                state.dirty[r // BLOCK_ROWS] = 1
                if needs_rule(state, plan, r, s, p, counts):
                    cursor[AT_SCAN] = place + 1
                    signal[SIGNAL_ROW], signal[SIGNAL_SLOT], signal[SIGNAL_PARITY] = r, s, p
                    return HOUR_CLOSED
            scalars[CLOSED_HOUR] = over
            cursor[AT_STAGE] = 3
            return HOURS_OVER
        cursor[AT_STAGE] = 3
    if cursor[AT_STAGE] == 3:
        cursor[AT_STAGE] = 4
        if scalars[STREAM] >= scalars[NEXT_SWEEP]:
            scalars[NEXT_SWEEP] = (scalars[STREAM] // knobs[SWEEP_MS] + 1) * knobs[SWEEP_MS]
            return SWEEP
    counts[TICK] += 1
    return DONE


@compiled
def run(rows: Rows, state: State, plan: Plan, counts: Array, cursor: Array, signal: Array) -> int:
    """Works from the cursor on; DONE when all rows are taken, else what it stopped at, with `signal` filled in.

    The caller handles the stop and calls again. Every row adds one to one of the counts before SCREENED. One function
    on purpose: handing the arrays to another one for every reading takes longer than the reading itself.
    """
    row, factors, stats, periods, times = rows.row, rows.factor, rows.stat, rows.period, rows.time
    values, flags, receptions, editions, seqs = rows.value, rows.flag, rows.received, rows.edition, rows.seq
    scalars, sources, all_series, all_hours = state.scalars, state.sources, state.series, state.hours
    ring_seq, ring_time, dirty = state.ring_seq, state.ring_time, state.dirty
    planned, floors, companions, marks, knobs = plan.sources, plan.floors, plan.companions, plan.marks, plan.knobs
    late_ms, future_ms, ring_ms = knobs[LATE_MS], knobs[FUTURE_MS], knobs[RING_MS]
    hint = 0
    for i in range(cursor[AT_ROW], len(row)):
        r = row[i]
        if r < 0:
            if r == ROW_TICK and factors[i] == TICK_FACTOR:
                cursor[AT_ROW] = i
                found = take_tick(times[i], state, plan, counts, cursor, signal)
                if found != DONE:
                    return found
                cursor[AT_STAGE] = 0
            else:
                counts[MISPLACED if r == ROW_MISPLACED else UNREGISTERED] += 1
            continue
        stage = cursor[AT_STAGE]
        cursor[AT_STAGE] = 0
        period, stat, time, received = periods[i], stats[i], times[i], receptions[i]
        source = sources[r]
        length = 0
        if period == HOUR_PERIOD:
            length = HOUR_MS
        elif period == MINUTE:
            length = LONGEST_MINUTE_MS
        elif period != REAL_TIME:
            length = DAY_MS
        late = received - time - length > late_ms
        if stage == 0:
            dirty[r // BLOCK_ROWS] = 1
            if not late:  # back-filled data do not say that the link of today is up
                source["last_alive"] = scalars[ALIVE]
                source["last_received"] = received
                source["seen"] = 1
                if source["tier"] > 0:
                    source["tier"] = 0
                    cursor[AT_ROW], cursor[AT_STAGE], signal[SIGNAL_ROW] = i, 1, r
                    return RETURNED
            else:
                source["skew_ms"] = received - time - length
                source["skew_received"] = received
        value, factor = values[i], factors[i]
        measured = (stat == RTD) | (stat == AVG)
        if stage <= 1:
            if not (measured | (stat == ZS_RTD) | (stat == ZS_AVG)):
                counts[UNUSED] += 1
                continue
            if time - received > future_ms:
                counts[FUTURE] += 1
                source["skew_ms"] = received - time
                source["skew_received"] = received
                continue
            if time < 0 or not (value >= -ABSURD and value <= ABSURD):  # NaN fails both
                largest = plan.largest[factors[i]]
                if time < 0 or not (value >= -largest and value <= largest):
                    counts[INVALID] += 1
                    continue
        if period > HOUR_PERIOD:
            cursor[AT_ROW], cursor[AT_STAGE], signal[SIGNAL_ROW] = i, 1, r
            return DAYS
        if hint < source["slots"] and all_series[r, hint]["factor"] == factor:
            slot = hint  # frames repeat their order
        else:
            slot = find_slot(sources, all_series, r, factor)
            if slot < 0:
                cursor[AT_ROW], cursor[AT_STAGE], signal[SIGNAL_ROW] = i, 1, r
                return NEW_SERIES
        hint = slot + 1
        if period == HOUR_PERIOD:
            cursor[AT_ROW], cursor[AT_STAGE], signal[SIGNAL_ROW] = i, 1, r
            return HOURS
        mark = marks[editions[i], flags[i]]
        normal = mark == 0
        series = all_series[r, slot]
        if stage <= 2:
            h = time // HOUR_MS
            p = h % 2
            hour = all_hours[r, slot, p]
            if h != hour["hour"]:
                if h < hour["hour"]:
                    counts[LATE] += 1
                    continue
                if hour["hour"] >= 0 and not hour["bits"] & CLOSED:
                    hour["bits"] |= CLOSED
                    if needs_rule(state, plan, r, slot, p, counts):
                        cursor[AT_ROW], cursor[AT_STAGE] = i, 2
                        signal[SIGNAL_ROW], signal[SIGNAL_SLOT], signal[SIGNAL_PARITY] = r, slot, p
                        return HOUR_CLOSED
                start_hour(hour, h)
            elif hour["bits"] & CLOSED:
                counts[LATE] += 1
                continue
            cover = planned[r]["cover_minute"] if period == MINUTE else planned[r]["cover_rtd"]
            if not add_to_hour(hour, h, period, measured, value, time, mark, late, cover):
                counts[REPEATED] += 1
                continue
            at = np.int64(source["ring_at"])
            if time - ring_time[r, (at + RING - 1) % RING] >= ring_ms:
                ring_seq[r, at] = seqs[i]
                ring_time[r, at] = time
                source["ring_at"] = (at + 1) % RING
        if stage <= 3 and measured:
            if companions[factor]:
                if normal and time > series["run_last"]:
                    if series["run_last"] == 0:
                        source["companions"] += 1
                    elif series["run_value"] != value:
                        source["moves"] += 1
                    series["run_value"] = value
                    series["run_last"] = time
            elif floors[factor] >= 0.0:
                found = advance_run(
                    series, value, time, period, normal, source["moves"], source["companions"], floors[factor], knobs
                )
                if found != DONE:
                    cursor[AT_ROW], cursor[AT_STAGE] = i, 4
                    signal[SIGNAL_ROW], signal[SIGNAL_SLOT] = r, slot
                    return found
        counts[JUDGED if normal else FLAGGED] += 1
    cursor[AT_ROW] = len(row)
    return DONE
