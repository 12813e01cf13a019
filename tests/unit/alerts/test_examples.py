"""Every example of every rule: it fires, stays silent, suppresses and closes as its file says."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantian_alerts.core import hours, kernel, runs
from tests.unit.alerts.scenario import Outcome, Scenario, cases, catalogue, shown

ROOT = Path(__file__).parents[3]
CASES = cases()
NAMES = [name for name, _ in CASES]
QUICK = [(name, case) for name, case in CASES if "tick_gap_seconds" not in case]
"""Examples within hours; those of days are cut and restarted once each, uncompiled they would take minutes."""
SLOW = [name for name, case in CASES if "tick_gap_seconds" in case and case["expect"] != {"leads": []}]


SHORT = [(name, case) for name, case in CASES if name in SLOW and "d " not in str(case["stream"])]
"""Slow rules' examples of a single day."""


FIRING = {
    case["rule"]: name
    for name, case in sorted(CASES, key=lambda one: -len(str(one[1]["stream"])))
    if case["expect"].get("leads")
}
"""The shortest example that fires, by rule; signals give no leads."""


@cache
def plainly(name: str) -> Outcome:
    """What an example gives in fetches of 50 records, without a restart."""
    return Scenario(dict(CASES)[name]).run()


@pytest.mark.parametrize(("name", "case"), CASES, ids=NAMES)
def test_example(name: str, case: dict[str, Any]) -> None:
    """The leads, outcomes and results an example expects are the ones it gives."""
    scenario = Scenario(case)
    outcome = plainly(name)
    told = [shown(lead, scenario) for lead in outcome.leads if lead.rule_id == case["rule"]]
    expected = case["expect"]
    brief = [{key: value for key, value in lead.items() if key != "summary"} for lead in told]
    assert len(told) == len(expected["leads"]), brief
    for lead, wanted in zip(told, expected["leads"], strict=True):
        for key, value in wanted.items():
            if key in ("start", "end", "found"):
                assert lead[key] == scenario.ms(value), (key, brief)
            elif key == "inputs":
                assert {part: lead["inputs"].get(part) for part in value} == pytest.approx(value, rel=2e-5), brief
            elif key == "summary":
                assert all(part in lead["summary"] for part in value), lead["summary"]
            else:
                assert lead[key] == value, (key, brief)
    for outcome_name, number in expected.get("outcomes", {}).items():
        assert outcome.outcomes.get(outcome_name, 0) == number, outcome.outcomes
    for result, number in expected.get("results", {}).items():
        assert outcome.results.get(result, 0) == number, outcome.results
    assert sum(outcome.results.values()) == sum(len(columns) for _, columns in Scenario(case).stream())


@pytest.mark.parametrize("name", NAMES)
def test_sentences_have_no_holes(name: str) -> None:
    """No word of a sentence is left out; what was not measured is a dash."""
    for lead in plainly(name).leads:
        for sentence in (lead.summary.zh, lead.summary.en):
            assert "  " not in sentence, sentence
            assert "{" not in sentence, sentence


@pytest.mark.parametrize("name", SLOW)
def test_restart_in_every_window(name: str) -> None:
    """A restart in the middle of the hours, days and weeks a slow rule looks at changes no byte of any lead."""
    assert Scenario(dict(CASES)[name]).run(83, restart_every=5).told() == plainly(name).told()


@pytest.mark.parametrize("name", [name for name, _ in QUICK])
def test_restart_at_every_step(name: str) -> None:
    """A restart after every few records of an example within hours changes no byte of any lead."""
    assert Scenario(dict(CASES)[name]).run(9, restart_every=1).told() == plainly(name).told()


@pytest.mark.parametrize("rule", sorted(FIRING))
def test_the_topic_written_twice(rule: str) -> None:
    """The stream once more under new offsets names no lead that was not there: one issue stays one issue."""
    told = Scenario(dict(CASES)[FIRING[rule]]).run(400, again=True).leads
    assert {lead.lead_id for lead in told} == {lead.lead_id for lead in plainly(FIRING[rule]).leads}


def test_every_rule_is_written_twice() -> None:
    """Each rule that gives leads has an example that fires."""
    assert FIRING.keys() == {entry.id for entry in catalogue().entries.values() if not entry.signal}


@pytest.mark.parametrize("fetch", [1, 100_000])
@pytest.mark.parametrize(("name", "case"), QUICK, ids=[name for name, _ in QUICK])
def test_fetches_do_not_matter(name: str, case: dict[str, Any], fetch: int) -> None:
    """How the stream is cut into fetches changes no byte of any lead."""
    assert Scenario(case).run(fetch).told() == plainly(name).told()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(name=st.sampled_from([name for name, _ in QUICK]), fetch=st.integers(1, 90), every=st.integers(1, 9))
def test_restart_anywhere(name: str, fetch: int, every: int) -> None:
    """Snapshot and restore at any points of a stream give the same leads, byte for byte."""
    told = Scenario(dict(CASES)[name]).run(fetch, restart_every=every).told()
    assert told == plainly(name).told()


@pytest.mark.parametrize(("name", "case"), [*QUICK, *SHORT], ids=[name for name, _ in [*QUICK, *SHORT]])
def test_compiled_equals_plain_python(name: str, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled loop gives what the same source gives as plain Python."""
    compiled = plainly(name)
    replaced = 0
    for module in (kernel, hours, runs):
        for attribute, value in list(vars(module).items()):
            if hasattr(value, "py_func"):
                monkeypatch.setattr(module, attribute, value.py_func)
                replaced += 1
    assert replaced >= 8
    plain = Scenario(case).run()
    assert plain.told() == compiled.told()
    assert (plain.results, plain.outcomes, plain.screened) == (compiled.results, compiled.outcomes, compiled.screened)


def test_every_rule_has_examples() -> None:
    """Each entry of the catalogue names an examples file with a firing and a silent case."""
    for entry in catalogue().entries.values():
        assert (ROOT / entry.examples).is_file(), entry.examples
        own = [case for name, case in CASES if name.startswith(f"{entry.id}: ")]
        fires = [bool(case["expect"]["leads"]) for case in own]
        if entry.signal:  # what a signal finds becomes no lead
            fires = [case["expect"]["outcomes"][f"{entry.id}/unusual"] > 0 for case in own]
        assert any(fires), entry.id
        assert not all(fires), entry.id
