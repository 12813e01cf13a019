"""Day values that devices report (HJ 212 CN 2031), told as facts where a limit for days is in force."""

from typing import NamedTuple

from lantian_alerts.core.facts import frame_end, sample
from lantian_alerts.core.flags import Mark
from lantian_alerts.core.layout import FLAGGED, FUTURE, FUTURE_MS, HOUR_MS, INVALID, JUDGED, LATE_MS, UNUSED, Rows
from lantian_alerts.core.partition import Partition
from lantian_alerts.core.plan import O2
from lantian_alerts.core.registry import Site
from lantian_alerts.core.rule import ReportedDayFact
from lantian_alerts.core.window import DAY_HOURS, day_of_hour, first_hour
from lantian_proto import factors
from lantian_proto.readings import Stat


class DayValue(NamedTuple):
    """One usable value; `at` is its place among the rows."""

    at: int
    value: float
    mark: int


class DayFrame(NamedTuple):
    """The day values of one frame: rows up to `end` are taken; `results` are the rows' results."""

    end: int
    facts: list[ReportedDayFact]
    results: list[int]


def day_frame(partition: Partition, rows: Rows, row: int, start: int, site: Site) -> DayFrame:
    """Reads the rows of one day frame: same source, frame and day, standing together.

    Values of factors without a limit for days are unused, as is every statistic but the mean.
    """
    end = frame_end(rows, start)
    begin_ms = first_hour(day_of_hour(int(rows.time[start]) // HOUR_MS)) * HOUR_MS
    books: dict[int, dict[int, DayValue]] = {int(Stat.AVG): {}, int(Stat.ZS_AVG): {}}
    results = [UNUSED] * (end - start)
    for at in range(start, end):
        book, number, value = books.get(int(rows.stat[at])), int(rows.factor[at]), float(rows.value[at])
        if book is None:
            continue
        if int(rows.time[at]) - int(rows.received[at]) > partition.plan.knobs[FUTURE_MS]:
            results[at - start] = FUTURE
        elif not abs(value) <= partition.plan.largest[number]:  # NaN too
            results[at - start] = INVALID
        else:
            book[number] = DayValue(at, value, int(partition.plan.marks[rows.edition[at], rows.flag[at]]))
    measured, converted = books[int(Stat.AVG)], books[int(Stat.ZS_AVG)]
    air = measured.get(O2)
    facts = []
    for number in dict.fromkeys([*measured, *converted]):
        code = factors.by_number(number).code
        if not site.limits(code, begin_ms, "day"):
            continue
        given = [book[number] for book in (measured, converted) if number in book]
        for one in [*given, *([] if air is None else [air])]:
            results[one.at - start] = FLAGGED if one.mark else JUDGED
        end_ms, received = begin_ms + DAY_HOURS * HOUR_MS, int(rows.received[given[0].at])
        facts.append(
            ReportedDayFact(
                source_id=partition.ids[row],
                factor=code,
                start_ms=begin_ms,
                end_ms=end_ms,
                found_ms=received,
                measured=measured[number].value if number in measured else None,
                converted=converted[number].value if number in converted else None,
                oxygen=air.value if air is not None and air.mark == Mark.NORMAL else None,
                mark=max(one.mark for one in given),
                late=received - end_ms > int(partition.plan.knobs[LATE_MS]),
                samples=tuple(sample(rows, one.at) for one in [*given, *([] if air is None else [air])]),
                frames=(int(rows.seq[given[0].at]),),
            )
        )
    return DayFrame(end, facts, results)
