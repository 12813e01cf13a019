"""What of task-events.v1 people are told: pushed leads and their clocks, letters, pending changes, broken glass, rounds
that do not start. Pure.

Such an event takes the way of an issue event. Of the rest of a lead's way, and of rounds, people hear by the issues
that leads become.
"""

from google.protobuf.message import DecodeError

from lantian_kit.worker import InvalidRecord
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import Lead, Text
from lantian_proto.v1.task_event_pb2 import TaskEvent

PUSHED = "lead-pushed"
PUSHES = frozenset({"push", "dispatch"})
"""Moves by which a lead reaches the teams of its city; from then on its clock of receipt runs."""
BY_CLOCK = frozenset({"reminded", "escalated"})
ONLINE = "online-reminder"
"""A lead whose visit the positive list suppresses: its enterprise is told, nobody comes."""
SEVERITY = {"letter-sent": 3, "change-proposed": 3, "glass-broken": 4, "start-failed": 3}
"""Kinds that are told, and how grave they are; 4 waits for no others to be grouped with."""


def told_of(value: bytes | None) -> IssueEvent | None:
    """The event to be told, None for one that nobody is told of. Raises InvalidRecord with `undecodable`."""
    event = TaskEvent()
    try:
        event.ParseFromString(value or b"")
    except DecodeError as error:
        raise InvalidRecord("undecodable", f"no TaskEvent: {error}") from error
    if event.subject_kind == "lead":
        return _of_lead(event)
    severity = SEVERITY.get(event.kind)
    if severity is None:
        return None
    if event.subject_kind == "round":
        said = Text(zh=event.reason)
        told = _told(event, event.kind, Lead(severity=severity, title=said, summary=said))
        told.path = event.path
        return told
    who = f"{event.actor.organisation} {event.actor.actor_id}".strip()
    return _told(event, event.kind, Lead(severity=severity, title=Text(zh=who), summary=Text(zh=event.reason)))


def _of_lead(event: TaskEvent) -> IssueEvent | None:
    kind = PUSHED if event.move in PUSHES else event.kind
    if kind not in (PUSHED, ONLINE) and kind not in BY_CLOCK:
        return None
    told = _told(event, kind, event.lead)
    told.enterprise_name, told.path = event.enterprise_name, event.path
    if event.HasField("step"):
        told.step.CopyFrom(event.step)
    return told


def _told(event: TaskEvent, kind: str, lead: Lead) -> IssueEvent:
    return IssueEvent(
        event_id=event.event_id,
        issue_id=event.subject_id,
        sequence=event.sequence,
        kind=kind,
        from_state=event.from_state,
        to_state=event.to_state,
        actor=event.actor,
        reason=event.reason,
        at_ms=event.at_ms,
        hash=event.hash,
        lead=lead,
        division_code=event.division_code,
        move=event.move,
    )
