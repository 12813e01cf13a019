"""Curves and monthly rates of a source: what is kept, how it is counted, who may see it."""

import numpy as np
import pytest

from lantian_kit.clock import ManualClock
from lantian_proto.readings import Period, Stat
from lantian_tasks.compliance.hours import HourKeeper
from lantian_tasks.compliance.judge import AVG, ZS_AVG, Hour
from lantian_tasks.series.rates import rates
from tests.support.tasks_api import Api, assert_problem
from tests.support.tasks_issues import NOW_MS
from tests.support.tasks_leads import HOUR_MS
from tests.support.tasks_store import FakeStore
from tests.unit.tasks.test_compliance import packed, record

NOVEMBER = 1_793_462_400_000  # 2026-11-01 00:00 in UTC+8
DAY_MS = 24 * HOUR_MS
N, F, D = ord("N"), ord("F"), ord("D")


def hour(number: int, flag: int = N, factor: str = "a21026") -> Hour:
    """The hour `number` after the month began."""
    return Hour(NOVEMBER + number * HOUR_MS, factor, AVG, 30.0, flag)


def test_rates_count_hours_once_whatever_the_factors() -> None:
    """Ten hours passed since the first: eight came, two of them stopped (by flag, by mark), one invalid."""
    flags = {0: N, 1: N, 2: N, 3: F, 4: N, 5: D, 6: N, 7: N}
    came = [hour(number, flag, factor) for number, flag in flags.items() for factor in ("a21026", "a34013")]
    came += [hour(2, D, "a21002")]  # another factor of that hour counts
    stops = [(hour(6).time_ms, hour(7).time_ms), (hour(1).time_ms, hour(1).time_ms + 60_000)]
    [month] = rates(came, stops, hour(10).time_ms + 5)
    assert (month.month, month.since_ms) == ("2026-11", NOVEMBER)
    assert (month.expected, month.received, month.stopped, month.invalid) == (10, 8, 2, 1)
    assert month.transmission == 0.8
    assert month.valid == pytest.approx(5 / 6)
    assert month.whole == pytest.approx(0.8 * 5 / 6)


def test_months_are_those_of_the_authority() -> None:
    """The last hour of October in UTC+8 is October's; nothing before the first kept hour is asked for."""
    found = rates([hour(-1), hour(0)], [], NOVEMBER + 4 * HOUR_MS)
    assert [(month.month, month.expected, month.received) for month in found] == [("2026-11", 4, 1), ("2026-10", 1, 1)]
    assert rates([], [], NOVEMBER) == []


def test_a_month_that_stood_still_has_no_valid_rate() -> None:
    """Nothing to divide by."""
    [month] = rates([hour(0, F)], [], NOVEMBER + HOUR_MS)
    assert (month.transmission, month.valid, month.whole) == (1.0, None, None)


async def test_of_all_sources_where_it_is_set_so() -> None:
    """Without an open issue; minutes and days beside the hours, each by itself, other statistics left out."""
    store = FakeStore()
    keeper = HourKeeper(store, ManualClock(NOW_MS), "all")
    rows = [("s9", int(Stat.AVG), int(period), NOW_MS, float(period)) for period in (0, 1, 2, 3)]
    assert await keeper.handle(record(packed([*rows, ("s9", int(Stat.MAX), 2, NOW_MS, 9.0)]))) == "kept"
    for period in (Period.MINUTE, Period.HOUR, Period.DAY):
        assert [mean.value for mean in await store.hours("s9", 0, NOW_MS * 2, period)] == [float(period)]
    real_time = packed([("s9", int(Stat.AVG), 0, NOW_MS, 1.0), ("s9", int(Stat.AVG), 2, NOW_MS, np.nan)])
    assert await keeper.handle(record(real_time)) == "passed-over"


@pytest.fixture
async def api() -> Api:
    """A source with two days of hours and a day's mean."""
    api = Api()
    enterprise = {"name": "某厂", "division_code": "130102"}
    assert (await api.put("enterprise/e1", {"entity": enterprise})).status_code == 201
    source = {"enterprise_id": "e1", "name": "1号", "kind": "outlet"}
    assert (await api.put("source/s1", {"entity": source})).status_code == 201
    begun = NOW_MS - NOW_MS % HOUR_MS - 48 * HOUR_MS
    means = [Hour(begun + n * HOUR_MS, "a21026", stat, 20.0 + n, N) for n in range(48) for stat in (ZS_AVG, AVG)]
    await api.store.keep_hours("s1", means)
    await api.store.keep_hours("s1", [Hour(begun, "a21026", AVG, 22.0, 0)], Period.DAY)
    return api


def span(days: int) -> dict[str, int]:
    """The last days."""
    return {"from_ms": NOW_MS - days * DAY_MS, "to_ms": NOW_MS}


async def test_curves_are_in_order_and_by_statistic(api: Api) -> None:
    """As measured and converted are two curves; the mark is a letter."""
    found = (await api.get("/v1/sources/s1/series", "office-1", **span(3))).json()
    assert [(curve["factor"], curve["stat"], len(curve["points"])) for curve in found["curves"]] == [
        ("a21026", "avg", 48),
        ("a21026", "zs-avg", 48),
    ]
    times = [point["time_ms"] for point in found["curves"][0]["points"]]
    assert times == sorted(times)
    assert found["curves"][0]["points"][0]["flag"] == "N"
    days = (await api.get("/v1/sources/s1/series", "office-1", **span(30), period="day")).json()
    assert [curve["points"][0]["flag"] for curve in days["curves"]] == [""]


async def test_a_span_has_its_bounds(api: Api) -> None:
    """No request reads the whole history at once."""
    assert_problem(await api.get("/v1/sources/s1/series", "office-1", **span(93)), 400, "bad-request")
    assert_problem(await api.get("/v1/sources/s1/series", "office-1", **span(0)), 400, "bad-request")


async def test_months_come_with_the_marks_of_the_enterprise(api: Api) -> None:
    """A stop that was marked is no work."""
    begun = NOW_MS - NOW_MS % HOUR_MS - 48 * HOUR_MS
    mark = {"source_id": "s1", "start_ms": begun, "end_ms": begun + 3 * HOUR_MS, "reason": "检修"}
    assert (await api.put("mark/m1", {"entity": {**mark, "kind": "stopped"}})).status_code == 201
    assert (await api.put("mark/m2", {"entity": {**mark, "kind": "fault"}})).status_code == 201
    months = (await api.get("/v1/sources/s1/months", "office-1")).json()["months"]
    assert sum(month["received"] for month in months) == 48
    assert sum(month["stopped"] for month in months) == 3
    assert {month["transmission"] for month in months} == {1.0}


@pytest.mark.parametrize("path", ["series", "months"])
async def test_another_city_sees_nothing(api: Api, path: str) -> None:
    """Answered like a source that does not exist."""
    theirs = await api.get(f"/v1/sources/s1/{path}", "tangshan-1", **span(1))
    absent = await api.get(f"/v1/sources/s0/{path}", "tangshan-1", **span(1))
    assert_problem(theirs, 404, "not-found")
    assert (theirs.status_code, theirs.json()["detail"]) == (absent.status_code, absent.json()["detail"])
