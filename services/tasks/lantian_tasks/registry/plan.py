"""What a registry write would do, decided on what is known. Pure: salt, time and records are arguments."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.access.scope import Scope
from lantian_tasks.ledger.history import Actor
from lantian_tasks.registry.entities import DutyRoster, Enterprise, Entity, Feed, Limit, Mark, Team
from lantian_tasks.registry.items import Item
from lantian_tasks.registry.record import Belongs, Kind, Record, Validity, change, key_of, salted
from lantian_tasks.registry.rule_sets import RuleChange, RuleFacts, RuleParameters, RuleReplay, refused

KEPT_AS_WRITTEN = Both("what is written stays as it is: write the next one", "已登记的参数和回放不能改动，请另建一组")
NO_RULES = RuleFacts()
NOTHING = Both("nothing lies at this path in your divisions", "没有这一项，或不在您的辖区")
"""What is another's is said as of anything that is not there: the words of every 404 of the API."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One entity as somebody wants it."""

    kind: Kind
    id: str
    entity: Entity
    validity: Validity
    reason: str = ""

    @property
    def key(self) -> str:
        """Key of its record."""
        return key_of(self.kind, self.id)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not; `status` is the HTTP status that fits."""

    status: int
    detail: str
    field: str = ""


def references(wish: Wish) -> list[str]:
    """Keys of the records a wish refers to."""
    entity = wish.entity
    if isinstance(entity, DutyRoster):
        return [key_of(Kind.TEAM, entity.team_id)]
    owners = ((Kind.SOURCE, "source_id"), (Kind.ENTERPRISE, "enterprise_id"))
    return [key_of(kind, id_) for kind, name in owners if (id_ := getattr(entity, name, ""))]


def plan(
    wish: Wish,
    known: Mapping[str, Record],
    limits: Collection[Record],
    *,
    scope: Scope,
    actor: Actor,
    at_ms: int,
    new_salt: Callable[[], str],
    key: str = "",
    rules: RuleFacts = NO_RULES,
    more: Mapping[str, Any] | None = None,
) -> Record | None | Refusal:
    """The next revision, None when nothing would change, or a refusal.

    `known` holds at least the record itself and those it refers to, as far as they exist; `limits` those of the
    sources concerned, `rules` what is known of rules whose parameters are wished. Records outside of the scope count as
    absent when they are referred to.
    """
    before = known.get(wish.key)
    if before is not None and not scope.covers(before.belongs.division_code, before.belongs.enterprise_id):
        return Refusal(404, NOTHING)
    belongs = _belongs(wish, known, scope)
    if isinstance(belongs, Refusal):
        return belongs
    if not scope.covers(belongs.division_code, belongs.enterprise_id):
        return _outside()
    if isinstance(wish.entity, RuleReplay | RuleParameters) and (
        said := _said(wish, wish.entity, before, rules, at_ms)
    ):
        return said
    if isinstance(wish.entity, Limit):
        contradiction = _contradiction(wish, wish.entity, limits)
        if contradiction is not None:
            return contradiction
    content = wish.entity.content() | _filled_in(wish.entity, before, at_ms, new_salt)
    return change(
        before,
        wish.kind,
        wish.id,
        content,
        wish.validity,
        belongs,
        actor=actor,
        at_ms=at_ms,
        reason=wish.reason,
        key=key,
        more=more,
    )


def _said(
    wish: Wish, entity: RuleReplay | RuleParameters, before: Record | None, rules: RuleFacts, at_ms: int
) -> Refusal | None:
    """Why parameters or a replay are refused. What is written stays: the same again is no change, another one is."""
    if before is not None:
        same = not before.voided and before.entity == entity.content() and before.validity == wish.validity
        return None if same else Refusal(409, KEPT_AS_WRITTEN)
    said = refused(wish.id, entity, wish.validity, rules, at_ms)
    return None if said is None else Refusal(said.status, said.detail, said.field)


def void_refused(before: Record, at_ms: int) -> Refusal | None:
    """Parameters that have begun to hold explain leads: they are followed by others, never taken back."""
    if before.kind == Kind.RULE_PARAMETERS and before.validity.from_ms <= at_ms:
        return Refusal(
            409, Both("these parameters hold already: set others after them", "这组参数已经生效，请另设一组")
        )
    return None


def _outside() -> Refusal:
    return Refusal(403, Both("this does not lie in your divisions", "不在您的辖区"))


def _belongs(wish: Wish, known: Mapping[str, Record], scope: Scope) -> Belongs | Refusal:
    entity = wish.entity
    if isinstance(entity, RuleChange):
        return Belongs()  # of the whole country: whoever sees less may not write it
    if isinstance(entity, Enterprise):
        return Belongs("", wish.id, entity.division_code)
    if isinstance(entity, Team):
        return Belongs("", "", entity.division_code)
    owners = references(wish)
    if not owners and isinstance(entity, Item):
        return Belongs("", "", wish.id if wish.kind == Kind.DIVISION else getattr(entity, "division_code", ""))
    if not owners:
        return Belongs(wish.id, "", "")
    owner = known.get(owners[0])
    if owner is None or owner.voided or not scope.covers(owner.belongs.division_code, owner.belongs.enterprise_id):
        return Refusal(
            422, Both(f"there is no {owners[0]}", f"登记库里没有 {owners[0]}"), f"{owners[0].partition('/')[0]}_id"
        )
    if wish.kind == Kind.DUTY_ROSTER:
        return Belongs("", "", owner.belongs.division_code)
    for other in owners[1:]:
        if other != key_of(Kind.ENTERPRISE, owner.belongs.enterprise_id):
            return Refusal(
                422, Both(f"{owners[0]} does not belong to {other}", f"{owners[0]} 不属于 {other}"), "enterprise_id"
            )
    source_id = wish.id if wish.kind == Kind.SOURCE else owner.id if owner.kind == Kind.SOURCE else ""
    return Belongs(source_id, owner.belongs.enterprise_id, owner.belongs.division_code)


def _contradiction(wish: Wish, limit: Limit, limits: Collection[Record]) -> Refusal | None:
    """One clause can not set two values for the same factor at the same time."""
    for other in limits:
        same = all(other.entity[name] == getattr(limit, name) for name in ("source_id", "factor", "basis", "clause"))
        differs = any(other.entity[name] != getattr(limit, name) for name in ("value", "reference_oxygen_percent"))
        if other.id != wish.id and same and differs and not other.voided and other.validity.overlaps(wish.validity):
            return Refusal(
                409,
                Both(
                    f"limit {other.id} says {other.entity['value']} by the same clause at the same time",
                    f"同一条款同一时段已有限值 {other.id}：{other.entity['value']}",
                ),
            )
    return None


def _filled_in(entity: Entity, before: Record | None, at_ms: int, new_salt: Callable[[], str]) -> dict[str, Any]:
    """What the service adds: salted passwords, and the time a mark was first declared."""
    old: Mapping[str, Any] = before.entity if before else {}
    if isinstance(entity, Mark):
        return {"declared_ms": old.get("declared_ms", at_ms)}
    if not isinstance(entity, Feed):
        return {}
    kept = {name: str(old.get(name, "")) for name in ("password_salt", "password_sha256")}
    if entity.password is None:
        return kept
    password = entity.password.get_secret_value()
    if not password:
        return {"password_salt": "", "password_sha256": ""}
    if kept["password_sha256"] and salted(kept["password_salt"], password) == kept["password_sha256"]:
        return kept
    salt = new_salt()
    return {"password_salt": salt, "password_sha256": salted(salt, password)}
