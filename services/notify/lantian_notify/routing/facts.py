"""What routing, silences and messages know of an event: a small, plain form of it. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

from lantian_proto.v1.issue_event_pb2 import IssueEvent

LONGEST_TEXT = 2000
RECTIFYING = frozenset({"assigned", "plan-submitted", "plan-approved", "rectifying"})
"""States in which a due date still means something; a reminder has that of its own clock."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One event as people are told of it; also what a grouped message keeps of each of its events. Times in ms.

    `step_to` and `step_cc` are the levels that a reminder or an escalation is addressed to: unit, city, province or
    ministry.
    """

    event_id: str
    kind: str
    issue_id: str
    number: str
    path: str
    lead_id: str
    division_code: str
    enterprise_id: str
    enterprise_name: str
    source_id: str
    source_name: str
    rule_id: str
    factor: str
    severity: int
    retrospective: bool
    title: str
    summary: str
    legal_basis: str
    runbook: str
    from_state: str
    to_state: str
    reason: str
    start_ms: int
    end_ms: int
    at_ms: int
    received_ms: int
    move: str = ""
    unit: str = ""
    person: str = ""
    due_ms: int = 0
    step_to: str = ""
    step_cc: str = ""

    @property
    def urgency(self) -> int:
        """Orders what waits: the severity, and 0 for history."""
        return 0 if self.retrospective else self.severity

    def stored(self) -> dict[str, Any]:
        """Plain values for the store."""
        return asdict(self)


def facts_of(event: IssueEvent, enterprise_id: str = "") -> Facts:
    """The facts of an event; `enterprise_id` comes from the registry. Texts are cut at 2,000 characters."""
    lead = event.lead
    received = [reading.received_ms for reading in lead.evidence.readings]
    return Facts(
        event_id=event.event_id,
        kind=event.kind,
        issue_id=event.issue_id,
        number=event.number,
        path=event.path,
        lead_id=lead.lead_id,
        division_code=event.division_code,
        enterprise_id=enterprise_id,
        enterprise_name=event.enterprise_name[:LONGEST_TEXT],
        source_id=lead.source_id,
        source_name=event.source_name[:LONGEST_TEXT],
        rule_id=lead.rule_id,
        factor=lead.factor,
        severity=lead.severity,
        retrospective=lead.retrospective,
        title=(event.step.title or lead.title.zh)[:LONGEST_TEXT],  # of a reminder: which step of which clock
        summary=lead.summary.zh[:LONGEST_TEXT],
        legal_basis=lead.legal_basis.zh[:LONGEST_TEXT],
        runbook=lead.runbook.zh[:LONGEST_TEXT],
        from_state=event.from_state,
        to_state=event.to_state,
        reason=event.reason[:LONGEST_TEXT],
        start_ms=lead.start_ms,
        end_ms=lead.end_ms,
        at_ms=event.at_ms,
        received_ms=0 if lead.retrospective else max(received, default=0),
        move=event.move,
        unit=event.unit[:LONGEST_TEXT],
        person=event.person[:LONGEST_TEXT],
        step_to=event.step.to,
        step_cc=event.step.cc,
        due_ms=event.step.due_ms or (event.due_ms if event.to_state in RECTIFYING else 0),
    )
