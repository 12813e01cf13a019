"""An entry of a history as the event that leaves through the outbox. Pure."""

from lantian_proto.events import PROTOBUF, Headers, content_id, headers
from lantian_proto.v1.issue_event_pb2 import Actor, ClockStep, IssueEvent
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import Head, Outgoing

EVENT_TYPE = "cn.lantian.issue-event.v1"
EVENT_SOURCE = "/tasks"


def path_of(issue_id: str) -> str:
    """Path of an issue in the API."""
    return f"/v1/issues/{issue_id}"


def step_of(entry: SealedEntry) -> ClockStep | None:
    """Of a reminder or an escalation: which clock, how far, to whom."""
    if entry["move"] not in ("remind", "escalate"):
        return None
    names = ("clock", "step", "title", "due_ms", "for_ms", "to", "cc")
    return ClockStep(**{name: entry["fields"][name] for name in names if name in entry["fields"]})


def outgoing(head: Head, lead: bytes, entry: SealedEntry) -> Outgoing:
    """The event of `entry`; `head` and `lead` are the issue's after it. Same entry, same bytes, same id."""
    event_id = content_id("issue-event", head.issue_id, str(entry["sequence"]))
    event = IssueEvent(
        event_id=event_id,
        issue_id=head.issue_id,
        number=head.number,
        sequence=entry["sequence"],
        kind=entry["kind"],
        from_state=entry["from_state"],
        to_state=entry["to_state"],
        actor=Actor(**entry["actor"]),
        reason=entry["reason"],
        at_ms=entry["at_ms"],
        previous_hash=entry["previous_hash"],
        hash=entry["hash"],
        lead=Lead.FromString(lead),
        enterprise_name=head.place.enterprise_name,
        source_name=head.place.source_name,
        division_code=head.place.division_code,
        path=path_of(head.issue_id),
        move=entry["move"],
        unit=head.standing.unit,
        person=head.standing.person,
        due_ms=head.standing.due_ms,
        step=step_of(entry),
        category=head.standing.category,
    )
    return Outgoing(
        sequence=entry["sequence"],
        event_id=event_id,
        kind=entry["kind"],
        at_ms=entry["at_ms"],
        event=event.SerializeToString(deterministic=True),
    )


def event_headers(waiting: Outgoing) -> Headers:
    """CloudEvents headers of the record."""
    return headers(EVENT_TYPE, waiting.event_id, EVENT_SOURCE, waiting.at_ms, PROTOBUF, kind=waiting.kind)
