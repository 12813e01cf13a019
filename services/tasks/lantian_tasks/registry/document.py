"""A registry record as a document of the store, and back. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lantian_tasks.ledger.document import ANEW, UNCOPIED
from lantian_tasks.registry.record import Belongs, Kind, Record, Validity

Document = dict[str, Any]


def record_document(record: Record) -> Document:
    """The whole document. `waiting_ms` stands in it only while the last change waits for its topic."""
    return {
        "_id": record.key,
        "kind": record.kind,
        "id": record.id,
        "rev": record.rev,
        "entity": dict(record.entity),
        "valid_from_ms": record.validity.from_ms,
        "valid_to_ms": record.validity.to_ms,
        "voided": record.voided,
        "changed_ms": record.changed_ms,
        "changed_by": record.changed_by,
        **asdict(record.belongs),
        "history": [dict(entry) for entry in record.history],
        "waiting_ms": record.changed_ms,
        "audit_ms": record.changed_ms,
        UNCOPIED: 1,
    }


def record_update(record: Record) -> Document:
    """The last revision of a record as one update on the one before."""
    values = record_document(record)
    del values["_id"], values["history"], values[UNCOPIED]
    return {"$set": values, "$push": {"history": dict(record.history[-1])}, **ANEW}


def record_of(document: Mapping[str, Any]) -> Record:
    """The record of a document."""
    return Record(
        kind=Kind(document["kind"]),
        id=document["id"],
        rev=document["rev"],
        entity=document["entity"],
        validity=Validity(document["valid_from_ms"], document["valid_to_ms"]),
        voided=document["voided"],
        changed_ms=document["changed_ms"],
        changed_by=document["changed_by"],
        belongs=Belongs(document["source_id"], document["enterprise_id"], document["division_code"]),
        history=tuple(document["history"]),
    )
