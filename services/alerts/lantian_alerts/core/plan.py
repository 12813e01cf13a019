"""What the registry and the catalogue ask of the loop, as arrays; rebuilt from them at any time, never saved."""

from functools import lru_cache

import numpy as np

from lantian_alerts.core import flags
from lantian_alerts.core.demand import Demand
from lantian_alerts.core.layout import (
    ABSURD,
    FACTORS,
    FUTURE_MS,
    GRACE_MS,
    HOUR_MS,
    KNOBS,
    LARGEST,
    LATE_MS,
    MINUTE_MS,
    O2_FACTOR,
    RING_MS,
    RUN_GAP_MS,
    RUN_HOURS,
    RUN_MOVES,
    RUN_MS,
    RUN_SAMPLES,
    SWEEP_MS,
    TICK_GAP_MS,
    TIER_2_MS,
    TIER_3_MS,
    UNSEEN_MS,
    Array,
    Plan,
    empty_plan_arrays,
)  # fmt: skip
from lantian_alerts.core.registry import Site, factor_number
from lantian_proto import factors
from lantian_proto.v1.registry_pb2 import Limit

O2_CODE = "a19001"
O2 = factor_number(O2_CODE)
NEVER = 1 << 60
NO_SCREEN = (np.nan, -1.0)
Bounds = tuple[dict[int, tuple[float, float]], set[int]]
"""By factor number: the lowest limit of any time with the lowest reference oxygen; and which have limits of days."""
ULTRA = "ultra-low"
VEHICLE = "vehicle"
ON_EVENT = ("gate", "vapour-recovery", "remote-sensing", "inspection")
"""Kinds of records that are sent when something happens, not by the clock."""

LATE_AFTER_MS = 2 * HOUR_MS  # late data change history and are never urgent (promise 5)
AHEAD_AT_MOST_MS = 10 * MINUTE_MS
GRACE_AFTER_MS = 20 * MINUTE_MS  # hour values of the device come within minutes; only then is the hour computed
SWEEP_EVERY_MS = MINUTE_MS
RING_EVERY_MS = 450_000  # eight frames a source: the last hour


