"""Whether the hour data after a fix show that the problem is solved. Pure.

in-limit: enough valid hours, and enough of them within the limit the lead was judged by (converted values where that
limit has a reference oxygen). capture: enough of the last hours are there at all. Valid: the hour carries no data mark,
or N (HJ 212-2017 table 5). Hours before the fix do not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.clocks.facts import Verdict
from lantian_tasks.clocks.policy import DataRule
from lantian_tasks.clocks.sla import HOUR_MS

AVG, ZS_AVG = 2, 12
VALID = (0, ord("N"))


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour's mean. `time_ms` is its start, `factor` the HJ 212 code, `flag` the data mark's character code."""

    time_ms: int
    factor: str
    stat: int
    value: float
    flag: int


def judge(hours: Iterable[Hour], lead: Lead, rule: DataRule, since_ms: int, now_ms: int) -> Verdict:
    """The verdict on the hours that began at or after `since_ms`."""
    after = [hour for hour in hours if hour.time_ms >= since_ms and hour.flag in VALID]
    return _in_limit(after, lead, rule) if rule.kind == "in-limit" else _capture(after, lead, rule, since_ms, now_ms)


def _in_limit(hours: list[Hour], lead: Lead, rule: DataRule) -> Verdict:
    limit = lead.evidence.limit
    stat = ZS_AVG if limit.reference_oxygen_percent else AVG
    values = {hour.time_ms: hour.value for hour in hours if hour.factor == lead.factor and hour.stat == stat}
    if not limit.value:
        return Verdict(False, rule.hours, 0, 0.0, "the lead names no limit that the data could be judged by")
    found = len(values)
    share = sum(value <= limit.value for value in values.values()) / found if found else 0.0
    said = f"{found} of {rule.hours} valid hours after the fix, {share:.0%} within {limit.value:g}"
    said += f" ({rule.share:.0%} asked)"
    return Verdict(found >= rule.hours and share >= rule.share, rule.hours, found, share, said)


def _capture(hours: list[Hour], lead: Lead, rule: DataRule, since_ms: int, now_ms: int) -> Verdict:
    end_ms = now_ms - now_ms % HOUR_MS
    begin_ms = end_ms - rule.hours * HOUR_MS
    if begin_ms < since_ms - HOUR_MS:
        passed = max(0, end_ms - since_ms) // HOUR_MS
        return Verdict(False, rule.hours, 0, 0.0, f"{passed} of {rule.hours} hours have passed since the fix")
    factors = (lead.factor,) if lead.factor else None
    there = {
        hour.time_ms
        for hour in hours
        if begin_ms <= hour.time_ms < end_ms and (factors is None or hour.factor in factors)
    }
    share = len(there) / rule.hours
    said = f"{len(there)} of the last {rule.hours} hours are there, {share:.0%} ({rule.share:.0%} asked)"
    return Verdict(share >= rule.share, rule.hours, len(there), share, said)
