"""What the field really sends: each reading has a counted outcome, and nothing of it raises an urgent lead."""

from typing import Any

import pytest

from tests.unit.alerts.scenario import Outcome, Scenario

LIMIT = {"limit": {"id": "so2", "factor": "a21026", "value": 35, "basis": "national"}}
FEED = {"feed": {"real_time_interval_seconds": 60}}
TICKS = {"ticks": {"from": "00:00", "to": "1d 03:00", "every": 600}}
HOT = {"a21026": 70, "a19001": 11}


def run(*steps: dict[str, Any], registry: list[dict[str, Any]] | None = None) -> Outcome:
    """A day of ticks with these steps."""
    case = {"day": "2026-11-10", "tick_gap_seconds": 900, "registry": registry or [FEED, LIMIT]}
    scenario = Scenario(case | {"stream": [TICKS, *({"readings": step} for step in steps)]})
    outcome = scenario.run(200)
    assert sum(outcome.results.values()) == sum(len(columns) for _, columns in scenario.stream())
    return outcome


def minutes(**more: Any) -> dict[str, Any]:
    """Three hours far above the limit."""
    return {"period": "rtd", "from": "08:00", "to": "10:59", "every": 60, "values": HOT} | more


def urgent(outcome: Outcome) -> list[tuple[str, int]]:
    """Leads that somebody would be sent out for."""
    return [(lead.rule_id, lead.severity) for lead in outcome.leads if lead.severity >= 2 and not lead.retrospective]


def test_the_same_data_in_time_are_urgent() -> None:
    """The oracle of this file: without a fault there is a lead of severity 3."""
    assert ("hour-exceedance", 3) in urgent(run(minutes()))


@pytest.mark.parametrize(
    "off_seconds",
    [10 * 365 * 86_400, 8 * 3600, 86_400],
    ids=["ten years back", "eight hours behind", "a day behind"],
)
def test_clocks_behind(off_seconds: int) -> None:
    """Data with a time long past are history; the link is up, so there is no dropout, and the clock is told of."""
    begin = 8 * 3600 - off_seconds
    days, second = divmod(begin, 86_400)
    start = f"{days}d {second // 3600:02d}:{second % 3600 // 60:02d}"
    end = f"{days}d {(second + 10_740) // 3600:02d}:{(second + 10_740) % 3600 // 60:02d}"
    outcome = run(minutes(**{"from": start, "to": end, "delay": off_seconds + 5}))
    found = [lead for lead in outcome.leads if lead.detected_ms < Scenario({"day": "2026-11-10"}).ms("11:00")]
    assert not [lead for lead in found if lead.severity >= 2 and not lead.retrospective]
    assert any(lead.rule_id == "clock-fault" for lead in outcome.leads)


@pytest.mark.parametrize("hours", [8, 24])
def test_clocks_ahead(hours: int) -> None:
    """Data of a time to come are counted as such and judged by nobody."""
    at = 8 + hours
    start, end = (f"{at // 24}d {at % 24:02d}:00", f"{(at + 2) // 24}d {(at + 2) % 24:02d}:59")
    outcome = run(minutes(**{"from": start, "to": end, "delay": -3600 * hours}))
    assert outcome.results["future"] == 360
    assert not [lead for lead in outcome.leads if lead.rule_id == "hour-exceedance"]
    assert next(lead.severity for lead in outcome.leads if lead.rule_id == "clock-fault") == 1


def test_the_first_readings_after_days_without_ingest() -> None:
    """What a spool kept through two days without a broker comes before the next tick, and is judged."""
    away = {"ticks": {"from": "00:00", "to": "06:00", "every": 600}}
    drained = {"readings": minutes(**{"from": "2d 08:00", "to": "2d 10:59"})}
    again = {"ticks": {"from": "2d 11:10", "to": "2d 14:00", "every": 600}}
    case = {"day": "2026-11-10", "tick_gap_seconds": 900, "registry": [FEED, LIMIT], "stream": [away, drained, again]}
    outcome = Scenario(case).run(200)
    assert outcome.results["future"] == 0
    assert outcome.results["judged"] == 360
    assert ("hour-exceedance", 3) in urgent(outcome)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e300"])
def test_values_that_are_none(value: str) -> None:
    """They are counted as invalid; the hour has no value."""
    outcome = run(minutes(values={"a21026": [float(value)]}))
    assert outcome.results["invalid"] == 180
    assert not [lead for lead in outcome.leads if lead.rule_id == "hour-exceedance"]


def test_everything_five_times() -> None:
    """Repeats are counted and change no lead."""
    once, five = run(minutes()), run(*(minutes(delay=5 + place) for place in range(5)))
    first = {(lead.lead_id, lead.severity) for lead in once.leads if lead.rule_id == "hour-exceedance"}
    assert {(lead.lead_id, lead.severity) for lead in five.leads if lead.rule_id == "hour-exceedance"} == first
    assert five.results["repeated"] + five.results["late"] >= 4 * 360 - 20


def test_out_of_order_by_a_day() -> None:
    """Hours that come a day later, the last one first, are history."""
    steps = [
        {"period": "hour", "from": f"{hour:02d}:00", "received": f"1d 00:{59 - hour:02d}", "values": HOT}
        for hour in range(8, 22)
    ]
    outcome = run(*steps, registry=[{"feed": {"sends_hours": True}}, LIMIT])
    leads = [lead for lead in outcome.leads if lead.rule_id == "hour-exceedance"]
    assert leads
    assert all(lead.retrospective and lead.severity == 1 for lead in leads)


def test_a_source_nobody_registered() -> None:
    """Nothing is kept of it."""
    outcome = run(minutes(source="nobody"))
    assert outcome.results["unregistered"] == 360
    assert not [lead for lead in outcome.leads if lead.source_id == "nobody"]


def test_contradicting_limits() -> None:
    """A value that only one of two limits of one kind forbids is told with the contradiction, and is not urgent."""
    other = {"limit": {"id": "so2-again", "factor": "a21026", "value": 350, "basis": "national"}}
    outcome = run(minutes(), registry=[FEED, LIMIT, other])
    leads = [lead for lead in outcome.leads if lead.rule_id == "hour-exceedance"]
    assert leads
    assert all(lead.severity == 1 for lead in leads)
    assert leads[0].evidence.inputs["contradicting_limit"] == 350
    assert "矛盾" in leads[0].summary.zh
