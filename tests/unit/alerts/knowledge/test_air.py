"""HJ 633 and GB 3095 by their published numbers and examples, both versions (domain.md 1.5, 2.1)."""

from datetime import date
from decimal import Decimal
from math import isnan, nan
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_alerts.knowledge import ambient_limit, aqi, iaqi, shipped
from lantian_alerts.knowledge.air import (
    CO,
    NO2,
    O3,
    PM10,
    PM25,
    POLLUTANTS,
    SO2,
    Averaging,
    category,
    highest_eight_hours,
    rounded_concentration,
    version_of,
)

OLD, NEW = date(2026, 2, 28), date(2026, 3, 1)
INDICES = (0, 50, 100, 150, 200, 300, 400, 500)
GRID: dict[tuple[str, Averaging], tuple[float, ...]] = {
    (SO2, "24h"): (0, 50, 150, 475, 800, 1600, 2100, 2620),
    (SO2, "1h"): (0, 150, 500, 650, 800),
    (NO2, "24h"): (0, 40, 80, 180, 280, 565, 750, 940),
    (NO2, "1h"): (0, 100, 200, 700, 1200, 2340, 3090, 3840),
    (PM10, "24h"): (0, 50, 150, 250, 350, 420, 500, 600),
    (CO, "24h"): (0, 2, 4, 14, 24, 36, 48, 60),
    (CO, "1h"): (0, 5, 10, 35, 60, 90, 120, 150),
    (O3, "1h"): (0, 160, 200, 300, 400, 800, 1000, 1200),
    (O3, "8h"): (0, 100, 160, 215, 265, 800),
    (PM25, "24h"): (0, 35, 75, 115, 150, 250, 350, 500),
}
CLEAN: dict[tuple[str, Averaging], float | None] = {
    (SO2, "24h"): 10, (NO2, "24h"): 20, (PM10, "24h"): 30, (CO, "24h"): 0.5, (O3, "8h"): 60, (PM25, "24h"): 20,
}  # fmt: skip

pairs = st.sampled_from(sorted({(row.factor, row.averaging) for row in shipped().breakpoints}))


@pytest.mark.parametrize("at", [OLD, NEW])
def test_every_node(at: date) -> None:
    """At a node of the grid the index is the node's; 2026 changed two cells only."""
    for (factor, averaging), concentrations in GRID.items():
        for index, concentration in zip(INDICES, concentrations, strict=False):
            if at == NEW and index == 100 and factor in (PM10, PM25):
                concentration = {PM10: 120, PM25: 60}[factor]
            assert iaqi(factor, averaging, concentration, at).value == index


@pytest.mark.parametrize(
    ("factor", "averaging", "value", "at", "expected"),
    [
        (PM25, "24h", 75, NEW, 114),
        (PM10, "24h", 150, NEW, 112),
        (PM25, "24h", 60.11, NEW, 101),
        (NO2, "1h", 350, NEW, 115),
        (PM25, "24h", 800, NEW, 500),
        (SO2, "1h", 475, NEW, 97),
        (PM25, "24h", 75, OLD, 100),
        (PM10, "24h", 150, OLD, 100),
        (PM25, "24h", 150, OLD, 200),
        (PM25, "24h", 150, NEW, 200),
    ],
)
def test_published_examples(factor: str, averaging: Averaging, value: float, at: date, expected: int) -> None:
    """The golden values of the reference."""
    assert iaqi(factor, averaging, value, at).value == expected


