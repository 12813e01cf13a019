"""Every number of the limit tables, written a second time from the reference (domain.md 1.2-1.4, hj212.md 10.5)."""

from datetime import date
from itertools import product

import pytest

from lantian_alerts.knowledge import Outlet, effective, limits_for, shipped
from lantian_alerts.knowledge.limits import by_averaging

PM, SO2, NOX, NH3, NMHC = "a34013", "a21026", "a21002", "a21001", "a24088"
F, HG, HCL, CO, H2S, PHENOLS, HCN, BAP = "a21018", "a20057", "a21024", "a21005", "a21028", "a23001", "a21017", "a25044"
TODAY = date(2026, 11, 22)

Numbers = dict[str, float]

GLASS = "flat-glass-furnace daily-use-glass-furnace glass-fibre-furnace electronic-glass-furnace"


def three(pm: float | None, so2: float | None = None, nox: float | None = None) -> Numbers:
    """The three usual columns of a table."""
    columns = ((PM, pm), (SO2, so2), (NOX, nox))
    return {factor: value for factor, value in columns if value is not None}


# industry, processes, numbers, reference oxygen, conditions
ULTRA_LOW: list[tuple[str, str, Numbers, float | None, str]] = [
    ("steel", "sinter-head pellet-shaft", three(10, 35, 50), 16, ""),
    ("steel", "pellet-grate", three(10, 35, 50), 18, ""),
    ("steel", "sinter-tail-other", three(10), None, ""),
    ("steel", "coke-oven", three(10, 30, 150), 8, ""),
    ("steel", "coal-charging coke-pushing", three(10), None, ""),
    ("steel", "dry-quenching", three(10, 50), None, ""),
    ("steel", "hot-stove", three(10, 50, 200), None, ""),
    ("steel", "cast-house ore-bin", three(10), None, ""),
    ("steel", "hot-metal-pretreatment bof-secondary eaf lime-dolomite-kiln", three(10), None, ""),
    ("steel", "heat-treatment-furnace", three(10, 50, 200), 8, ""),
    ("steel", "coal-boiler", three(10, 35, 50), 6, ""),
    ("steel", "oil-boiler", three(10, 35, 50), 3, ""),
    ("steel", "natural-gas-boiler other-gas-boiler", three(5, 35, 50), 3, ""),
    ("steel", "natural-gas-turbine other-gas-turbine", three(5, 35, 50), 15, ""),
    ("cement", "kiln", three(10, 35, 50), 10, ""),
    ("cement", "other-vent", three(10), None, ""),
    ("coking", "coke-oven", three(10, 30, 150) | {NMHC: 100, NH3: 8}, 8, ""),
    (
        "coking",
        "crushing-transfer coal-charging coke-pushing dry-quenching tube-furnace other-stack",
        three(10),
        None,
        "",
    ),
    ("coking", "wastewater-vent", {NMHC: 100}, None, ""),
    ("power", "coal-boiler", three(10, 35, 50), 6, ""),
    ("boiler", "coal-boiler", three(10, 35, 50), 9, "65-tph-or-more"),
    ("boiler", "coal-boiler", three(10, 35, 50), 9, ""),
    ("boiler", "gas-boiler", {NOX: 50}, 3.5, ""),
]

