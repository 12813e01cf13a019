"""An issue as a document of the store, and back. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from lantian_tasks.ledger.issue import (
    SCHEMA,
    Frame,
    Head,
    Issue,
    Outgoing,
    Place,
    Pointer,
    Request,
    Standing,
    State,
    Step,
    Urgency,
)

Document = dict[str, Any]

UNCOPIED = "uncopied"
"""Stands in a document, from 1, until ledger.v1 has it as it is."""
ANEW: Document = {"$inc": {UNCOPIED: 1}}
"""Part of every update that changes what ledger.v1 keeps."""
_NESTED = ("issue_id", "place", "standing")
HEAD_KEYS = (
    *(f.name for f in fields(Head) if f.name not in _NESTED),
    *(f.name for part in (Place, Standing) for f in fields(part)),
)
"""Keys a list needs; the rest of a document is heavy."""


def head_document(head: Head) -> Document:
    """The head, flat, under `_id` and its own names."""
    document = asdict(head)
    place = document.pop("place")
    del document["standing"]
    return {"_id": document.pop("issue_id"), **document, **place, **standing_document(head.standing)}


def standing_document(standing: Standing) -> Document:
    """The standing, flat."""
    return {"schema": SCHEMA, **asdict(standing), "flags": list(standing.flags)}


def head_of(document: Mapping[str, Any]) -> Head:
    """The head of a document or of its projection on HEAD_KEYS; one of schema 1 has no standing yet."""
    values = {field.name: document[field.name] for field in fields(Head) if field.name not in _NESTED}
    place = Place(**{field.name: document[field.name] for field in fields(Place)})
    kept = {field.name: document[field.name] for field in fields(Standing) if field.name in document}
    standing = Standing(**{**kept, "flags": tuple(kept.get("flags", ()))})
    values |= {"state": State(values["state"]), "urgency": Urgency(values["urgency"])}
    return Head(issue_id=document["_id"], place=place, standing=standing, **values)


def frame_document(frame: Frame) -> Document:
    """A frame, its bytes unchanged."""
    return asdict(frame)


def frame_of(document: Mapping[str, Any]) -> Frame:
    """The frame of a document."""
    return Frame(**{**document, "pointer": Pointer(**document["pointer"]), "data": bytes(document["data"])})


def outgoing_of(document: Mapping[str, Any]) -> Outgoing:
    """An event of an outbox."""
    return Outgoing(**{**document, "event": bytes(document["event"])})


def issue_document(issue: Issue) -> Document:
    """The whole document."""
    return {
        **head_document(issue.head),
        "fence": 0,
        "lease_ms": 0,
        UNCOPIED: 1,
        "audit_ms": issue.head.changed_ms,
        "lead": issue.lead,
        "frames": [frame_document(frame) for frame in issue.frames],
        "history": [dict(entry) for entry in issue.history],
        "outbox": [asdict(event) for event in issue.outbox],
        "requests": [asdict(request) for request in issue.requests],
    }


def issue_of(document: Mapping[str, Any]) -> Issue:
    """The issue of a whole document."""
    return Issue(
        head=head_of(document),
        lead=bytes(document["lead"]),
        frames=tuple(frame_of(frame) for frame in document["frames"]),
        history=tuple(document["history"]),
        outbox=tuple(outgoing_of(event) for event in document["outbox"]),
        requests=tuple(Request(**request) for request in document["requests"]),
    )


def step_update(step: Step) -> Document:
    """A step as one update: the head set, the new rows pushed. Rows that were published meanwhile stay gone."""
    values = {**head_document(step.issue.head), "audit_ms": step.issue.head.changed_ms}
    del values["_id"]
    if step.evidence_changed:
        values["lead"] = step.issue.lead
        values["frames"] = [frame_document(frame) for frame in step.issue.frames]
    pushed = {
        "history": [dict(entry) for entry in step.entries],
        "outbox": [asdict(event) for event in step.outgoing],
        "requests": [asdict(request) for request in step.requests],
    }
    return {"$set": values, "$push": {name: {"$each": rows} for name, rows in pushed.items() if rows}, **ANEW}