def test_rounding_is_up_and_exact() -> None:
    """The least excess is the next integer; an exact integer stays."""
    assert iaqi(PM25, "24h", 35.0, NEW).value == 50
    assert iaqi(PM25, "24h", 35.0001, NEW).value == 51
    assert iaqi(CO, "24h", 0.04, NEW).value == 1
    for tenth in range(5001):
        value = tenth / 10
        found = iaqi(PM25, "24h", value, OLD).value
        low, high = next(
            (a, b) for a, b in zip(range(7), range(1, 8), strict=True) if tenth <= GRID[PM25, "24h"][b] * 10
        )
        c_low, c_high = (int(GRID[PM25, "24h"][i] * 10) for i in (low, high))
        numerator = (INDICES[high] - INDICES[low]) * (tenth - c_low)
        assert found == INDICES[low] - (-numerator // (c_high - c_low))


def test_above_the_last_node() -> None:
    """2012: SO2 1 h and O3 8 h go to the other average; 2026: 200 and 300; all others 500."""
    assert iaqi(SO2, "1h", 801, OLD) == (None, "other-averaging", "HJ 633-2012")
    assert iaqi(O3, "8h", 801, OLD) == (None, "other-averaging", "HJ 633-2012")
    assert iaqi(SO2, "1h", 801, NEW) == (200, "capped", "HJ 633-2026")
    assert iaqi(O3, "8h", 801, NEW) == (300, "capped", "HJ 633-2026")
    assert iaqi(PM10, "24h", 601, OLD) == (500, "capped", "HJ 633-2012")
    assert iaqi(SO2, "1h", 800, OLD).value == 200


def test_real_time_particles() -> None:
    """2026 puts the 1-h mean on the 24-h breakpoints; 2012 has none for it."""
    assert iaqi(PM25, "1h", 75, NEW).value == 114
    assert iaqi(PM25, "1h", 75, OLD) == (None, "no-breakpoints", None)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), -1.0])
def test_no_index_of_no_value(value: float | None) -> None:
    """Missing, infinite and negative values are invalid, not clean air."""
    assert iaqi(PM25, "24h", value, NEW).reason == "invalid"


@given(pairs, st.floats(0, 5000), st.floats(0, 5000), st.sampled_from([OLD, NEW]))
def test_index_never_falls_when_air_gets_worse(pair: tuple[str, Averaging], one: float, two: float, at: date) -> None:
    """Monotone wherever both have an index, and within 0 to 500."""
    low, high = sorted((one, two))
    first, second = (iaqi(*pair, value, at) for value in (low, high))
    if first.value is not None and second.value is not None:
        assert 0 <= first.value <= second.value <= 500
    if first.reason == "other-averaging":
        assert second.reason == "other-averaging"


def test_rounded_concentrations() -> None:
    """GB/T 8170: half to even, CO to one decimal; 60.11 then gives 100 instead of 101."""
    assert [rounded_concentration(PM25, value) for value in (34.5, 35.5, 60.11)] == [34, 36, 60]
    assert rounded_concentration(CO, 1.25) == Decimal("1.2")
    assert iaqi(PM25, "24h", 60.11, NEW, rounded=True).value == 100


def test_primary_pollutant() -> None:
    """The highest index above 50, ties listed, none up to 50."""
    assert aqi(CLEAN, NEW).primary == ()
    worse = aqi({**CLEAN, (PM25, "24h"): 115.0}, NEW)
    assert (worse.value, worse.primary, worse.category) == (150, (PM25,), category(150))
    tie = aqi({**CLEAN, (PM25, "24h"): 115.0, (PM10, "24h"): 250.0}, NEW)
    assert (tie.value, tie.primary) == (150, (PM10, PM25))
    at_fifty = aqi({**CLEAN, (PM25, "24h"): 35.0}, NEW)
    assert (at_fifty.value, at_fifty.primary) == (50, ())


def test_exceeding_pollutants_left_with_2012() -> None:
    """超标污染物 are reported by the version of 2012 only."""
    values: dict[tuple[str, Averaging], float | None] = {**CLEAN, (PM25, "24h"): 100.0, (PM10, "24h"): 200.0}
    assert aqi(values, OLD).exceeding == (PM10, PM25)
    assert aqi(values, NEW).exceeding == ()


def test_missing_pollutants() -> None:
    """2026: up to 100 nothing is published, above it is; 2012 publishes what there is."""
    low: dict[tuple[str, Averaging], float | None] = {(PM25, "24h"): 60.0}
    high: dict[tuple[str, Averaging], float | None] = {(PM25, "24h"): 60.11}
    assert (aqi(low, NEW).value, aqi(low, NEW).published) == (100, None)
    assert (aqi(high, NEW).value, aqi(high, NEW).published) == (101, 101)
    assert aqi(low, OLD).published == 82
    assert set(aqi(low, NEW).missing) == set(POLLUTANTS) - {PM25}
    assert aqi(CLEAN, NEW).missing == ()
    assert aqi(CLEAN, NEW).published == aqi(CLEAN, NEW).value


