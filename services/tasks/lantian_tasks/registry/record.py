"""A registry entity with its revisions: what a change makes of it, and the message it leaves as. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lantian_proto.events import PROTOBUF, Headers, content_id, headers
from lantian_proto.v1.registry_pb2 import (
    DutyRoster,
    Enterprise,
    Feed,
    Item,
    Limit,
    Mark,
    RegistryChange,
    Response,
    RuleParameters,
    RuleReplay,
    Source,
    Suppression,
    Team,
)
from lantian_tasks.ledger.history import Actor, Entry, SealedEntry, digest, seal

EVENT_TYPE = "cn.lantian.registry-change.v1"
EVENT_SOURCE = "/tasks"
SECRETS = ("password_salt", "password_sha256")


class Kind(StrEnum):
    """Kinds of entities, in the order in which they refer to each other."""

    DIVISION = "division"
    ENTERPRISE = "enterprise"
    SOURCE = "source"
    FEED = "feed"
    LIMIT = "limit"
    MARK = "mark"
    SUPPRESSION = "suppression"
    RESPONSE = "response"
    RULE_REPLAY = "rule-replay"
    RULE_PARAMETERS = "rule-parameters"
    TEAM = "team"
    DUTY_ROSTER = "duty-roster"
    PROCESS = "process"
    DEVICE = "device"
    VEHICLE = "vehicle"
    MACHINE = "machine"
    CAMERA = "camera"
    BYPASS = "bypass"
    PERMIT = "permit"
    PERSON = "person"
    INSTRUMENT = "instrument"


ITEMS = (
    Kind.DIVISION,
    Kind.PROCESS,
    Kind.DEVICE,
    Kind.VEHICLE,
    Kind.MACHINE,
    Kind.CAMERA,
    Kind.BYPASS,
    Kind.PERMIT,
    Kind.PERSON,
    Kind.INSTRUMENT,
)
"""Kinds that travel as items: no service judges by them."""
MESSAGES: dict[Kind, type[Any]] = {
    Kind.ENTERPRISE: Enterprise,
    Kind.SOURCE: Source,
    Kind.FEED: Feed,
    Kind.LIMIT: Limit,
    Kind.MARK: Mark,
    Kind.SUPPRESSION: Suppression,
    Kind.RESPONSE: Response,
    Kind.RULE_REPLAY: RuleReplay,
    Kind.RULE_PARAMETERS: RuleParameters,
    Kind.TEAM: Team,
    Kind.DUTY_ROSTER: DutyRoster,
}


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a change holds, ms since 1970 UTC, end exclusive; 0 is always and open."""

    from_ms: int = 0
    to_ms: int = 0

    def overlaps(self, other: "Validity") -> bool:
        """Whether some instant lies in both."""
        return (not self.to_ms or self.to_ms > other.from_ms) and (not other.to_ms or other.to_ms > self.from_ms)


