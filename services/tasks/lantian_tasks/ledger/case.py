"""A lead or a round on its way: one document with state, hash-chained history and outbox, like an issue. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lantian_proto.events import PROTOBUF, Headers, content_id, headers
from lantian_proto.v1.issue_event_pb2 import Actor
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.task_event_pb2 import TaskEvent
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.document import ANEW, UNCOPIED, frame_document, frame_of, outgoing_of
from lantian_tasks.ledger.events import EVENT_SOURCE, step_of
from lantian_tasks.ledger.history import Entry, SealedEntry, digest, seal
from lantian_tasks.ledger.issue import Frame, Outgoing, Request
from lantian_tasks.ledger.machine import Command, Move, Refused, decide

EVENT_TYPE = "cn.lantian.task-event.v1"
SCHEMA = 1
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """`case_id` is kind/id. `keys` are what lists filter by, `data` the rest, both plain JSON; `blob` is the lead."""

    case_id: str
    rev: int
    state: str
    keys: Mapping[str, Any]
    data: Mapping[str, Any]
    created_ms: int
    changed_ms: int
    blob: bytes = b""
    timer_ms: int = 0
    frames: tuple[Frame, ...] = ()
    history: tuple[SealedEntry, ...] = ()
    outbox: tuple[Outgoing, ...] = ()
    requests: tuple[Request, ...] = ()

    @property
    def kind(self) -> str:
        """lead or round."""
        return self.case_id.partition("/")[0]

    @property
    def id(self) -> str:
        """Id within its kind."""
        return self.case_id.partition("/")[2]

    @property
    def gravity(self) -> int:
        """Severity."""
        return int(self.keys.get("severity", 1))

    @property
    def category(self) -> str:
        """Category of the problem."""
        return str(self.keys.get("category", "other"))

    @property
    def is_child(self) -> bool:
        """Leads and rounds do not come back."""
        return False

    @property
    def by_ministry(self) -> bool:
        """Whether the ministry pushed it."""
        return bool(self.data.get("by_ministry", False))


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One atomic write: the case as it is afterwards, and what of it is new. `case.rev` counts entries."""

    case: Case
    entries: tuple[SealedEntry, ...]
    outgoing: tuple[Outgoing, ...]
    requests: tuple[Request, ...] = ()
    blob_changed: bool = False


NextTimer = Callable[[Case, Facts], int]
"""When something happens to the case by itself; 0: never."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of case follows."""

    moves: Mapping[str, Move]
    timer: NextTimer
    effects: Mapping[str, Callable[[Case, Entry], Case]] = field(default_factory=dict)
    """What a move changes in keys and data, by its name."""


def write(case: Case, entry: Entry, kind: Kind, facts: Facts, request: Request | None = None) -> CaseStep:
    """Seals `entry` as the next of the case and puts its event into the outbox."""
    if entry.move in kind.effects:
        case = kind.effects[entry.move](case, entry)
    sealed = seal(case.case_id, case.history, entry)
    after = replace(
        case, rev=case.rev + 1, state=entry.to_state, changed_ms=entry.at_ms, history=(*case.history, sealed)
    )
    after = replace(after, timer_ms=kind.timer(after, facts))
    event = event_of(after, sealed)
    requests = (request,) if request else ()
    after = replace(after, outbox=(*after.outbox, event), requests=(*after.requests, *requests))
    return CaseStep(after, (sealed,), (event,), requests)


def fingerprint(command: Command) -> str:
    """Of what makes two requests the same."""
    return digest(command.asked())


def act(
    case: Case, command: Command, key: str, kind: Kind, facts: Facts, *, asked: Command | None = None
) -> CaseStep | Refused:
    """The write that a command leads to, remembered under its Idempotency-Key unless that is empty.

    `asked` is the command as it came, where the service has filled in more.
    """
    entry = decide(kind.moves, case, command, facts)
    if isinstance(entry, Refused):
        return entry
    rev = case.rev + 1
    request = Request(key, command.actor.actor_id, fingerprint(asked or command), rev, rev) if key else None
    return write(case, entry, kind, facts, request)


