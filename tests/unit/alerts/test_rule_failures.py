"""A rule that raises: its own findings are missing and said so, everything else is as if nothing had happened."""

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from fastapi import APIRouter
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry

from lantian_alerts.api import create_app
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.guard import FAILED
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import StatementFact
from lantian_alerts.core.together import TOGETHER_FACTS
from lantian_alerts.detect import __main__ as command
from lantian_alerts.detect import catalogues
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.outcomes.verdicts import Outcomes
from lantian_alerts.telling import Teller
from lantian_proto.topics import LEADS
from lantian_proto.v1.lead_pb2 import Lead
from tests.support.bus import FakePublisher
from tests.unit.alerts import scenario
from tests.unit.alerts.scenario import Outcome, Scenario, cases, catalogue

CASES = dict(cases())
FIRING = {case["rule"]: name for name, case in reversed(cases()) if case["expect"].get("leads")}
"""The first example of each rule that fires."""
TWO = {
    "rule": "hour-exceedance",
    "day": "2026-11-10",
    "registry": [
        {"feed": {"id": "f1", "real_time_interval_seconds": 60, "sends_hours": True}},
        {"feed": {"id": "f2", "source_id": "outlet-2", "real_time_interval_seconds": 60, "sends_hours": True}},
        {"source": {"id": "outlet-2", "source_id": "outlet-2"}},
        {"limit": {"id": "l1", "factor": "a21026", "value": 35, "basis": "national"}},
        {"limit": {"id": "l2", "source_id": "outlet-2", "factor": "a21026", "value": 35, "basis": "national"}},
    ],
    "stream": [
        {"ticks": {"from": "08:00", "to": "17:00"}},
        *(
            {"readings": {"source": source, "period": "hour", "from": "08:00", "to": "11:00", "every": 3600,
                          "delay": 3660 + at, "values": {"a21026": [70, 80, 90, 20]}}}
            for at, source in enumerate(("outlet-1", "outlet-2"))
        ),
    ],
}  # fmt: skip
"""Two outlets above their limit for three hours; then both are silent."""


class Raising:
    """A rule that raises where it is told to, and is itself everywhere else."""

    def __init__(self, rule: Any, name: str, source_id: str = "") -> None:
        self._rule, self._name, self._source_id = rule, name, source_id

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._rule, name)
        if name != self._name:
            return found

        def asked(about: Any, *rest: Any) -> Any:
            if self._source_id in ("", getattr(about, "source_id", None)):
                return 1 / 0
            return found(about, *rest)

        return asked


def broken(rule_id: str, name: str = "judge", source_id: str = "") -> Catalogue:
    """The catalogue with one rule that raises when it is asked `name`, at one source or at all."""
    entries = dict(catalogue().entries)
    entry = entries[rule_id]
    entries[rule_id] = msgspec.structs.replace(entry, rule=Raising(entry.rule, name, source_id))
    return Catalogue(entries)


def played(monkeypatch: pytest.MonkeyPatch, rules: Catalogue, case: dict[str, Any], **how: Any) -> Outcome:
    """A case with another catalogue."""
    with monkeypatch.context() as patched:
        patched.setattr(scenario, "catalogue", lambda: rules)
        return Scenario(case).run(**how)


def without_signs(lead: Lead) -> Lead:
    """A lead but for what other open episodes of its source add to its score."""
    if lead.source_id == "outlet-1":
        return lead
    found = Lead.FromString(lead.SerializeToString())
    for name in ("score", "score_parts", "other_rules"):
        found.ClearField(name)
    return found


