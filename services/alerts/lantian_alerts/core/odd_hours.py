"""Reported hours that do not fit together with their own extremes, their amount, or what was sent before."""

import math
from typing import Final

from lantian_alerts.core.facts import HourFrame, HourValue, sample
from lantian_alerts.core.flags import Mark
from lantian_alerts.core.layout import HOUR_MS, LATE_MS, Rows
from lantian_alerts.core.memory import Memory
from lantian_alerts.core.partition import Partition
from lantian_alerts.core.registry import factor_number
from lantian_alerts.core.rule import OddHourFact
from lantian_proto import factors
from lantian_proto.readings import Stat

ROUGH: Final = 0.005
"""Share from which on a rule is asked; rules have wider bounds of their own."""
FLOW: Final = factor_number("a00000")
KG_A_MG: Final = 1e-6


def odd_hours(partition: Partition, memory: Memory, rows: Rows, row: int, frame: HourFrame) -> list[OddHourFact]:
    """The odd hours of a frame, to be asked for before `facts.remember` takes it; hours with a mark say nothing."""
    found = []
    flow_amount = frame.extremes.get((FLOW, int(Stat.COU)))
    for number in {**frame.measured, **frame.converted}:
        measured, converted = frame.measured.get(number), frame.converted.get(number)
        given = [value for value in (measured, converted) if value is not None]
        if any(value.mark != Mark.NORMAL for value in given):
            continue
        low, high, amount = (frame.extremes.get((number, int(stat))) for stat in (Stat.MIN, Stat.MAX, Stat.COU))
        before = memory.reported(row, given[0].slot, frame.start_ms // HOUR_MS) or (math.nan, math.nan)
        if not _odd(measured, converted, low, high, amount, flow_amount, before):
            continue
        at, received = given[0].at, int(rows.received[given[0].at])
        found.append(
            OddHourFact(
                source_id=partition.ids[row],
                factor=factors.by_number(number).code,
                start_ms=frame.start_ms,
                end_ms=frame.start_ms + HOUR_MS,
                found_ms=received,
                measured=None if measured is None else measured.value,
                converted=None if converted is None else converted.value,
                lowest=low,
                highest=high,
                amount=amount,
                flow_amount=flow_amount,
                measured_before=_known(before[0]),
                converted_before=_known(before[1]),
                late=received - frame.start_ms - HOUR_MS > int(partition.plan.knobs[LATE_MS]),
                samples=tuple(sample(rows, value.at) for value in given),
                frames=(int(rows.seq[at]),),
            )
        )
    return found


def _odd(
    measured: HourValue | None,
    converted: HourValue | None,
    low: float | None,
    high: float | None,
    amount: float | None,
    flow_amount: float | None,
    before: tuple[float, float],
) -> bool:
    for value, old in ((measured, before[0]), (converted, before[1])):
        if value is not None and abs(value.value - old) > ROUGH * abs(old):  # NaN: not sent before
            return True
    if measured is None:
        return False
    mean = measured.value
    margin = ROUGH * abs(mean)
    if (low is not None and mean < low - margin) or (high is not None and mean > high + margin):
        return True
    if amount and flow_amount:
        expected = mean * flow_amount * KG_A_MG
        return abs(amount - expected) > ROUGH * abs(expected)
    return False


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
