"""Outcomes of inspection: which event is a verdict, which verdict counts, and the interval of a share."""

import httpx
import pytest
from fastapi import APIRouter
from prometheus_client import CollectorRegistry, generate_latest

from lantian_alerts.api import create_app
from lantian_alerts.core.registry import Registry
from lantian_alerts.detect import catalogues, registry_file
from lantian_alerts.outcomes.collector import OutcomeCollector
from lantian_alerts.outcomes.verdicts import Outcomes, city_of, wilson
from lantian_proto.v1.issue_event_pb2 import Actor, IssueEvent
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.task_event_pb2 import TaskEvent

RULE = "hour-exceedance"


def lead(number: int) -> Lead:
    """A lead of the rule."""
    return Lead(lead_id=f"lead-{number}", rule_id=RULE, rule_version=2)


def told(
    number: int, state: str, at: int = 1, *, move: str = "confirm", role: str = "city-team", reason: str = ""
) -> bytes:
    """An event of a lead before it is an issue."""
    event = TaskEvent(subject_kind="lead", from_state="inspecting", to_state=state, at_ms=at, move=move, reason=reason)
    event.lead.CopyFrom(lead(number))
    event.actor.CopyFrom(Actor(actor_id="a", role=role))
    event.division_code = "130203"
    return event.SerializeToString()


def issue(number: int, state: str, at: int = 1, *, role: str = "city-office") -> bytes:
    """An event of an issue."""
    event = IssueEvent(kind="moved", from_state="x", to_state=state, at_ms=at, division_code="110105", reason="why")
    event.lead.CopyFrom(lead(number))
    event.actor.CopyFrom(Actor(actor_id="a", role=role))
    return event.SerializeToString()


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson(right: int, judged: int, low: float, high: float) -> None:
    """Published values; 81 of 263 is the example of Newcombe (1998), table I."""
    assert wilson(right, judged) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing() -> None:
    """No trial, no interval; impossible counts are refused."""
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="3 of 2"):
        wilson(3, 2)


def test_verdicts() -> None:
    """Confirmed and partly are right, unfounded is wrong; by city, version and reason; repeats change nothing."""
    outcomes = Outcomes()
    for _ in range(2):
        outcomes.take_task_event("lead/1", told(1, "confirmed"))
        outcomes.take_task_event("lead/2", told(2, "partly"))
        outcomes.take_task_event("lead/3", told(3, "unfounded", move="call-unfounded", reason="calibrated"))
    found = outcomes.of_rule(RULE)
    assert (found.judged, found.confirmed, found.partly, found.unfounded) == (3, 1, 1, 1)
    assert found.share == pytest.approx(2 / 3)
    assert outcomes.unfounded_reasons(RULE) == [("calibrated", 1)]
    assert list(outcomes.cities(RULE)) == ["130200"]
    assert list(outcomes.versions(RULE)) == [2]
    assert outcomes.of_rule(RULE, version=1).share is None


def test_the_last_word_counts_in_any_order() -> None:
    """Unfounded, overturned by a higher office: confirmed, whichever event comes first."""
    first, last = told(1, "unfounded", 1, move="call-unfounded"), told(1, "confirmed", 2, move="overturn")
    for events in ((first, last), (last, first)):
        outcomes = Outcomes()
        for event in events:
            outcomes.take_task_event("lead/1", event)
        assert outcomes.of_rule(RULE).confirmed == 1


def test_passing_by_policy_is_nobodys_judgement() -> None:
    """What the system does says nothing about the rule."""
    outcomes = Outcomes()
    outcomes.take_task_event("lead/1", told(1, "confirmed", move="pass", role="system"))
    outcomes.take_issue_event("i", issue(2, "rectifying", role="system"))
    outcomes.take_issue_event("i", issue(2, "assigned"))
    assert outcomes.of_rule(RULE).judged == 0


def test_issues_without_an_inspection() -> None:
    """Rectifying confirms, voiding refutes; an inspection outranks both."""
    outcomes = Outcomes()
    outcomes.take_issue_event("i", issue(1, "rectifying"))
    outcomes.take_issue_event("i", issue(2, "voided"))
    assert (outcomes.of_rule(RULE).confirmed, outcomes.of_rule(RULE).unfounded) == (1, 1)
    outcomes.take_task_event("lead/2", told(2, "confirmed", 0))
    assert outcomes.of_rule(RULE).unfounded == 0
    assert set(outcomes.cities(RULE)) == {"110000", "130200"}


@pytest.mark.parametrize("value", [None, b"\xff\xff"])
def test_no_event(value: bytes | None) -> None:
    """A ValueError, which the table makes a dead letter."""
    for take in (Outcomes().take_task_event, Outcomes().take_issue_event):
        with pytest.raises(ValueError, match=r"empty|no event"):
            take("k", value)


@pytest.mark.parametrize(
    ("division", "city"), [("130203", "130200"), ("110105", "110000"), ("1302", "130200"), ("", "")]
)
def test_city(division: str, city: str) -> None:
    """Counties follow their city, districts their municipality."""
    assert city_of(division) == city


def test_metrics() -> None:
    """Counts by rule, city and verdict, and the share with its bounds; nothing before the first verdict."""
    outcomes, registry = Outcomes(), CollectorRegistry()
    OutcomeCollector(outcomes, registry)
    assert b"lantian_rule_outcomes{" not in generate_latest(registry)
    outcomes.take_task_event("lead/1", told(1, "confirmed"))
    text = generate_latest(registry).decode()
    assert 'lantian_rule_outcomes{city="130200",rule="hour-exceedance",verdict="confirmed"} 1.0' in text
    assert 'lantian_rule_precision_ratio{bound="share",rule="hour-exceedance"} 1.0' in text
    assert 'bound="low"' in text


async def test_api() -> None:
    """Rules with their precision, one rule in detail, limits explained, and problems as RFC 9457."""
    outcomes = Outcomes()
    outcomes.take_task_event("lead/1", told(1, "confirmed"))
    file = '{"sources": [{"id": "o", "limits": [{"factor": "a21026", "value": 30}]}]}'
    registry: Registry = registry_file.registry_of(registry_file.parse(file))
    app = create_app(catalogues.shipped(), registry, outcomes, APIRouter())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://alerts") as client:
        rules = (await client.get("/v1/rules")).json()
        assert {rule["id"]: rule["precision"]["judged"] for rule in rules}[RULE] == 1
        one = (await client.get(f"/v1/rules/{RULE}")).json()
        assert one["cities"]["130200"]["confirmed"] == 1
        assert one["parameters"]["high_hours"] == 3
        missing = await client.get("/v1/rules/nothing")
        assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
        limits = (await client.get("/v1/limits", params={"source": "o", "at_ms": 1_762_732_800_000})).json()
        assert limits["factors"][0]["averages"]["hour"]["effective"]["value"] == 30
        for query, status in (("source=p", 404), ("source=o&factor=zz", 422)):
            answer = await client.get(f"/v1/limits?at_ms=0&{query}")
            assert answer.status_code == status
