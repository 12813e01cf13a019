"""Regions, law, duties, exemptions and warning conditions by day."""

from datetime import date

import pytest

from lantian_alerts.knowledge import (
    duties,
    exemptions_for,
    legal_basis,
    membership_of,
    region_of,
    shipped,
    warning_conditions,
    warning_level,
)
from lantian_alerts.knowledge.__main__ import main
from lantian_alerts.knowledge.law import dustfall_allowed
from lantian_alerts.knowledge.regions import addressed
from lantian_alerts.knowledge.warning_levels import Level

BEFORE, AFTER = date(2023, 11, 29), date(2023, 11, 30)
A_CITIES = {
    "110000", "120000", "130100", "130200", "130400", "130500", "130600", "130900", "131000",
    "131100", "140100", "140300", "140400", "140500", "370100", "370300", "370800", "371400",
    "371500", "371600", "371700", "410100", "410200", "410500", "410600", "410700", "410800",
    "410900",
}  # fmt: skip
F_CITIES = {
    "140700", "140800", "141000", "141100", "410300", "411200", "610100", "610200", "610300",
    "610400", "610500",
}  # fmt: skip


def members(kind: str, region: str, at: date) -> set[str]:
    """Prefecture-level cities of a region; the county-level and statistical codes are extra."""
    extra = {"419001", "133100"}
    return {
        row.city_code
        for row in shipped().memberships
        if (row.kind, row.region) == (kind, region) and row.in_force(at) and row.city_code not in extra
    }


def test_members_before_2023() -> None:
    """2+26 are 28 cities, Fenwei 11, as the policy texts list them."""
    assert members("region", "2+26", BEFORE) == A_CITIES
    assert members("region", "fenwei", BEFORE) == F_CITIES
    assert (len(A_CITIES), len(F_CITIES)) == (28, 11)


def test_members_since_2023() -> None:
    """51 cities: 38 and 13."""
    assert len(members("region", "2+36", AFTER)) == 38
    assert len(members("region", "fenwei", AFTER)) == 13
    assert len(members("campaign", "2023-24", date(2024, 3, 31))) == 51
    assert members("campaign", "2023-24", date(2024, 4, 1)) == set()


@pytest.mark.parametrize(
    ("city", "before", "after"),
    [
        ("140100", "2+26", "fenwei"),  # Taiyuan and three others moved
        ("140300", "2+26", "fenwei"),
        ("140400", "2+26", "fenwei"),
        ("140500", "2+26", "fenwei"),
        ("410300", "fenwei", "2+36"),  # Luoyang, Sanmenxia
        ("411200", "fenwei", "2+36"),
        ("130300", None, "2+36"),
        ("130200", "2+26", "2+36"),
        ("610100", "fenwei", "fenwei"),
        ("310000", None, None),
        ("110105", "2+26", "2+36"),  # a district of Beijing
        ("130682", "2+26", "2+36"),  # Dingzhou
        ("130181", "2+26", "2+36"),  # Xinji
        ("130638", "2+26", "2+36"),  # Xiong
        ("419001", "2+26", "2+36"),  # Jiyuan
        ("610581", "fenwei", "fenwei"),  # Hancheng
        ("610403", "fenwei", "fenwei"),  # Yangling
    ],
)
def test_region_of(city: str, before: str | None, after: str | None) -> None:
    """Membership changed on one day; counties follow their city."""
    assert (region_of(city, BEFORE), region_of(city, AFTER)) == (before, after)


def test_regions_begin_with_the_texts_we_hold() -> None:
    """Nothing is claimed before."""
    assert region_of("130200", date(2019, 9, 30)) is None
    assert region_of("610100", date(2020, 9, 30)) is None


def test_huaihai_cities_follow_the_thresholds() -> None:
    """Six cities were bound to the warnings of 2+26 without being members."""
    at = date(2020, 1, 1)
    bound = {row.city_code for row in shipped().memberships if row.kind == "warning-linkage"}
    assert bound == {"371300", "370400", "371100", "370900", "411400", "411600"}
    assert all(membership_of(code, at, kind="warning-linkage") and region_of(code, at) is None for code in bound)


def test_whom_a_plan_addresses() -> None:
    """The cities its region had that day, whatever became of them; a city's own text reaches its districts."""
    plan = date(2019, 10, 1)
    assert addressed("2+26", "140100", plan)
    assert not addressed("2+26", "140100", AFTER)
    assert not addressed("2+26", "610100", plan)
    assert addressed("410300", "410326", plan)
    assert addressed("110000", "110105", plan)
    assert not addressed("410300", "410100", plan)


