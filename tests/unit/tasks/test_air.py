"""A city's air now: which stations and hours count, in which unit, and who sees it."""

import pytest

from lantian_kit.clock import ManualClock
from lantian_proto.readings import Stat
from lantian_tasks.air.means import city_hours, city_of
from lantian_tasks.compliance.hours import HourKeeper
from lantian_tasks.compliance.judge import AVG, ZS_AVG, Hour
from tests.support.tasks_api import Api
from tests.support.tasks_issues import NOW_MS
from tests.support.tasks_leads import HOUR_MS
from tests.unit.tasks.test_compliance import packed, record

LAST = NOW_MS - NOW_MS % HOUR_MS - HOUR_MS
"""The last hour that is over."""
PM25, CO, SO2 = "a34004", "a21005", "a21026"
CITIES = {"one": "130100", "two": "130100", "far": "130200"}


def test_a_city_is_the_mean_of_its_stations() -> None:
    """Of those that measured the pollutant; gases come in mg/m³ and leave in µg/m³, carbon monoxide stays."""
    hours = {
        "one": [Hour(LAST, PM25, AVG, 70.0, ord("N")), Hour(LAST, SO2, AVG, 0.012, 0), Hour(LAST, CO, AVG, 1.5, 0)],
        "two": [Hour(LAST, PM25, AVG, 80.0, 0)],
        "far": [Hour(LAST - HOUR_MS, PM25, AVG, 9.0, 0)],
    }
    near, far = city_hours(CITIES, hours, NOW_MS)
    assert (near.division_code, near.hour_ms, near.stations) == ("130100", LAST, 2)
    assert near.means == {PM25: 75.0, SO2: pytest.approx(12.0), CO: pytest.approx(1.5)}
    assert (far.division_code, far.hour_ms, far.means) == ("130200", LAST - HOUR_MS, {PM25: 9.0})


@pytest.mark.parametrize(
    "hour",
    [
        Hour(LAST, PM25, AVG, 70.0, ord("D")),
        Hour(LAST, PM25, ZS_AVG, 70.0, 0),
        Hour(LAST, "a34013", AVG, 70.0, 0),
        Hour(LAST - 3 * HOUR_MS, PM25, AVG, 70.0, 0),
        Hour(LAST + HOUR_MS, PM25, AVG, 70.0, 0),  # is not over yet
    ],
)
def test_what_says_nothing_of_now_is_left_out(hour: Hour) -> None:
    """Invalid, another statistic or factor, too old, unfinished."""
    assert city_hours(CITIES, {"one": [hour]}, NOW_MS) == []


def test_only_the_newest_hour_counts() -> None:
    """A station that is late does not mix with the others."""
    hours = {
        "one": [Hour(LAST, PM25, AVG, 70.0, 0), Hour(LAST - HOUR_MS, PM25, AVG, 1.0, 0)],
        "two": [Hour(LAST - HOUR_MS, PM25, AVG, 500.0, 0)],
    }
    (row,) = city_hours(CITIES, hours, NOW_MS)
    assert (row.means, row.stations) == ({PM25: 70.0}, 1)


def test_a_province_has_no_city() -> None:
    """Nor has what lies nowhere."""
    assert [city_of(code) for code in ("130102", "130100", "130000", "")] == ["130100", "130100", "", ""]


async def test_stations_are_kept_and_seen_within_the_divisions() -> None:
    """From the readings to the answer, without an open issue."""
    api = Api()
    for city in ("130100", "130200"):
        enterprise = {"name": "监测中心", "division_code": city}
        assert (await api.put(f"enterprise/c{city}", {"entity": enterprise})).status_code == 201
        station = {"enterprise_id": f"c{city}", "name": "国控站", "kind": "station"}
        assert (await api.put(f"source/st{city}", {"entity": station})).status_code == 201
    keeper = HourKeeper(api.store, ManualClock(NOW_MS))
    rows = [(f"st{city}", int(Stat.AVG), 2, LAST, 31.0) for city in ("130100", "130200")]
    assert await keeper.handle(record(packed([*rows, ("outlet", int(Stat.AVG), 2, LAST, 5.0)]))) == "kept"
    assert await api.store.hours("outlet", 0, NOW_MS) == []
    for who, expected in (("office-1", ["130100"]), ("ministry-1", ["130100", "130200"]), ("plant-1", [])):
        items = (await api.get("/v1/air/cities", who)).json()["items"]
        assert [row["division_code"] for row in items] == expected
