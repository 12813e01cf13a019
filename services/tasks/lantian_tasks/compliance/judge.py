"""Whether the hour data after a fix show that the problem is solved. Pure.

in-limit: enough valid hours, and enough of the last so many of them within the limit the lead was judged by (converted
values where that limit has a reference oxygen): rectifying takes its time, so what was exceeded on the way does not
count for ever. capture: 数据传输有效率 of the last hours, transmission times valid rate as in series/rates.py. Valid:
the hour carries no data mark, or N (HJ 212-2017 table 5). A standstill, by its mark F or by a stop that the enterprise
has stated, proves no limit; its hours count as sent where they came. Hours before rectifying began do not count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lantian_proto.both import Both
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.clocks.facts import Verdict
from lantian_tasks.clocks.policy import DataRule
from lantian_tasks.clocks.sla import HOUR_MS

AVG, ZS_AVG = 2, 12
VALID = (0, ord("N"))
STOPPED = ord("F")


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour's mean. `time_ms` is its start, `factor` the HJ 212 code, `flag` the data mark's character code."""

    time_ms: int
    factor: str
    stat: int
    value: float
    flag: int


def judge(
    hours: Iterable[Hour],
    lead: Lead,
    rule: DataRule,
    since_ms: int,
    now_ms: int,
    stops: Sequence[tuple[int, int]] = (),
) -> Verdict:
    """The verdict on the hours that began at or after `since_ms`; `stops` are begins and ends of stated stops."""
    after = [hour for hour in hours if hour.time_ms >= since_ms]
    if rule.kind == "capture":
        return _capture(after, lead, rule, since_ms, now_ms)
    return _in_limit([hour for hour in after if not _stands(hour, stops)], lead, rule)


def _stands(hour: Hour, stops: Sequence[tuple[int, int]]) -> bool:
    """Whether some of the hour lies in a stop."""
    return any(begin < hour.time_ms + HOUR_MS and hour.time_ms < end for begin, end in stops)


def _in_limit(hours: list[Hour], lead: Lead, rule: DataRule) -> Verdict:
    limit = lead.evidence.limit
    stat = ZS_AVG if limit.reference_oxygen_percent else AVG
    values = {
        hour.time_ms: hour.value
        for hour in hours
        if hour.factor == lead.factor and hour.stat == stat and hour.flag in VALID
    }
    if not limit.value:
        return Verdict(
            False,
            rule.hours,
            0,
            0.0,
            Both(
                "the lead names no limit that the data could be judged by",
                "线索没有记明限值，无法用监测数据核对整改效果",
            ),
        )
    found = len(values)
    latest = [values[time_ms] for time_ms in sorted(values)[-rule.hours :]]
    share = sum(value <= limit.value for value in latest) / len(latest) if latest else 0.0
    said = Both(
        f"{found} of {rule.hours} valid hours after the fix, {share:.0%} within {limit.value:g} "
        f"({rule.share:.0%} asked)",
        f"整改后的监测数据尚不满足：有效小时 {found} 个（要求 {rule.hours} 个），其中 {share:.0%} 不超过 "
        f"{limit.value:g}（要求 {rule.share:.0%}）",
    )
    return Verdict(found >= rule.hours and share >= rule.share, rule.hours, found, share, said)


def _capture(hours: list[Hour], lead: Lead, rule: DataRule, since_ms: int, now_ms: int) -> Verdict:
    end_ms = now_ms - now_ms % HOUR_MS
    begin_ms = end_ms - rule.hours * HOUR_MS
    if begin_ms < since_ms - HOUR_MS:
        passed = max(0, end_ms - since_ms) // HOUR_MS
        return Verdict(
            False,
            rule.hours,
            0,
            0.0,
            Both(
                f"{passed} of {rule.hours} hours have passed since the fix",
                f"整改后的监测数据尚不满足：整改后只过了 {passed} 小时（要求 {rule.hours} 小时）",
            ),
        )
    flags: dict[int, set[int]] = {}
    for hour in hours:
        if begin_ms <= hour.time_ms < end_ms and (not lead.factor or hour.factor == lead.factor):
            flags.setdefault(hour.time_ms - hour.time_ms % HOUR_MS, set()).add(hour.flag)
    stopped = sum(found == {STOPPED} for found in flags.values())
    valid = sum(bool(found & set(VALID)) for found in flags.values())
    in_work = len(flags) - stopped
    share = len(flags) / rule.hours * (valid / in_work if in_work else 1.0)
    said = Both(
        f"{valid + stopped} of the last {rule.hours} hours are there, {share:.0%} ({rule.share:.0%} asked)",
        f"整改后的监测数据尚不满足：最近 {rule.hours} 小时收到 {valid + stopped} 小时，即 "
        f"{share:.0%}（要求 {rule.share:.0%}）",
    )
    return Verdict(share >= rule.share, rule.hours, valid + stopped, share, said)
