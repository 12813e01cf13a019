"""What of a registry write nobody puts in force alone: a performance grade, and the start of a warning. Pure.

Basis: reference 4.5, four eyes for a change of grade and for the start of a warning; grades move by 动态管理
(S0 （四）, S3 （六）), a warning is started by the plan and not at will (S3 （五）). Ending a warning takes one person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from lantian_proto.both import Both
from lantian_tasks.ledger.history import Actor
from lantian_tasks.registry.entities import Enterprise, Entity
from lantian_tasks.registry.kinds import ENTITIES, as_written
from lantian_tasks.registry.plan import Refusal, Wish
from lantian_tasks.registry.record import Kind, Record, Validity, public

Matter = Literal["grade", "warning"]
SHOWN: Mapping[Matter, tuple[str, ...]] = {
    "grade": ("grade",),
    "warning": ("warning_id", "level", "measure", "allowed_share", "source_id", "start_ms", "end_ms"),
}
"""Fields that are compared for whoever decides."""
OUTDATED = Both("the entity has changed since: propose it anew", "登记内容在提议之后已有变更，请重新提议")


@dataclass(frozen=True, slots=True)
class Held:
    """A change that waits for a second person; `after` is the record as it would be."""

    matter: Matter
    wish: Wish
    before: Record | None
    after: Record

    @property
    def fields(self) -> list[dict[str, Any]]:
        """What differs: name, before, after; before is null for what is new, a new enterprise has no grade yet."""
        unset = {"grade": ""} if self.matter == "grade" else {}
        old: Mapping[str, Any] = self.before.entity if self.before else unset
        rows = ((name, old.get(name), self.after.entity[name]) for name in SHOWN[self.matter])
        return [{"name": name, "before": before, "after": after} for name, before, after in rows if before != after]

    @property
    def rest(self) -> Wish | None:
        """What of the wish needs nobody else: an enterprise with the grade it has. A warning is kept back whole."""
        kept = in_force_part(self.wish.entity, self.before)
        if self.matter != "grade" or (self.before is not None and _is(self.before, kept)):
            return None
        return replace(self.wish, entity=kept)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A change that a second person has confirmed."""

    change_id: str
    matter: Matter
    kind: Kind
    id: str
    entity: Mapping[str, Any]
    validity: Validity
    base_rev: int
    fields: tuple[Mapping[str, Any], ...]
    reason: str
    proposer: str
    actor: Actor

    @property
    def sealed(self) -> dict[str, Any]:
        """What the entity's own history says of it."""
        return {"change_id": self.change_id, "proposed_by": self.proposer}


def matter_of(before: Record | None, after: Record) -> Matter | None:
    """What makes a change one for two persons; None: nothing."""
    if after.kind == Kind.ENTERPRISE and after.entity["grade"] != (before.entity["grade"] if before else ""):
        return "grade"
    if after.kind == Kind.RESPONSE and not _only_ends(before, after):
        return "warning"
    return None


def in_force_part(entity: Entity, before: Record | None) -> Entity:
    """An enterprise with the grade that is in force; anything else as it is."""
    if not isinstance(entity, Enterprise):
        return entity
    return entity.model_copy(update={"grade": before.entity["grade"] if before else ""})


def wish_of(confirmed: Confirmed, present: Record | None) -> Wish | Refusal | None:
    """What is to be written on the record as it is now; None: it was written already."""
    if present is not None and present.history[-1]["fields"].get("change_id") == confirmed.change_id:
        return None
    model = ENTITIES[confirmed.kind]
    if confirmed.matter == "warning":
        if (present.rev if present else 0) != confirmed.base_rev:
            return Refusal(409, OUTDATED)
        entity = model.model_validate(confirmed.entity)
    else:
        [grade] = confirmed.fields
        if present is None or present.voided or present.entity["grade"] != grade["before"]:
            return Refusal(409, OUTDATED)
        written = as_written(confirmed.kind, public(present.entity))
        entity = model.model_validate({**written, "grade": grade["after"]})
    return Wish(confirmed.kind, confirmed.id, entity, confirmed.validity, confirmed.reason)


def _only_ends(before: Record | None, after: Record) -> bool:
    """Whether a duty merely ends, or ends earlier, than it did."""
    if before is None or before.voided:
        return False
    same = all(after.entity[name] == value for name, value in before.entity.items() if name != "end_ms")
    shorter = _no_later(after.entity["end_ms"], before.entity["end_ms"])
    from_then = after.validity.from_ms == before.validity.from_ms
    return same and shorter and from_then and _no_later(after.validity.to_ms, before.validity.to_ms)


def _no_later(end_ms: int, than_ms: int) -> bool:
    return end_ms == than_ms or (end_ms != 0 and (than_ms == 0 or end_ms < than_ms))


def _is(record: Record, entity: Entity) -> bool:
    return not record.voided and record.entity == entity.content()