# industry, process, new (general), existing where it differs, special, reference oxygen, conditions
NATIONAL: list[tuple[str, str, Numbers, Numbers, Numbers, float | None, str]] = [
    ("power steel", "coal-boiler", three(30, 100, 100) | {HG: 0.03}, {SO2: 200}, three(20, 50, 100), 6, ""),
    ("power steel", "coal-boiler", {SO2: 200}, {SO2: 400}, {}, 6, "high-sulphur-province"),
    ("power steel", "coal-boiler", {NOX: 200}, {}, {}, 6, "w-flame-old-cfb-or-pre-2004"),
    ("power steel", "oil-boiler", three(30, 100, 100), {SO2: 200, NOX: 200}, three(20, 50, 100), 3, ""),
    ("power steel", "oil-turbine", three(30, 100, 120), {SO2: 200}, three(20, 50, 120), 15, ""),
    ("power steel", "natural-gas-boiler", three(5, 35, 100), {}, three(5, 35, 100), 3, ""),
    ("power steel", "natural-gas-turbine", three(5, 35, 50), {}, three(5, 35, 50), 15, ""),
    ("power steel", "other-gas-boiler", three(10, 100, 200), {}, three(5, 35, 100), 3, ""),
    ("power steel", "other-gas-turbine", three(10, 100, 120), {}, three(5, 35, 50), 15, ""),
    ("boiler", "coal-boiler", three(50, 300, 300) | {HG: 0.05}, three(80, 400, 400), three(30, 200, 200), 9, ""),
    ("boiler", "coal-boiler biomass-boiler", {}, {SO2: 550}, {}, 9, "high-sulphur-province"),
    ("boiler", "biomass-boiler", three(50, 300, 300), three(80, 400, 400), three(30, 200, 200), 9, ""),
    ("boiler", "oil-boiler", three(30, 200, 250), three(60, 300, 400), three(30, 100, 200), 3.5, ""),
    ("boiler", "gas-boiler", three(20, 50, 200), three(30, 100, 400), three(20, 50, 150), 3.5, ""),
    (
        "steel",
        "sinter-head pellet-shaft pellet-grate",
        three(50, 200, 300) | {F: 4.0},
        {},
        three(40, 180, 300),
        None,
        "",
    ),
    ("steel", "sinter-tail-other", three(30), {}, three(20), None, ""),
    ("steel", "hot-stove", three(20, 100, 300), {}, three(15, 100, 300), None, ""),
    ("steel", "cast-house", three(25), {}, three(15), None, ""),
    ("steel", "ore-bin iron-other", three(25), {}, three(10), None, ""),
    ("steel", "bof-primary", three(50), {}, three(50), None, ""),
    ("steel", "hot-metal-pretreatment", three(20), {}, three(15), None, ""),
    ("steel", "bof-secondary", three(20), {}, three(15), None, ""),
    ("steel", "eaf", three(20), {}, three(15), None, ""),
    ("steel", "ladle-furnace", three(20), {}, three(15), None, ""),
    ("steel", "caster-cutting", three(30), {}, three(30), None, ""),
    ("steel", "lime-dolomite-kiln", three(30), {}, three(30), None, ""),
    ("steel", "slag-treatment", three(100), {}, three(100), None, ""),
    ("steel", "steel-other", three(20), {}, three(15), None, ""),
    ("steel", "finishing-mill", three(30), {}, three(20), None, ""),
    ("steel", "acid-regeneration", three(30), {}, three(30), None, ""),
    ("steel", "heat-treatment-furnace", three(20, 150, 300), {}, three(15, 150, 300), None, ""),
    ("steel", "rolling-other", three(20), {}, three(15), None, ""),
    ("ferroalloy", "furnace", three(50), {}, three(30), None, ""),
    ("ferroalloy", "ferroalloy-other", three(30), {}, three(20), None, ""),
    ("coking steel", "crushing-transfer", three(30), {}, three(15), None, ""),
    ("coking steel", "coal-charging", three(50, 100) | {BAP: 0.0003}, {}, three(30, 70) | {BAP: 0.0003}, None, ""),
    ("coking steel", "coke-pushing", three(50, 50), {}, three(30, 30), None, ""),
    ("coking steel", "coke-oven", three(30, 50, 500), {}, three(15, 30, 150), None, ""),
    ("coking steel", "coke-oven", three(30, 100, 200), {}, three(15, 30, 150), None, "heat-recovery"),
    ("coking steel", "dry-quenching", three(50, 100), {}, three(30, 80), None, ""),
    ("coking steel", "tube-furnace", three(30, 50, 200), {}, three(15, 30, 150), None, ""),
    (
        "coking steel",
        "tar-blower-vent",
        {NMHC: 80, NH3: 30, H2S: 3, PHENOLS: 80, HCN: 1},
        {},
        {NMHC: 50, NH3: 10, H2S: 1, PHENOLS: 50, HCN: 1},
        None,
        "",
    ),
    (
        "cement",
        "kiln",
        three(30, 200, 400) | {F: 5, HG: 0.05, NH3: 10},
        {},
        three(20, 100, 320) | {F: 3, NH3: 8},
        10,
        "",
    ),
    ("cement", "dryer-mill-cooler", three(30), {}, three(20), None, ""),
    ("cement", "dryer-mill-cooler", three(30, 600, 400), {}, three(20, 400, 300), 8, "separate-heat-source"),
    ("cement", "other-vent", three(20), {}, three(10), None, ""),
    ("glass", GLASS, three(30, 200, 400) | {NH3: 8}, {}, {}, 8, ""),
    ("ceramics", "spray-dryer kiln", three(30, 50, 180), {}, {}, 18, ""),
    ("brick", "drying-firing", three(30, 300, 200) | {F: 3}, {}, {}, 8.65, ""),
    ("brick", "crushing", three(30), {}, {}, None, ""),
]


