"""A change of the registry that waits for a second person, and what becomes of it. Pure.

What is proposed is sealed in the first entry. It is not in force, and not in registry.v1, before somebody else of an
office has confirmed it; who proposed may withdraw it, and what nobody decides lapses.
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum

from lantian_proto.both import Both
from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case, Kind
from lantian_tasks.ledger.history import Actor, Entry
from lantian_tasks.ledger.machine import SYSTEM_ROLE, Guard, Move, Role, Situation, states, table
from lantian_tasks.registry.kinds import as_written
from lantian_tasks.registry.record import Kind as RecordKind
from lantian_tasks.registry.record import Validity, public
from lantian_tasks.registry.second_person import Confirmed, Held

KIND = "change"
PROPOSED = "change-proposed"
"""Kind of the first entry: those who must decide are told by it."""
LEVELS = {"yellow": "黄色", "orange": "橙色", "red": "红色"}


class ChangeState(StrEnum):
    """Where a change stands. Confirmed: decided, on its way into force."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    IN_FORCE = "in-force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    OUTDATED = "outdated"


S = ChangeState
WAITING = (S.PROPOSED, S.CONFIRMED)
_DECIDERS = states(Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY)
_PROPOSERS = _DECIDERS | {Role.ADMINISTRATOR}
_SYSTEM = states(SYSTEM_ROLE)


def _another(situation: Situation) -> str | None:
    """Who proposed does not decide."""
    same = situation.history[0]["actor"]["actor_id"] == situation.command.actor.actor_id
    return (
        Both("who proposed this change can not decide it", "提议人不能决定自己的变更，须由另一人决定") if same else None
    )


def _proposer(situation: Situation) -> str | None:
    """Who proposed takes it back."""
    same = situation.history[0]["actor"]["actor_id"] == situation.command.actor.actor_id
    return None if same else Both("only who proposed this change withdraws it", "只有提议人可以撤回变更")


MOVES: Mapping[str, Move] = table(
    [
        Move("confirm", states(S.PROPOSED), S.CONFIRMED, _DECIDERS, guards=(_another,)),
        Move("refuse", states(S.PROPOSED), S.REFUSED, _DECIDERS, (), True, (_another,)),
        Move("withdraw", states(S.PROPOSED), S.WITHDRAWN, _PROPOSERS, guards=(_proposer,)),
        Move("lapse", states(S.PROPOSED), S.LAPSED, _SYSTEM),
        Move("carry-out", states(S.CONFIRMED), S.IN_FORCE, _SYSTEM),
        Move("outdate", states(S.CONFIRMED), S.OUTDATED, _SYSTEM, reason_required=True),
    ]
)

JUDGED: frozenset[Guard] = frozenset({_another, _proposer})
"""Guards that need nothing typed; see ledger/offers.py."""


def _timer(case: Case, facts: Facts) -> int:
    """At once while it is on its way into force, else when it lapses."""
    del facts
    if case.state == S.CONFIRMED:
        return case.changed_ms
    return int(case.data["ends_ms"]) if case.state == S.PROPOSED else 0


CHANGE = Kind(MOVES, _timer)


def proposal(held: Held, number: int, actor: Actor, at_ms: int, facts: Facts) -> Case:
    """A change before its first entry; `number` counts the changes proposed of its entity from 1."""
    wish, belongs = held.wish, held.after.belongs
    change_id = hashlib.sha256(f"{wish.key}|{number}".encode()).hexdigest()[:32]
    return Case(
        case_id=f"{KIND}/{change_id}",
        rev=0,
        state="",
        keys={
            "division_code": belongs.division_code,
            "enterprise_id": belongs.enterprise_id,
            "source_id": belongs.source_id,
            "category": held.matter,
            "dedupe": wish.key,
            "enterprise_name": name_of(held),
        },
        data={
            "title": title_of(held),
            "number": number,
            "kind": wish.kind,
            "id": wish.id,
            "entity": as_written(wish.kind, public(held.after.entity)),
            "valid_from_ms": wish.validity.from_ms,
            "valid_to_ms": wish.validity.to_ms,
            "base_rev": held.before.rev if held.before else 0,
            "fields": held.fields,
            "reason": wish.reason,
            "proposed_by": actor.actor_id,
            "organisation": actor.organisation,
            "ends_ms": at_ms + facts.policy.changes.decide_days * DAY_MS,
        },
        created_ms=at_ms,
        changed_ms=at_ms,
    )


def name_of(held: Held) -> str:
    """What the entity is called."""
    return str(held.after.entity["name"] if held.matter == "grade" else held.after.entity["warning_id"])


def title_of(held: Held) -> str:
    """What is proposed, for whoever is told."""
    entity = held.after.entity
    if held.matter == "warning":
        what = "停产" if entity["measure"] == "stop" else "限产"
        return f"预警启动：{entity['warning_id']}（{LEVELS[entity['level']]}，{entity['source_id']} {what}）"
    [grade] = held.fields
    return f"绩效等级变更：{entity['name']} {grade['before'] or '未定'} → {grade['after'] or '未定'}"


def first_entry(case: Case, actor: Actor) -> Entry:
    """How a change begins: everything that is proposed is sealed with it."""
    told = f"{case.data['title']}。{case.data['reason']}" if case.data["reason"] else str(case.data["title"])
    return Entry(PROPOSED, "", S.PROPOSED, actor, case.created_ms, told, "propose", {**case.data, **case.keys})


def says(case: Case, held: Held) -> bool:
    """Whether a change is what is wished now."""
    wanted = as_written(held.wish.kind, public(held.after.entity))
    dates = (held.wish.validity.from_ms, held.wish.validity.to_ms)
    same_dates = (case.data["valid_from_ms"], case.data["valid_to_ms"]) == dates
    if held.matter == "grade":
        return bool(same_dates and case.data["fields"] == held.fields)
    return bool(same_dates and case.data["entity"] == wanted)


def confirmed(case: Case, actor: Actor) -> Confirmed:
    """What `actor` confirms."""
    data = case.data
    return Confirmed(
        change_id=case.id,
        matter=case.keys["category"],
        kind=RecordKind(data["kind"]),
        id=str(data["id"]),
        entity=data["entity"],
        validity=Validity(data["valid_from_ms"], data["valid_to_ms"]),
        base_rev=int(data["base_rev"]),
        fields=tuple(data["fields"]),
        reason=str(data["reason"]),
        proposer=str(data["proposed_by"]),
        actor=actor,
    )