def test_one_source_lacks_its_finding_and_nothing_else_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """All other leads as they were, but for the sign that the same outlet lacks; every period is still counted once."""
    plain = Scenario(TWO).run()
    found = played(monkeypatch, broken("hour-exceedance", source_id="outlet-2"), TWO)
    lost = [lead for lead in plain.leads if (lead.rule_id, lead.source_id) == ("hour-exceedance", "outlet-2")]
    kept = [lead for lead in plain.leads if lead not in lost]
    assert lost
    assert {(lead.rule_id, lead.source_id) for lead in kept} >= {
        ("hour-exceedance", "outlet-1"), ("data-dropout", "outlet-1"), ("data-dropout", "outlet-2"),
    }  # fmt: skip
    assert [without_signs(lead) for lead in found.leads] == [without_signs(lead) for lead in kept]
    assert [lead for lead in found.leads if lead.source_id == "outlet-1"] == [
        lead for lead in plain.leads if lead.source_id == "outlet-1"
    ]
    assert found.results == plain.results
    assert sum(found.outcomes.values()) == sum(plain.outcomes.values())
    failed = found.outcomes[f"hour-exceedance/{FAILED}"]
    assert failed == found.failures.counts["hour-exceedance"] == found.failures.counts.total() >= 3
    first = found.failures.kept[0]
    assert (first.source_id, first.factor, first.asked) == ("outlet-2", "a21026", "HourFact")
    assert first.start_ms == Scenario(TWO).ms("08:00")
    assert first.error == "ZeroDivisionError: division by zero"
    assert "1 / 0" in first.trace


@pytest.mark.parametrize(("fetch", "restart_every"), [(1, 0), (100_000, 0), (7, 1), (50, 3)])
def test_state_after_a_failure_does_not_depend_on_cuts(
    monkeypatch: pytest.MonkeyPatch, fetch: int, restart_every: int
) -> None:
    """Other fetches and restarts anywhere give the same leads and the same count."""
    rules = broken("hour-exceedance", source_id="outlet-2")
    plain = played(monkeypatch, rules, TWO)
    found = played(monkeypatch, rules, TWO, fetch=fetch, restart_every=restart_every)
    assert found.told() == plain.told()
    assert (found.outcomes, found.failures.counts) == (plain.outcomes, plain.failures.counts)


@pytest.mark.parametrize("rule_id", sorted(FIRING))
def test_whatever_rule_raises_nobody_else_stops(monkeypatch: pytest.MonkeyPatch, rule_id: str) -> None:
    """Each rule of the catalogue at its own firing example: counted, and only its own leads are missing."""
    case = CASES[FIRING[rule_id]]
    compares = any(fact in catalogue().entries[rule_id].rule.facts for fact in TOGETHER_FACTS)
    found = played(monkeypatch, broken(rule_id, "compare" if compares else "judge"), case)
    assert found.failures.counts[rule_id] >= 1
    assert not [lead for lead in found.leads if lead.rule_id == rule_id]
    if not compares:
        assert found.outcomes[f"{rule_id}/{FAILED}"] == found.failures.counts[rule_id]


def test_a_screen_that_raises_hides_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every source is judged by itself then."""
    rule_id = "level-shift"
    case = CASES[FIRING[rule_id]]
    plain, found = Scenario(case).run(), played(monkeypatch, broken(rule_id, "screen"), case)
    assert found.told() == plain.told()
    assert found.failures.counts[rule_id] >= 1


def test_an_open_episode_ends_when_its_rule_fails_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not left open for ever: hours that nobody could judge count as unjudged, and the end says why."""
    hours = {"readings": {"period": "hour", "from": "08:00", "to": "19:00", "every": 3600, "delay": 3660,
                          "values": {"a21026": 70}}}  # fmt: skip
    case = TWO | {"stream": [{"ticks": {"from": "08:00", "to": "21:00"}}, hours]}
    own = catalogue().entries["hour-exceedance"]

    class FromTen(Raising):
        """Good until ten."""

        def __getattr__(self, name: str) -> Any:
            found = getattr(self._rule, name)

            def asked(fact: Any, site: Any) -> Any:
                return found(fact, site) if fact.start_ms < Scenario(case).ms("10:00") else 1 / 0

            return asked if name == "judge" else found

    entries = catalogue().entries | {own.id: msgspec.structs.replace(own, rule=FromTen(own.rule, ""))}
    found = played(monkeypatch, Catalogue(entries), case)
    last = [lead for lead in found.leads if lead.rule_id == own.id][-1]
    assert "(failed)" in last.summary.en
    assert "规则出错" in last.summary.zh