def of_basis(
    basis: str,
    industry: str,
    process: str,
    factor: str,
    *,
    special: bool = False,
    existing: bool = False,
    conditions: str = "",
    city: str | None = None,
    at: date = TODAY,
) -> tuple[float, float | None]:
    """Value and reference oxygen of the one hourly limit of a basis; with `special` of the special one."""
    found = limits_for(
        Outlet(
            industry,
            process,
            special_region=special,
            existing=existing,
            ultra_low=basis == "ultra-low",
            conditions=frozenset(conditions.split()),
            city=city,
        ),
        factor,
        at,
        averaging="hour",
    )
    scopes = {"special"} if special and basis == "national" else {"new", "existing", "general", "any"}
    (limit,) = (row for row in found if row.basis == basis and row.scope in scopes)
    return limit.value, limit.reference_o2


@pytest.mark.parametrize(("industry", "processes", "numbers", "oxygen", "conditions"), ULTRA_LOW)
def test_ultra_low(industry: str, processes: str, numbers: Numbers, oxygen: float | None, conditions: str) -> None:
    """Table 1.2."""
    for process in processes.split():
        for factor, value in numbers.items():
            assert of_basis("ultra-low", industry, process, factor, conditions=conditions) == (value, oxygen)


@pytest.mark.parametrize(("industries", "processes", "new", "existing", "special", "oxygen", "conditions"), NATIONAL)
def test_national(
    industries: str,
    processes: str,
    new: Numbers,
    existing: Numbers,
    special: Numbers,
    oxygen: float | None,
    conditions: str,
) -> None:
    """Section 1.4: new, existing (as new where the table has one column) and special limits."""
    for industry, process in product(industries.split(), processes.split()):
        for factor, value in new.items():
            assert of_basis("national", industry, process, factor, conditions=conditions) == (value, oxygen)
        for factor, value in (new | existing).items():
            got = of_basis("national", industry, process, factor, existing=True, conditions=conditions)
            assert got == (value, oxygen)
        for factor, value in special.items():
            got = of_basis("national", industry, process, factor, special=True, conditions=conditions)
            assert got == (value, oxygen)


def test_factors_of_a_table_are_all_there() -> None:
    """Nothing beyond the reference: the enabled factors of each national process are those written above."""
    written: dict[tuple[str, str], set[str]] = {}
    for industries, processes, new, existing, special, _, _ in NATIONAL:
        for key in product(industries.split(), processes.split()):
            written.setdefault(key, set()).update(new | existing | special)
    for row in shipped().limits:
        key = (row.industry, row.process)
        if row.basis == "national" and row.enabled and row.averaging == "hour" and key in written:
            assert row.factor in written[key], row


