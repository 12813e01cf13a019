"""Due times: against a minute-by-minute simulation, and by hand."""

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lantian_tasks.clocks.calendar import LOCAL, Calendar, CalendarError, day_of
from lantian_tasks.clocks.policy import PolicyError, load, shipped
from lantian_tasks.clocks.sla import Happened, Span, Unit, due
from tests.support.tasks_clocks import CALENDAR, drawn, simulated, working_minutes

CASES = 2000
"""`make sla` runs 100,000 (bench/sla.py)."""
SHIPPED = Calendar.load()


def ms(text: str) -> int:
    """Local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp() * 1000)


def test_the_reckoning_equals_the_minutes() -> None:
    """Random clocks of 2026 to 2030 with pauses, extensions, overrides, parts, and year ends."""
    rng, working = random.Random(20261122), working_minutes()
    units, never = set(), 0
    for number in range(CASES):
        case = drawn(rng)
        expected = simulated(case, working)
        assert due(case.events, CALENDAR, case.span, case.part).at_ms == expected, (number, case)
        units.add(case.span.unit)
        never += expected is None
    assert units == set(Unit)
    assert never > 10


@pytest.mark.parametrize(
    ("start", "amount", "unit", "expected"),
    [
        ("2026-11-20T10:00", 4, Unit.HOURS, "2026-11-20T14:00"),
        ("2026-11-20T10:00", 2, Unit.WORKING_DAYS, "2026-11-25T00:00"),  # a Friday: Monday and Tuesday
        ("2026-11-20T10:00", 5, Unit.DAYS, "2026-11-26T00:00"),
        ("2026-09-30T16:00", 2, Unit.WORKING_DAYS, "2026-10-10T00:00"),  # 1 to 7 October; Thursday and Friday
        ("2026-10-09T09:00", 1, Unit.WORKING_DAYS, "2026-10-11T00:00"),  # Saturday 10 October is worked
        ("2026-12-31T09:00", 1, Unit.WORKING_DAYS, "2027-01-05T00:00"),  # past New Year, a Friday
        ("2027-02-04T09:00", 2, Unit.WORKING_DAYS, "2027-02-13T00:00"),  # a year without notice: statutory days alone
    ],
)
def test_due_times_by_hand(start: str, amount: int, unit: Unit, expected: str) -> None:
    """The statutory calendar, moved weekends, and 2027, for which there is no notice."""
    found = due([Happened("start", ms(start))], SHIPPED, Span(amount, unit))
    assert found.at_ms == ms(expected)
    assert found.why


def test_a_set_date_moves_by_pauses_and_extensions() -> None:
    """The date of an assignment is its due time until something is recorded."""
    begin, until = ms("2026-11-20T10:00"), ms("2026-11-30T00:00")
    start = Happened("start", begin, until_ms=until)
    assert due([start], SHIPPED, None).at_ms == until
    pause, resume = Happened("pause", begin + 5, reason="案件调查"), Happened("resume", begin + 1005)
    assert due([start, pause, resume], SHIPPED, None).at_ms == until + 1000
    standing = due([start, pause], SHIPPED, None)
    assert standing.at_ms is None
    assert "尚未恢复" in standing.why[-1].zh
    assert due([start, Happened("extend", begin + 1, amount_ms=60)], SHIPPED, None).at_ms == until + 60


def test_why_names_the_days_that_do_not_count() -> None:
    """An officer can check it by hand."""
    why = due([Happened("start", ms("2026-09-30T16:00"))], SHIPPED, Span(2, Unit.WORKING_DAYS)).why
    assert any("2026-10-01 国庆节" in step.zh for step in why)
    assert sum("不计" in step.zh for step in why) == 8  # the day of the start, and seven days


def test_a_clock_needs_a_start_and_an_end() -> None:
    """Nothing is guessed."""
    with pytest.raises(ValueError, match="start"):
        due([], SHIPPED, Span(1, Unit.DAYS))
    with pytest.raises(ValueError, match="date"):
        due([Happened("start", 1)], SHIPPED, None)


def test_files_that_can_not_be_used(tmp_path: Path) -> None:
    """A clear error at the start, not a due time that is wrong."""
    path = tmp_path / "x.yaml"
    path.write_text("days: [{date: 2027-02-30}]", encoding="utf-8")
    with pytest.raises(CalendarError):
        Calendar.load(path)
    with pytest.raises(PolicyError):
        load(path)
    assert day_of(ms("2026-12-31T23:59")) == date(2026, 12, 31)


def test_ladders_and_measures_are_those_of_the_day() -> None:
    """S1, S0 and S3 speak for their seasons."""
    policy = shipped()
    assert [step.zh for step in policy.ladder("issue", date(2026, 11, 22))][-1] == "列入通报或约谈名单"
    assert [step.zh for step in policy.ladder("issue", date(2020, 1, 1))][-1] == "列入公开约谈名单"
    for day, season in (
        (date(2019, 1, 1), None),
        (date(2020, 1, 1), "2019-20"),
        (date(2020, 12, 1), "2020-21"),
        (date(2024, 3, 31), "2023-24"),
        (date(2024, 4, 1), None),
        (date(2026, 11, 22), None),
    ):
        measures = policy.measures(day)
        assert (measures and measures.season) == season, day


def test_the_days_of_a_campaign() -> None:
    """From 1 October to 31 March; in summer there is none. A held plan has the days of its campaign."""
    policy = shipped()
    of = policy.campaign.of
    assert of(date(2026, 9, 30)) is None
    assert of(date(2026, 10, 1)) == of(date(2027, 3, 31)) == (date(2026, 10, 1), date(2027, 3, 31))
    assert of(date(2027, 4, 1)) is None
    for row in policy.city_measures:
        assert of(row.valid_from) == (row.valid_from, row.valid_to - timedelta(days=1))