@pytest.mark.parametrize("code", ["", "1302", "1302001", "13020x", "１３０２００"])
def test_bad_codes_are_refused(code: str) -> None:
    """Not six ASCII digits."""
    with pytest.raises(ValueError, match="no division code"):
        region_of(code, AFTER)


@pytest.mark.parametrize(
    ("conduct", "article"),
    [("exceedance", "99"), ("evasion", "20;99"), ("monitoring-duty", "24;100"), ("emergency", "96;121")],
)
def test_statute_changes_with_the_code(conduct: str, article: str) -> None:
    """Up to 2026-08-14 the air law with its articles, then the code without any, flagged for review."""
    old = next(row for row in legal_basis(conduct, date(2026, 8, 14)) if row.slot == "statute")
    new = next(row for row in legal_basis(conduct, date(2026, 8, 15)) if row.slot == "statute")
    assert (old.article, old.review) == (article, False)
    assert "大气污染防治法" in old.law_zh
    assert (new.article, new.review) == ("", True)
    assert "生态环境法典" in new.law_zh


def test_unverified_articles_stay_blank() -> None:
    """Under review means no article, no text about it."""
    reviewed = [row for row in shipped().citations if row.review]
    assert len(reviewed) == 5
    assert all(row.article == "" and row.about_zh == "" for row in reviewed)


def test_monitoring_regulation_joins_in_2026() -> None:
    """Article 25 for fraud, 25(5) for false marks, 26 for records."""
    day_before, first = date(2025, 12, 31), date(2026, 1, 1)
    slots = {row.slot for row in legal_basis("evasion", day_before)}
    assert {row.slot for row in legal_basis("evasion", first)} - slots == {"monitoring-regulation"}
    assert [row.article for row in legal_basis("false-mark", first)] == ["25(5)"]
    assert legal_basis("false-mark", day_before) == ()
    assert [row.article for row in legal_basis("records", first)] == ["26"]


def test_self_report_and_marked_data() -> None:
    """Permit regulation 21(2), 36, 37; the marking rules since 2023."""
    assert [row.article for row in legal_basis("no-self-report", AFTER)] == ["21(2);36;37"]
    assert legal_basis("invalid-marked-data", date(2022, 12, 31)) == ()
    assert len(legal_basis("invalid-marked-data", date(2023, 1, 1))) == 1
    with pytest.raises(ValueError, match="no conduct"):
        legal_basis("exceedence", AFTER)


def test_exemptions_need_a_confirmation() -> None:
    """None is enabled; a confirmed id is returned for its process only."""
    assert not any(row.enabled for row in shipped().exemptions)
    assert exemptions_for("cement", "kiln", frozenset()) == ()
    found = exemptions_for("cement", "kiln", frozenset({"EX-CE-START", "EX-WI-YEAR"}))
    assert [(row.exemption, row.max_hours_each, row.needs_mark) for row in found] == [("EX-CE-START", 36, True)]
    with pytest.raises(ValueError, match="EX-NONE"):
        exemptions_for("cement", "kiln", frozenset({"EX-NONE"}))


def test_exemption_hours() -> None:
    """As the references remember them, unknown hours empty."""
    hours = {
        row.exemption: (row.max_hours_each, row.max_hours_quarter, row.max_hours_year) for row in shipped().exemptions
    }
    assert hours == {
        "EX-CE-START": (36, None, None), "EX-CE-STOP": (8, None, None), "EX-WI-START": (4, None, None),
        "EX-WI-STOP": (None, None, None), "EX-WI-YEAR": (None, None, 60), "EX-WI-FAULT": (4, None, None),
        "EX-WI-DRY": (None, None, 700), "EX-WI-CEMS": (None, 30, None), "EX-BO-START": (8, None, None),
        "EX-BR-START": (4, None, None), "EX-BR-STOP": (2, None, None),
    }  # fmt: skip


def test_duties() -> None:
    """The numbers of section 1.3 and the shares."""
    day = date(2026, 11, 22)
    numbers = {row.rule: (row.comparison, row.value, row.unit) for row in duties(day) if row.subject != "installation"}
    assert numbers == {
        "SEED-COKE": ("", None, ""), "SEED-VOC-EFF": (">=", 80, "%"), "SEED-LDAR": (">=", 2000, "points"),
        "SEED-BIO": ("", None, ""), "RATE-90": (">=", 90, "%"), "ULE-95": (">=", 95, "%"),
        "WASTE-850": (">=", 850, "℃"),
        "CUT-YELLOW": (">=", 10, "%"), "CUT-ORANGE": (">=", 20, "%"), "CUT-RED": (">=", 30, "%"),
        "WARN-RELEASE": (">=", 36, "h"), "TRANSPORT-80": (">=", 80, "%"), "RECORDS-5Y": (">=", 5, "year"),
    }  # fmt: skip
    assert [row.rule for row in duties(date(2019, 9, 30), subject="effective-transmission")] == []