def joined(first: CaseStep, second: CaseStep) -> CaseStep:
    """Two steps as one write; `second` was decided on what `first` leads to."""
    return CaseStep(
        second.case,
        first.entries + second.entries,
        first.outgoing + second.outgoing,
        first.requests + second.requests,
        first.blob_changed or second.blob_changed,
    )


def event_of(case: Case, entry: SealedEntry) -> Outgoing:
    """The event of an entry: same entry, same bytes, same id."""
    event_id = content_id("task-event", case.case_id, str(entry["sequence"]))
    event = TaskEvent(
        event_id=event_id,
        subject_id=case.case_id,
        subject_kind=case.kind,
        sequence=entry["sequence"],
        kind=entry["kind"],
        move=entry["move"],
        from_state=entry["from_state"],
        to_state=entry["to_state"],
        actor=Actor(**entry["actor"]),
        reason=entry["reason"],
        at_ms=entry["at_ms"],
        hash=entry["hash"],
        division_code=str(case.keys.get("division_code", "")),
        round_id=str(case.keys.get("round_id", "")),
        enterprise_name=str(case.keys.get("enterprise_name", "")),
        lead=Lead.FromString(case.blob) if case.blob else None,
        step=step_of(entry),
        path=f"/v1/{case.kind}s/{case.id}",
    )
    data = event.SerializeToString(deterministic=True)
    return Outgoing(entry["sequence"], event_id, entry["kind"], entry["at_ms"], data)


def event_headers(waiting: Outgoing) -> Headers:
    """CloudEvents headers of the record."""
    return headers(EVENT_TYPE, waiting.event_id, EVENT_SOURCE, waiting.at_ms, PROTOBUF, kind=waiting.kind)


def _head(case: Case) -> Document:
    return {
        "rev": case.rev,
        "state": case.state,
        "kind": case.kind,
        "keys": dict(case.keys),
        "data": dict(case.data),
        "changed_ms": case.changed_ms,
        "timer_ms": case.timer_ms,
        "audit_ms": case.changed_ms,
    }


def case_document(case: Case) -> Document:
    """The whole document."""
    return {
        "_id": case.case_id,
        "schema": SCHEMA,
        **_head(case),
        "created_ms": case.created_ms,
        "fence": 0,
        "lease_ms": 0,
        UNCOPIED: 1,
        "blob": case.blob,
        "frames": [frame_document(frame) for frame in case.frames],
        "history": [dict(entry) for entry in case.history],
        "outbox": [asdict(event) for event in case.outbox],
        "requests": [asdict(request) for request in case.requests],
    }


def case_of(document: Mapping[str, Any]) -> Case:
    """The case of a whole document, or of one without the heavy parts."""
    return Case(
        case_id=document["_id"],
        rev=document["rev"],
        state=document["state"],
        keys=document["keys"],
        data=document["data"],
        created_ms=document["created_ms"],
        changed_ms=document["changed_ms"],
        blob=bytes(document.get("blob", b"")),
        timer_ms=document["timer_ms"],
        frames=tuple(frame_of(frame) for frame in document.get("frames", ())),
        history=tuple(document.get("history", ())),
        outbox=tuple(outgoing_of(event) for event in document.get("outbox", ())),
        requests=tuple(Request(**request) for request in document.get("requests", ())),
    )


def case_update(step: CaseStep) -> Document:
    """A step as one update: the head set, the new rows pushed."""
    values = _head(step.case)
    if step.blob_changed:
        values |= {"blob": step.case.blob, "frames": [frame_document(frame) for frame in step.case.frames]}
    pushed = {
        "history": [dict(entry) for entry in step.entries],
        "outbox": [asdict(event) for event in step.outgoing],
        "requests": [asdict(request) for request in step.requests],
    }
    return {"$set": values, "$push": {name: {"$each": rows} for name, rows in pushed.items() if rows}, **ANEW}
