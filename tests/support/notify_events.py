"""Issue events, teams and deliveries for the tests of notify."""

from typing import Any

from lantian_notify.deliveries.delivery import Delivery
from lantian_notify.deliveries.schedule import deadline_ms
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import Evidence, EvidenceReading, FramePointer, Lead, LimitInForce, Text
from lantian_proto.v1.registry_pb2 import RegistryChange, Team

NOW_MS = 1_700_000_000_000


def an_event(**changes: Any) -> IssueEvent:
    """A registered issue in Tangshan's Lubei district: SO2 over its hour limit."""
    lead = Lead(
        lead_id="lead-1",
        rule_id="hour-exceedance",
        rule_version=1,
        source_id="src-1",
        factor="a21026",
        episode="a21026@1699995600000",
        severity=3,
        score=2.5,
        start_ms=NOW_MS - 3_600_000,
        end_ms=NOW_MS,
        detected_ms=NOW_MS - 1000,
        title=Text(zh="小时均值超标", en="Hour mean over the limit"),
        summary=Text(zh="二氧化硫小时均值 52.1 超过限值 35 mg/m³", en="SO2 hour mean 52.1 over the limit 35 mg/m³"),
        legal_basis=Text(zh="大气污染防治法第十八条", en="Air Pollution Law, article 18"),
        evidence=Evidence(
            readings=[
                EvidenceReading(
                    factor="a21026",
                    stat="zs-avg",
                    period="hour",
                    time_ms=NOW_MS - 3_600_000,
                    value=52.1,
                    flag="N",
                    received_ms=NOW_MS - 2000,
                )
            ],
            frames=[FramePointer(topic="raw-frames.v1", partition=3, offset=99)],
            limit=LimitInForce(limit_id="lim-1", value=35.0, reference_oxygen_percent=16.0, basis="ultra-low"),
            inputs={"mean": 52.1, "limit": 35.0},
        ),
    )
    event = IssueEvent(
        event_id="event-1",
        issue_id="issue-1",
        number="130200-2026-000001",
        sequence=1,
        kind="registered",
        to_state="registered",
        at_ms=NOW_MS,
        lead=lead,
        enterprise_name="唐山示例钢铁有限公司",
        source_name="1号烧结机头排口",
        division_code="130203",
        path="/v1/issues/issue-1",
    )
    for name, value in changes.items():
        setattr(event, name, value)
    return event


def a_change(team_id: str = "team-1", revision: int = 1, **changes: Any) -> bytes:
    """A record of registry.v1 about a team; `valid_from_ms`, `valid_to_ms` and `voided` go to the change."""
    outer = {name: changes.pop(name) for name in ("valid_from_ms", "valid_to_ms", "voided") if name in changes}
    values = {
        "name": "唐山市执法支队",
        "division_code": "1302",
        "webhook_url": "https://team.example/hook",
        "webhook_secret_name": "team-1",
        **changes,
    }
    team = Team(team_id=team_id, **values)
    return RegistryChange(kind="team", id=team_id, revision=revision, team=team, **outer).SerializeToString()


def a_delivery(delivery_id: str = "msg_1", **changes: Any) -> Delivery:
    """A delivery due at NOW_MS."""
    values: dict[str, Any] = {
        "delivery_id": delivery_id,
        "state": "pending",
        "endpoint_id": "webhook:team-1",
        "channel": "webhook",
        "team_id": "team-1",
        "address": "https://team.example/hook",
        "secret_name": "team-1",
        "event_id": "event-1",
        "kind": "registered",
        "issue_id": "issue-1",
        "number": "130200-2026-000001",
        "lead_id": "lead-1",
        "urgency": 3,
        "body": b'{"type":"issue.registered"}',
        "happened_ms": NOW_MS,
        "received_ms": 0,
        "created_ms": NOW_MS,
        "deadline_ms": deadline_ms(NOW_MS),
        "next_at_ms": NOW_MS,
    }
    return Delivery(**{**values, **changes})
