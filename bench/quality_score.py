"""Truth against findings: recall, precision and delay by rule; exceedances derived without the engine."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import numpy as np

from bench.quality_expected import EXCEEDANCE, EXPECTED, HONEST_DATA
from lantian_alerts.knowledge.limits import Outlet, day_of, limits_for
from lantian_proto import factors
from lantian_proto.readings import Columns, Period, Stat
from lantian_proto.v1.lead_pb2 import Lead
from lantian_simulator.scenarios.kinds import Kind
from lantian_simulator.scenarios.tables import HOUR_MS, Truth

NEAR_MS: Final = HOUR_MS
LEAST_TENS: Final = 5
LEAST_MINUTES: Final = 45
EMPTY: Final[Mapping[str, Sequence[str]]] = {}
SUPPRESSING: Final = ("stopped", "start-up", "shutdown", "fault", "calibration", "maintenance")


@dataclass
class Score:
    """One rule."""

    wanted: int = 0
    found: int = 0
    instead: int = 0
    true: int = 0
    false: int = 0
    delays: list[float] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Numbers; None where nothing can be said."""
        told = self.true + self.false
        return {
            "wanted": self.wanted,
            "found": self.found,
            "found_by_its_cause": self.instead,
            "recall": round(self.found / self.wanted, 4) if self.wanted else None,
            "findings": told,
            "false": self.false,
            "precision": round(self.true / told, 4) if told else None,
            "median_delay_hours": round(median(self.delays), 2) if self.delays else None,
        }


def exceedances(
    source: str, kind: Kind, columns: Columns, marks: Iterable[Mapping[str, str]], at: int, sure: bool = True
) -> list[Truth]:
    """Runs of hours above the strictest limit by the law's own words; from 10-minute values, without the engine.

    `at` is the place of the source in the columns. Not `sure` where the numbers sent are not the true ones: what they
    say is an exceedance all the same, but nobody has to find it beside the fraud.
    """
    found = []
    marked = _marked(marks)
    outlet = Outlet(kind.industry, kind.process, special_region=True, ultra_low=kind.ultra_low, city="130200")
    for factor in kind.levels:
        number = factors.by_code(factor)
        assert number is not None
        hours = _hours(columns, at, number.number)
        rows = limits_for(outlet, factor, day_of(int(columns.time[0])), averaging="hour")
        over: list[int] = []
        for hour, (plain, converted) in hours.items():
            values = [(plain if row.reference_o2 is None else converted, row.value) for row in rows]
            hit = any(value is not None and value > limit for value, limit in values)
            if hit and not any(start < (hour + 1) * HOUR_MS and end > hour * HOUR_MS for start, end in marked):
                over.append(hour)
        for first, last in _runs(sorted(over)):
            span = (last - first + 1, first * HOUR_MS, (last + 1) * HOUR_MS)
            found.append(Truth(source, EXCEEDANCE, span[1], span[2], float(span[0]), factor, sure))
        if kind.ultra_low:
            found += _poor_months(source, factor, over, [hour for hour, (plain, _) in hours.items() if plain], sure)
    return found


def _poor_months(source: str, factor: str, over: list[int], valid: list[int], sure: bool) -> Iterable[Truth]:
    """Beijing months of which fewer than 95 % of the hours keep the ultra-low limit; clearly so, where `sure`."""
    months = np.array(valid, "datetime64[h]").astype("datetime64[s]") + np.timedelta64(8, "h")
    bad = np.array(over, "datetime64[h]").astype("datetime64[s]") + np.timedelta64(8, "h")
    for month in np.unique(months.astype("datetime64[M]")):
        count = int((months.astype("datetime64[M]") == month).sum())
        share = int((bad.astype("datetime64[M]") == month).sum()) / count
        start, end = (int((month + step).astype("datetime64[ms]").astype(np.int64)) - 8 * HOUR_MS for step in (0, 1))
        if share > 0.05 and count >= 120:
            yield Truth(source, "ultra-low-month", start, end, share, factor, sure and share > 0.08 and count >= 240)


