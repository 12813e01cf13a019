"""The explanation of a limit, and the command that prints it."""

from datetime import date

import pytest

from lantian_alerts.knowledge import Outlet, explain, stated
from lantian_alerts.knowledge.__main__ import main

NOX = "a21002"
TODAY = date(2026, 11, 22)
LIMITS = ["limits", "--process", "sinter-head", "--factor", NOX, "--at", "2026-11-22"]


def test_says_which_limit_and_why_the_others_lost() -> None:
    """Winner, losers and what was set aside, in both languages."""
    told = explain(Outlet("power", "coal-boiler", special_region=True, ultra_low=True), NOX, TODAY)
    assert told.found["hour"].limit.rule == "ULE-PW-01"
    assert "小时均值执行50 mg/m³ @6%O2 [超低排放 发改能源〔2014〕2093号" in told.zh
    assert "hour mean: 50 mg/m³ @6%O2 [ultra-low emission" in told.en
    assert "- 100 mg/m³ @6%O2 [national standard special limit GB 13223-2011 表2" in told.en
    assert told.en.count(": higher") == 2
    assert "its condition is not met (w-flame-old-cfb-or-pre-2004)" in told.en
    assert "for existing plants only" in told.en


def test_names_what_is_not_verified() -> None:
    """Medium confidence says verify; disabled rows are named with their reason."""
    glass = explain(Outlet("glass", "flat-glass-furnace", special_region=True), NOX, TODAY)
    assert "M K~, verify" in glass.en
    assert "须核实" in glass.zh
    assert "not verified, disabled" in glass.en
    brick = explain(Outlet("brick", "drying-firing", special_region=True), "a21026", TODAY)
    assert brick.found["hour"].limit.value == 300
    assert brick.zh.count("未核实，未启用") == 2


def test_permit_and_local_limits_take_part() -> None:
    """A permit of 40 wins over the ultra-low 50."""
    own = (stated("permit", ("power", "coal-boiler", NOX), 40, "permit 4.1", reference_o2=6),)
    told = explain(Outlet("power", "coal-boiler", special_region=True, ultra_low=True), NOX, TODAY, stated=own)
    assert "hour mean: 40 mg/m³ @6%O2 [permit permit 4.1; registry]" in told.en


def test_hour_and_day_limits_stand_apart() -> None:
    """An incinerator has both."""
    told = explain(Outlet("waste", "incinerator"), NOX, TODAY)
    assert {name: found.limit.value for name, found in told.found.items()} == {"hour": 300, "day": 250}


def test_no_limit_is_said() -> None:
    """Before the first row and for a factor without any."""
    told = explain(Outlet("power", "coal-boiler", special_region=True), NOX, date(2010, 1, 1))
    assert told.found == {}
    assert "没有掌握适用的限值" in told.zh
    assert "not in force that day 2014-07-01" in told.en


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    """City and commitment decide; both languages by default."""
    assert main([*LIMITS, "--city", "130200", "--commitment", "ultra-low"]) == 0
    out = capsys.readouterr().out
    assert "小时均值执行50 mg/m³ @16%O2" in out
    assert "hour mean: 50 mg/m³ @16%O2" in out
    assert main([*LIMITS, "--lang", "en"]) == 0
    assert "小时均值" not in capsys.readouterr().out


def test_command_takes_old_codes_times_and_permits(capsys: pytest.CaptureFixture[str]) -> None:
    """Code 03 of 2005, a UTC time whose Beijing day counts, a permit with its oxygen."""
    base = ["limits", "--industry", "cement", "--process", "kiln", "--factor", "03", "--commitment", "ultra-low"]
    assert main([*base, "--at", "2024-01-14T15:59:00+00:00", "--permit", "80@10", "--lang", "en"]) == 0
    assert "hour mean: 80 mg/m³ @10%O2 [permit" in capsys.readouterr().out
    assert main([*base, "--at", "2024-01-14T16:00:00+00:00", "--permit", "80@10", "--lang", "en"]) == 0
    assert "hour mean: 50 mg/m³ @10%O2 [ultra-low" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["limits", "--process", "kiln", "--factor", NOX, "--at", "2026-11-22"], "say --industry, one of"),
        (["limits", "--process", "oven", "--factor", NOX, "--at", "2026-11-22"], "one of none"),
        ([*LIMITS[:4], "a99999", *LIMITS[5:]], "unknown factor code a99999"),
        ([*LIMITS, "--city", "13"], "no division code"),
        ([*LIMITS, "--condition", "rain"], "'rain'"),
        ([*LIMITS, "--permit", "0"], "no limit"),
        (["law", "--conduct", "rain", "--at", "2026-11-22"], "no conduct"),
    ],
)
def test_command_refuses(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Questions that can not be asked end with 2 and a sentence."""
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_command_without_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    """1, and it says so."""
    assert main([*LIMITS[:-1], "2005-01-01"]) == 1
    assert "no limit is held" in capsys.readouterr().out


def test_law_and_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    """The code without article is flagged; the gaps name it."""
    assert main(["law", "--conduct", "exceedance", "--at", "2026-08-15"]) == 0
    out = capsys.readouterr().out
    assert "生态环境法典" in out
    assert "legal review needed" in out
    assert main(["law", "--conduct", "exceedance", "--at", "2026-08-14"]) == 0
    assert "第99条 / art. 99" in capsys.readouterr().out
    assert main(["gaps"]) == 0
    assert "生态环境法典条文号" in capsys.readouterr().out