async def test_a_lead_that_can_not_be_worded_costs_no_other_lead() -> None:
    """The changes of the others go out; the count, the log and the API say what is missing."""
    changes = [change for change in _changes(TWO) if change.episode.rule_id in ("hour-exceedance", "data-dropout")]
    lost = [change for change in changes if change.episode.rule_id == "data-dropout"]
    held, publisher = CollectorRegistry(), FakePublisher({})
    failures = RuleFailures(AlertsMetrics(held))
    teller = Teller(broken("data-dropout", "summary"), publisher, AlertsMetrics(CollectorRegistry()), failures)
    with structlog.testing.capture_logs() as logs:
        assert await teller.tell(changes) == len(changes) - len(lost)
    assert len(publisher.records(LEADS)) == len(changes) - len(lost)
    assert held.get_sample_value("lantian_alerts_rule_failures_total", {"rule": "data-dropout"}) == len(lost)
    told = [one for one in logs if one["event"] == "rule failed"]
    assert len(told) == len({change.found_ms // 3_600_000 for change in lost})
    assert (told[0]["rule"], told[0]["source"]) == ("data-dropout", lost[0].episode.source_id)
    assert "ZeroDivisionError" in told[0]["traceback"]
    assert told[0]["hour"].startswith("2026-11-10")
    api = create_app(catalogue(), Registry(), Outcomes(), APIRouter(), failures=failures.of_rule)
    async with AsyncClient(transport=ASGITransport(app=api), base_url="http://alerts") as client:
        listed = {one["id"]: one["failures"] for one in (await client.get("/v1/rules")).json()}
        own = (await client.get("/v1/rules/data-dropout")).json()["failures"]
    assert listed["data-dropout"] == {"times": len(lost)}
    assert listed["hour-exceedance"] == {"times": 0}
    assert [one["source_id"] for one in own["newest"]] == [change.episode.source_id for change in lost]
    assert own["newest"][0]["error"].startswith("ZeroDivisionError")


def _changes(case: dict[str, Any]) -> list[Any]:
    played = Scenario(case)
    engine = Engine(catalogue(), played.registry())
    return [change for offset, columns in played.stream() for change in engine.step(offset, columns)]


def test_once_a_rule_and_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log has the first of each hour of the stream, the counter has all."""
    failures = RuleFailures(AlertsMetrics(CollectorRegistry()))
    played_case = Scenario(TWO)
    engine = Engine(broken("hour-exceedance"), played_case.registry(), guard=failures.guard)
    with structlog.testing.capture_logs() as logs:
        for offset, columns in played_case.stream():
            engine.step(offset, columns)
            failures.collect()
    hours = [one["hour"] for one in logs if one["event"] == "rule failed"]
    assert len(hours) == len(set(hours)) >= 3
    assert failures.of_rule("hour-exceedance").times > len(hours)


def test_detect_says_so_and_ends_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One clear line on stderr, the findings of the others on stdout, status 3."""
    chosen = catalogues.chosen([])
    rules = msgspec.structs.replace(chosen.catalogue, entries=broken("hour-exceedance").entries)
    monkeypatch.setattr(catalogues, "chosen", lambda words: chosen._replace(catalogue=rules))
    registry = {"sources": [{"id": "o", "feeds": [{"sends_hours": True}],
                             "limits": [{"factor": "a21026", "value": 35, "clause": "permit"}]}]}  # fmt: skip
    (tmp_path / "R.json").write_text(json.dumps(registry), "utf-8")
    rows = [f"2025-11-10T{hour:02}:00:00+08:00,o,a21026,avg,hour,70,N," for hour in (8, 9, 18)]
    data = "\n".join(["time,source,factor,stat,period,value,flag,received", *rows]).encode()
    out = io.StringIO()
    status = command.main(["--registry", str(tmp_path / "R.json")], io.BufferedReader(io.BytesIO(data)), out)
    said = [line for line in capsys.readouterr().err.splitlines() if "failed" in line]
    assert status == 3
    assert len(said) == 1
    assert said[0].startswith("rule hour-exceedance v")
    assert "failed 3 times, first at o a21026, 2025-11-10 08:00 (HourFact): ZeroDivisionError" in said[0]
    assert [json.loads(line)["rule"] for line in out.getvalue().splitlines()] == ["data-dropout"]


def test_statements_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule over statements raises: the other rules over them are asked all the same."""
    case = CASES[FIRING["parameter-change"]]
    assert len(catalogue().reading(StatementFact)) > 1
    plain, found = Scenario(case).run(), played(monkeypatch, broken("parameter-change"), case)
    others = {key: number for key, number in plain.outcomes.items() if not key.startswith("parameter-change")}
    assert {key: number for key, number in found.outcomes.items() if not key.startswith("parameter-change")} == others
    assert found.failures.counts["parameter-change"] >= 1