def _hours(columns: Columns, at: int, factor: int) -> dict[int, tuple[float | None, float | None]]:
    sums: dict[int, dict[int, tuple[float, int]]] = {}
    wanted = (columns.source == at) & (columns.factor == factor) & (columns.period == int(Period.MINUTE))
    stats, least = (Stat.AVG, Stat.ZS_AVG), LEAST_TENS
    if not wanted.any():  # an outlet that sends a value a minute
        wanted = (columns.source == at) & (columns.factor == factor) & (columns.period == int(Period.REAL_TIME))
        stats, least = (Stat.RTD, Stat.ZS_RTD), LEAST_MINUTES
    for stat in stats:
        rows = wanted & (columns.stat == int(stat)) & (columns.flag == ord("N"))
        hours, values = columns.time[rows] // HOUR_MS, columns.value[rows]
        unique, place = np.unique(hours, return_inverse=True)
        total, number = np.bincount(place, values), np.bincount(place)
        sums[int(stat)] = dict(zip(unique.tolist(), zip(total.tolist(), number.tolist(), strict=True), strict=True))

    def mean(stat: Stat, hour: int) -> float | None:
        total, number = sums[int(stat)].get(hour, (0.0, 0))
        return total / number if number >= least else None

    return {hour: (mean(stats[0], hour), mean(stats[1], hour)) for hour in sums[int(stats[0])]}


def _marked(marks: Iterable[Mapping[str, str]]) -> list[tuple[int, int]]:
    return [
        tuple(int(np.datetime64(mark[name][:19], "ms").astype(np.int64)) - 8 * HOUR_MS for name in ("start", "end"))  # type: ignore[misc]
        for mark in marks
        if mark["kind"] in SUPPRESSING
    ]


def _runs(hours: list[int]) -> Iterable[tuple[int, int]]:
    """Hours as spans; up to two hours between them do not end one."""
    begin = last = None
    for hour in hours:
        if begin is None or last is None:
            begin = last = hour
        elif hour - last > 3:
            yield begin, last
            begin = hour
        last = hour
    if begin is not None and last is not None:
        yield begin, last


def scored(
    truths: Iterable[Truth], leads: Iterable[Lead], rules: Iterable[str], instead: Mapping[str, Sequence[str]] = EMPTY
) -> dict[str, Score]:
    """Scores by rule id. `instead`: by rule, those whose episode takes its place (one cause, one lead)."""
    scores = {rule: Score() for rule in rules}
    by_source: dict[str, list[Truth]] = defaultdict(list)
    for truth in truths:
        by_source[truth.source].append(truth)
    found: dict[str, list[Lead]] = defaultdict(list)
    for lead in leads:
        found[lead.source_id].append(lead)
        score = scores[lead.rule_id]
        if any(_explains(truth, lead) for truth in by_source[lead.source_id]):
            score.true += 1
        else:
            score.false += 1
            score.wrong.append(f"{lead.source_id} severity {lead.severity}: {lead.summary.en}")
    for source, ones in by_source.items():
        for truth in ones:
            for rule in EXPECTED[truth.mechanism].must:
                if truth.sure and rule in scores:
                    own = [lead for lead in found[source] if lead.rule_id == rule]
                    others = [lead for lead in found[source] if lead.rule_id in instead.get(rule, ())]
                    _want(scores[rule], truth, own, others)
    return scores


def _want(score: Score, truth: Truth, leads: list[Lead], others: list[Lead]) -> None:
    hits = [lead for lead in leads if _meets(truth, lead)]
    score.wanted += 1
    if not hits and any(_explains(truth, lead) for lead in others):
        score.found += 1
        score.instead += 1
    elif hits:
        score.found += 1
        score.delays.append((min(lead.detected_ms for lead in hits) - truth.start_ms) / HOUR_MS)
    else:
        hours = (truth.end_ms - truth.start_ms) / HOUR_MS
        score.missed.append(f"{truth.source} {truth.mechanism} {truth.factor} {truth.strength:.2f} for {hours:.1f} h")


def _explains(truth: Truth, lead: Lead) -> bool:
    expected = EXPECTED[truth.mechanism]
    return (lead.rule_id in expected.must or lead.rule_id in expected.may) and _meets(truth, lead)


def _meets(truth: Truth, lead: Lead) -> bool:
    if truth.mechanism == EXCEEDANCE and lead.factor not in ("", truth.factor):
        return False
    return lead.start_ms < truth.end_ms + NEAR_MS and lead.end_ms > truth.start_ms - NEAR_MS


def honest(truths: Iterable[Truth]) -> bool:
    """Whether the outlet sends its true numbers."""
    return all(truth.mechanism in HONEST_DATA for truth in truths)