@pytest.mark.parametrize(
    ("city", "at", "expected"),
    [
        ("130203", date(2019, 9, 30), None),
        ("130203", date(2019, 10, 1), 9.0),
        ("130203", date(2020, 3, 31), 9.0),
        ("610100", date(2019, 12, 1), None),
        ("130203", date(2020, 11, 1), None),  # the draft's number is not in force
        ("130203", date(2023, 10, 16), 7.0),
        ("610100", date(2024, 3, 31), 7.0),
        ("320100", date(2023, 11, 1), None),
        ("130203", date(2024, 4, 1), None),
    ],
)
def test_dustfall_of_the_plans(city: str, at: date, expected: float | None) -> None:
    """9 t/km² for the cities of 2+26 in 2019-20, 7 for the 51 of 2023-24, nothing outside of the plans."""
    assert dustfall_allowed(city, at) == expected


V2017, V2018, V2024 = date(2018, 1, 1), date(2020, 1, 1), date(2024, 12, 1)


@pytest.mark.parametrize(
    ("level", "at", "expected"),
    [
        ("yellow", V2017, [[(">", 200, 48)]]),
        ("orange", V2017, [[(">", 200, 72), (">", 300, None)]]),
        ("red", V2017, [[(">", 200, 96), (">", 300, 48)], [(">=", 500, 24)]]),
        ("yellow", V2018, [[(">", 200, 48)]]),
        ("orange", V2018, [[(">", 200, 72)]]),
        ("red", V2018, [[(">", 200, 96), (">", 300, 48)], [(">=", 500, 24)]]),
        ("yellow", V2024, [[(">", 200, 24)], [(">", 150, 48)]]),
        ("orange", V2024, [[(">", 200, 48)], [(">", 150, 72)]]),
        ("red", V2024, [[(">", 200, 72), (">", 300, 24)]]),
    ],
)
def test_warning_conditions(level: Level, at: date, expected: list[list[tuple[str, int, int | None]]]) -> None:
    """Table 2.2."""
    found = [[(one.comparison, one.aqi, one.hours) for one in clauses] for clauses in warning_conditions(level, at)]
    assert found == expected


@pytest.mark.parametrize(
    ("daily", "at", "level"),
    [
        ([210, 220], V2018, "yellow"),
        ([210, 190, 220], V2018, None),
        ([210, 220, 230], V2018, "orange"),
        ([210, 310, 320, 230], V2018, "red"),
        ([210, 310, 230, 320], V2018, "orange"),
        ([500], V2018, "red"),
        ([210], V2018, None),
        ([210], V2024, "yellow"),
        ([160, 160], V2024, "yellow"),
        ([160, 160, 160], V2024, "orange"),
        ([210, 210], V2024, "orange"),
        ([210, 310, 210], V2024, "red"),
        ([210, 210, 210], V2024, "orange"),
        ([310, 210, 150, 210], V2024, "orange"),
        ([200, 200], V2024, "yellow"),
        ([150, 150, 150], V2024, None),
        ([250, 260, 270], V2017, "yellow"),
        ([250, 301, 270], V2017, "orange"),
        ([], V2024, None),
        ([400, 400, 400], date(2016, 1, 1), None),
    ],
)
def test_warning_level(daily: list[float], at: date, level: Level | None) -> None:
    """The strictest level met by a forecast of days in a row; no version, no level."""
    assert warning_level(daily, at) == level


def test_duties_of_installation() -> None:
    """Who needs which monitor, by the plan that said so; what only a draft said is written down and not in force."""
    found = {row.rule: row for row in duties(date(2026, 11, 22), subject="installation")}
    assert (found["F01"].comparison, found["F01"].value, found["F01"].unit, found["F01"].region) == (
        ">",
        45,
        "m",
        "2+26",
    )
    assert (found["F27"].value, found["F47"].value, found["F30"].value) == (5000, 5000, 500)
    assert {"F02", "F03", "F04", "F06", "F07", "F10", "F36", "F41", "F50"} <= found.keys()
    assert {"F20", "F24"}.isdisjoint(found)
    assert {row.rule for row in duties(date(2019, 9, 30), subject="installation")} == set()
    assert {row.rule for row in duties(date(2020, 1, 15), subject="installation")} >= {"F01", "F22", "F36"}


def test_duties_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a duty, with number, region and source."""
    assert main(["duties", "--subject", "installation", "--at", "2026-11-22"]) == 0
    said = capsys.readouterr().out
    assert "F01 (2+26) > 45 m: " in said
    assert "S1 §24" in said
    assert main(["duties", "--subject", "nothing", "--at", "2026-11-22"]) == 1