class Planner:
    """Holds the arrays of one partition and fills them for a source, a series or all."""

    def __init__(self, demand: Demand, tick_gap_ms: int, rows: int, slots: int) -> None:
        self._demand = demand
        companions = np.zeros(FACTORS, np.uint8)
        for code in demand.run_companions:
            companions[factor_number(code)] = 1
        sources, series = empty_plan_arrays(rows, slots)
        self._bounded: tuple[str, int] | None = None
        self._found: Bounds = ({}, set())
        self.plan = Plan(
            sources, series, _floors(demand), companions, _largest(), flags.table(), _knobs(demand, tick_gap_ms)
        )

    def follow(self, demand: Demand) -> bool:
        """Takes what the loop has to notice from now on; true when sources have to be planned anew."""
        if demand == self._demand:
            return False
        self._demand = demand
        self.plan.knobs[:] = _knobs(demand, int(self.plan.knobs[TICK_GAP_MS]))
        self.plan = self.plan._replace(floors=_floors(demand))
        return True

    def grow(self, rows: int, slots: int, known: int) -> None:
        """Makes room; what was planned of the first `known` sources stays."""
        sources, series = empty_plan_arrays(rows, slots)
        sources[:known] = self.plan.sources[:known]
        series[:known, : self.plan.series.shape[1]] = self.plan.series[:known]
        self.plan = self.plan._replace(sources=sources, series=series)

    def watch(self, row: int, site: Site, at_ms: int) -> bool:
        """Plans a source from its feeds in force; true when it is watched for silence."""
        shortest_ms, real_time, minutes = NEVER, 0, 0
        source = site.source(at_ms)
        parks = source is not None and source.kind == VEHICLE
        for feed in site.feeds(at_ms):
            if feed.real_time_interval_seconds:
                real_time = min(real_time or NEVER, feed.real_time_interval_seconds)
            if feed.minute_interval_minutes:
                minutes = min(minutes or NEVER, feed.minute_interval_minutes)
            if parks or (feed.record_kind in ON_EVENT and not feed.real_time_interval_seconds):
                continue  # a parked vehicle, a gate nobody passes: their silence says nothing
            # A feed that declares no interval sends at least hours: every other protocol of the suite does.
            shortest_ms = min(shortest_ms, real_time * 1000 or NEVER, minutes * MINUTE_MS or NEVER, HOUR_MS)
        planned = self.plan.sources[row]
        silent_ms = 0
        if shortest_ms != NEVER and self._demand.silence_intervals:
            silent_ms = max(int(shortest_ms * self._demand.silence_intervals), self._demand.silence_least_ms)
        planned["silent_ms"] = silent_ms
        planned["cover_rtd"] = min(60, max(1, -(-real_time // 60)))
        planned["cover_minute"] = min(60, max(1, minutes))
        planned["due_rtd"] = 3600 // real_time if real_time else 0
        planned["due_minute"] = 60 // min(60, minutes) if minutes else 0
        return silent_ms > 0

    def screen(self, row: int, first: int, slots: Array, site: Site, at_ms: int) -> None:
        """Plans series of a source from its limits of any time and of now; `slots`: factor numbers from `first` on."""
        lowest, daily = self._bounds(site)
        for slot, number in enumerate(slots.tolist(), first):
            in_force = [(np.nan, 0.0)] * 3
            if number in lowest:
                hours = site.limits(factors.by_number(number).code, at_ms)
                in_force[0] = _strictest(hours)
                in_force[1] = _strictest([one for one in hours if one.basis == ULTRA])
            if number in daily:
                in_force[2] = _strictest(site.limits(factors.by_number(number).code, at_ms, "day"))
            (limit, limit_o2), (ultra, ultra_o2), (day, day_o2) = in_force
            screen, screen_o2 = lowest.get(number, NO_SCREEN)
            self.plan.series[row, slot] = (screen, screen_o2, limit, limit_o2, ultra, ultra_o2, day, day_o2)

    def _bounds(self, site: Site) -> Bounds:
        """The same for all factors of a frame, which are met one by one when a source sends its first."""
        asked = (site.source_id, site.registry.changes)
        if asked != self._bounded:
            lowest: dict[int, tuple[float, float]] = {}
            for limit in site.any_limits():
                value, oxygen = lowest.get(factor_number(limit.factor), (np.inf, -1.0))
                reference = limit.reference_oxygen_percent
                if reference > 0:
                    oxygen = reference if oxygen < 0 else min(oxygen, reference)
                lowest[factor_number(limit.factor)] = (min(value, limit.value), oxygen)
            daily = {factor_number(limit.factor) for limit in site.any_limits("day")}
            self._bounded, self._found = asked, (lowest, daily)
        return self._found


def _strictest(limits: list[Limit]) -> tuple[float, float]:
    """Value and reference oxygen of the strictest of limits as if the gas held as much oxygen as air does in a usual
    furnace, 11 %; NaN and 0 for none."""
    if not limits:
        return np.nan, 0.0
    strictest = min(limits, key=lambda one: (one.value * _as_measured(one), one.limit_id))
    return strictest.value, strictest.reference_oxygen_percent


def _as_measured(limit: Limit) -> float:
    reference = limit.reference_oxygen_percent
    return 10.0 / (21.0 - reference) if 0 < reference < 21 else 1.0


def _floors(demand: Demand) -> Array:
    return _floors_of(tuple(sorted(demand.run_floors.items())))


@lru_cache(maxsize=4)
def _floors_of(run_floors: tuple[tuple[str, float], ...]) -> Array:
    """Half a megabyte, so partitions with one demand share it: nobody writes to it."""
    floors = np.full(FACTORS, -1.0)
    for code, floor in run_floors:
        floors[factor_number(code)] = floor
    return floors


@lru_cache(maxsize=1)
def _largest() -> Array:
    """The same for all partitions: nobody writes to it."""
    largest = np.full(FACTORS, ABSURD)
    for code, bound in LARGEST.items():
        largest[factor_number(code)] = bound
    return largest


def _knobs(demand: Demand, tick_gap_ms: int) -> Array:
    knobs = np.zeros(KNOBS, np.int64)
    values = {
        LATE_MS: LATE_AFTER_MS,
        FUTURE_MS: AHEAD_AT_MOST_MS,
        GRACE_MS: GRACE_AFTER_MS,
        TICK_GAP_MS: tick_gap_ms,
        SWEEP_MS: SWEEP_EVERY_MS,
        UNSEEN_MS: demand.silence_unseen_ms,
        TIER_2_MS: demand.silence_tiers_ms[0] if demand.silence_tiers_ms else NEVER,
        TIER_3_MS: demand.silence_tiers_ms[1] if demand.silence_tiers_ms else NEVER,
        RUN_MS: demand.run_ms,
        RUN_SAMPLES: max(2, demand.run_values),
        RUN_HOURS: max(2, demand.run_hours),
        RUN_GAP_MS: demand.run_gap_ms,
        RUN_MOVES: demand.run_moves,
        RING_MS: RING_EVERY_MS,
        O2_FACTOR: O2,
    }
    for index, value in values.items():
        knobs[index] = value
    return knobs