@dataclass(frozen=True, slots=True)
class Belongs:
    """What an entity hangs on; drives who may see it. Empty where it hangs on nothing."""

    source_id: str = ""
    enterprise_id: str = ""
    division_code: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One entity as it stands. `entity` holds the fields of its protobuf message without the id."""

    kind: Kind
    id: str
    rev: int
    entity: Mapping[str, Any]
    validity: Validity
    voided: bool
    changed_ms: int
    changed_by: str
    belongs: Belongs
    history: tuple[SealedEntry, ...]

    @property
    def key(self) -> str:
        """Key of the document and of the topic."""
        return key_of(self.kind, self.id)


def key_of(kind: Kind, id_: str) -> str:
    """kind/id."""
    return f"{kind}/{id_}"


def change(
    before: Record | None,
    kind: Kind,
    id_: str,
    entity: Mapping[str, Any],
    validity: Validity,
    belongs: Belongs,
    *,
    actor: Actor,
    at_ms: int,
    reason: str = "",
    key: str = "",
    more: Mapping[str, Any] | None = None,
) -> Record | None:
    """The record with this content as its next revision, or None when nothing differs. Brings a voided one back.

    `more` are fields that its entry seals besides the content.
    """
    if before and not before.voided and before.entity == entity and before.validity == validity:
        return None
    return _next(
        before, kind, id_, entity, validity, belongs, actor, at_ms, reason, voided=False, key=key, more=more or {}
    )


def void(before: Record, *, actor: Actor, at_ms: int, reason: str, key: str = "") -> Record | None:
    """The record voided, or None when it is already. It stays readable with all its history."""
    if before.voided:
        return None
    return _next(
        before,
        before.kind,
        before.id,
        before.entity,
        before.validity,
        before.belongs,
        actor,
        at_ms,
        reason,
        voided=True,
        key=key,
        more={},
    )


def _next(
    before: Record | None,
    kind: Kind,
    id_: str,
    entity: Mapping[str, Any],
    validity: Validity,
    belongs: Belongs,
    actor: Actor,
    at_ms: int,
    reason: str,
    *,
    voided: bool,
    key: str,
    more: Mapping[str, Any],
) -> Record:
    history = before.history if before else ()
    entry = Entry(
        kind="voided" if voided else ("changed" if before else "created"),
        from_state=_state(before),
        to_state="voided" if voided else "in-force",
        actor=actor,
        at_ms=at_ms,
        reason=reason,
        fields={
            "entity": public(entity),
            "entity_sha256": digest(dict(entity)),
            "valid_from_ms": validity.from_ms,
            "valid_to_ms": validity.to_ms,
            **({"request_key": key} if key else {}),
            **more,
        },
    )
    return Record(
        kind=kind,
        id=id_,
        rev=before.rev + 1 if before else 1,
        entity=dict(entity),
        validity=validity,
        voided=voided,
        changed_ms=at_ms,
        changed_by=actor.actor_id,
        belongs=belongs,
        history=(*history, seal(key_of(kind, id_), history, entry)),
    )


def _state(record: Record | None) -> str:
    if record is None:
        return ""
    return "voided" if record.voided else "in-force"


def public(entity: Mapping[str, Any]) -> dict[str, Any]:
    """An entity without what only the services may know; says instead whether there is a password."""
    shown = {name: value for name, value in entity.items() if name not in SECRETS}
    if "password_sha256" in entity:
        shown["has_password"] = bool(entity["password_sha256"])
    return shown


def sealed_as_it_stands(record: Record) -> bool:
    """Whether the entity is the one its last entry speaks of. The chain itself is verified apart."""
    last = record.history[-1] if record.history else None
    return last is not None and last["fields"].get("entity_sha256") == digest(dict(record.entity))


def salted(salt: str, password: str) -> str:
    """SHA-256 of salt and password, both as UTF-8, hex."""
    return hashlib.sha256(salt.encode() + password.encode()).hexdigest()


def message(record: Record) -> RegistryChange:
    """The change as published."""
    entity: Any
    if record.kind in ITEMS:
        field = "item"
        entity = Item(item_id=record.id, **record.entity)
    else:
        field = str(record.kind).replace("-", "_")
        own_id = "roster_id" if record.kind == Kind.DUTY_ROSTER else f"{field}_id"
        entity = MESSAGES[record.kind](**{own_id: record.id}, **record.entity)
    return RegistryChange(
        kind=record.kind,
        id=record.id,
        revision=record.rev,
        changed_ms=record.changed_ms,
        changed_by=record.changed_by,
        valid_from_ms=record.validity.from_ms,
        valid_to_ms=record.validity.to_ms,
        voided=record.voided,
        **{field: entity},
    )


def event_headers(record: Record) -> Headers:
    """CloudEvents headers of the change."""
    event_id = content_id("registry-change", record.key, str(record.rev))
    return headers(EVENT_TYPE, event_id, EVENT_SOURCE, record.changed_ms, PROTOBUF)