def test_nothing_usable() -> None:
    """No values, or none that counts: no index."""
    found = aqi({(PM25, "24h"): None}, NEW)
    assert (found.value, found.published, found.category, found.heavy) == (None, None, None, False)
    assert aqi({}, NEW).missing == POLLUTANTS


def test_ozone_above_800_takes_the_hour_in_2012() -> None:
    """The 8-h mean gives no index, the 1-h mean does."""
    values: dict[tuple[str, Averaging], float | None] = {**CLEAN, (O3, "8h"): 810.0, (O3, "1h"): 900.0}
    assert (aqi(values, OLD).value, aqi(values, OLD).primary) == (350, (O3,))
    alone: dict[tuple[str, Averaging], float | None] = {**CLEAN, (O3, "8h"): 810.0}
    assert aqi(alone, OLD).missing == (O3,)


def test_heavy_days_are_comparable_across_versions() -> None:
    """AQI above 200; PM2.5 150 is the node in both versions."""
    for at in (OLD, NEW):
        assert not aqi({**CLEAN, (PM25, "24h"): 150.0}, at).heavy
        assert aqi({**CLEAN, (PM25, "24h"): 150.1}, at).heavy


def test_categories() -> None:
    """Borders, names and colours."""
    borders = {
        0: "优",
        50: "优",
        51: "良",
        101: "轻度污染",
        151: "中度污染",
        201: "重度污染",
        300: "重度污染",
        301: "严重污染",
    }
    assert {index: category(index).zh for index in borders} == borders
    assert [category(index).colour for index in (50, 100, 150, 200, 300, 500)] == [
        "#00E400", "#FFFF00", "#FF7E00", "#FF0000", "#99004C", "#7E0023",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="501"):
        category(501)


def test_versions_by_day() -> None:
    """HJ 633-2026 from 2026-03-01; nothing is claimed for 2010."""
    assert (version_of(OLD), version_of(NEW), version_of(date(2010, 1, 1))) == ("HJ 633-2012", "HJ 633-2026", None)
    assert aqi(CLEAN, date(2010, 1, 1)).value is None


AMBIENT: dict[tuple[str, Literal["year", "24h", "8h", "1h"]], tuple[float, float, float]] = {
    (PM25, "year"): (35, 30, 25), (PM25, "24h"): (75, 60, 50),
    (PM10, "year"): (70, 60, 50), (PM10, "24h"): (150, 120, 100),
    (SO2, "year"): (60, 60, 20), (SO2, "24h"): (150, 150, 50), (SO2, "1h"): (500, 500, 150),
    (NO2, "year"): (40, 40, 30), (NO2, "24h"): (80, 80, 50), (NO2, "1h"): (200, 200, 200),
    (CO, "24h"): (4, 4, 4), (CO, "1h"): (10, 10, 10), (O3, "8h"): (160, 160, 160), (O3, "1h"): (200, 200, 200),
}  # fmt: skip


def test_ambient_standard() -> None:
    """GB 3095 grade II: 2012, transition from 2026-03-01, final from 2031-01-01."""
    days = ((OLD,), (NEW, date(2030, 12, 31)), (date(2031, 1, 1),))
    for (factor, averaging), values in AMBIENT.items():
        for value, phase in zip(values, days, strict=True):
            for day in phase:
                row = ambient_limit(factor, averaging, day)
                assert row is not None
                assert row.value == value
                assert row.unit == ("mg/m³" if factor == CO else "µg/m³")
    assert len({(row.factor, row.averaging) for row in shipped().ambient}) == len(AMBIENT)
    assert ambient_limit(PM25, "1h", NEW) is None


def test_ozone_of_a_day() -> None:
    """The highest of 17 means of eight hours; six of the eight are enough, fewer than 14 means are no day."""
    hours = [40.0] * 8 + [100.0] * 8 + [40.0] * 8
    assert highest_eight_hours(hours) == 100
    assert highest_eight_hours([*hours[:10], nan, nan, *hours[12:]]) == 100
    assert highest_eight_hours([nan, nan, nan, *hours[3:]]) == 100
    assert isnan(highest_eight_hours([*hours[:9], nan, nan, nan, *hours[12:]]))  # eleven means are left
    assert isnan(highest_eight_hours([nan] * 6 + hours[6:]))
    assert isnan(highest_eight_hours([nan] * 24))