def test_campaign_numbers() -> None:
    """Section 1.3: kilns 30/200/300, daily-use glass and glass wool 30/200/400, gas boilers 50, coking table 6."""
    places = [("kiln", "other-kiln", 300), ("glass", "daily-use-glass-furnace", 400)]
    for industry, process, nox in [*places, ("mineral-wool", "glass-wool-furnace", 400)]:
        for factor, value in three(30, 200, nox).items():
            assert of_basis("plan", industry, process, factor, special=True) == (value, 8.65)
    assert of_basis("plan", "boiler", "gas-boiler", NOX, special=True) == (50, 3.5)
    coking = [row for row in NATIONAL if row[0] == "coking steel"]
    assert len(coking) == 8
    for industries, process, _, _, special, _, _ in coking:
        for industry, (factor, value) in product(industries.split(), special.items()):
            assert of_basis("plan", industry, process, factor, special=True) == (value, None)


def test_coking_special_limits_begin_with_the_plan() -> None:
    """SEED-COKE: from 2019-10-01, in the cities of 2+26."""
    for day, city, count in ((date(2019, 9, 30), "130200", 0), (date(2019, 10, 1), "130200", 1),
                             (date(2019, 10, 1), "610100", 0)):  # fmt: skip
        found = limits_for(Outlet("coking", "coke-oven", city=city), NOX, day)
        assert sum(row.basis == "plan" for row in found) == count


def test_cement_nox_tightened_in_2024() -> None:
    """ULE-CE-01L 100 gives way to ULE-CE-01 50 on the day of the national text."""
    assert of_basis("ultra-low", "cement", "kiln", NOX, at=date(2024, 1, 14)) == (100, 10)
    assert of_basis("ultra-low", "cement", "kiln", NOX, at=date(2024, 1, 15)) == (50, 10)
    for factor, value in (three(10, 35, 100) | {NH3: 8}).items():
        assert of_basis("ultra-low", "cement", "kiln", factor, at=date(2023, 6, 1)) == (value, 10)


def test_luoyang_dryers() -> None:
    """ULE-CE-02L, 10/50/150, holds in Luoyang and its counties only; the unverified national row stays out."""
    place = ("ultra-low", "cement", "dryer-mill-cooler")
    for factor, value in three(10, 50, 150).items():
        for city in ("410300", "410326"):
            assert of_basis(*place, factor, conditions="separate-heat-source", city=city) == (value, 8)
        for elsewhere in ("130200", None):
            rows = limits_for(
                Outlet(
                    *place[1:],
                    special_region=True,
                    ultra_low=True,
                    conditions=frozenset({"separate-heat-source"}),
                    city=elsewhere,
                ),
                factor,
                TODAY,
            )
            assert [row for row in rows if row.basis == "ultra-low"] == []


def test_waste_incineration_has_hour_and_day_limits() -> None:
    """GB 18485, 1 h / 24 h: PM 30/20, NOx 300/250, SO2 100/80, HCl 60/50, CO 100/80 at 11 %."""
    numbers = {PM: (30, 20), NOX: (300, 250), SO2: (100, 80), HCL: (60, 50), CO: (100, 80)}
    for factor, (hour, day) in numbers.items():
        apart = by_averaging(limits_for(Outlet("waste", "incinerator"), factor, TODAY))
        assert {name: [(row.value, row.reference_o2) for row in rows] for name, rows in apart.items()} == {
            "hour": [(hour, 11)],
            "day": [(day, 11)],
        }


def test_plant_area_vapours() -> None:
    """GB 37822: 10 hourly and 30 at any time, 6 and 20 with special limits."""
    for special, hour, spot in ((False, 10, 30), (True, 6, 20)):
        apart = by_averaging(limits_for(Outlet("voc", "plant-area", special_region=special), NMHC, TODAY))
        strictest = {name: effective(rows).limit for name, rows in apart.items()}
        assert {name: (row.value, row.reference_o2) for name, row in strictest.items()} == {
            "hour": (hour, None),
            "spot": (spot, None),
        }


def test_blackness() -> None:
    """Boilers: Ringelmann at most 1, at any time."""
    for fuel in ("coal", "biomass", "oil", "gas"):
        (row,) = limits_for(Outlet("boiler", f"{fuel}-boiler", special_region=True), "a01010", TODAY)
        assert (row.value, row.averaging, row.reference_o2) == (1, "spot", None)
