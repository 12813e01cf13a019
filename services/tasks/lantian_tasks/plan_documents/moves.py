"""A plan document of a division or an enterprise, as data: drafted, approved one level up or returned, withdrawn. Pure.

Basis: domain reference 5.1 (一厂一策 file, city's emergency plan audited by the province) and feature F88: 一市一策、
一厂一策 with versions. A new version leaves the one in force as it is until it is approved itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Literal

from lantian_proto.both import Both
from lantian_tasks.clocks.calendar import day_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.evidence.piece import Piece, piece_of, sealed_fields
from lantian_tasks.ledger.case import Case, Kind
from lantian_tasks.ledger.history import Actor, Entry
from lantian_tasks.ledger.machine import Field, Guard, Move, Role, Situation, states, table
from lantian_tasks.plan_documents.versions import Version, VersionState, row_of, span, versions_of


class PlanState(StrEnum):
    """Where the newest version of a plan stands; `withdrawn` is the plan as a whole."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


S = PlanState
PlanKind = Literal["city-policy", "factory-policy", "emergency-plan", "peak-staggering"]
"""一市一策, 一厂一策, 重污染天气应急预案 (with its list of reductions), 错峰生产方案."""
OF_DIVISIONS, OF_ENTERPRISES = frozenset({"city-policy"}), frozenset({"factory-policy"})
"""Kinds that only a division or only an enterprise has; the others fit both."""
MOST_VERSIONS = 100
DRAFTERS = states(Role.ENTERPRISE, Role.COUNTY, Role.CITY_OFFICE, Role.PROVINCE)
_DECIDERS = states(Role.COUNTY, Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY)
_LEVEL: Mapping[str, int] = {
    Role.ENTERPRISE: 0,
    Role.COUNTY: 1,
    Role.CITY_OFFICE: 2,
    Role.PROVINCE: 3,
    Role.MINISTRY: 4,
}


def _versions(situation: Situation) -> list[Version]:
    assert isinstance(situation.subject, Case)
    return versions_of(situation.subject.data)


def _from_above(situation: Situation) -> str | None:
    newest, role = _versions(situation)[-1], situation.command.actor.role
    if _LEVEL[role] > _LEVEL[newest.drafter_role]:
        return None
    return Both("who is not above the drafter can not decide on it", "须由上传单位的上一级批准或退回")


def _may_withdraw(situation: Situation) -> str | None:
    """What is not approved is taken back by its own level; what once was approved, by a level above."""
    versions, level = _versions(situation), _LEVEL[situation.command.actor.role]
    highest = max(_LEVEL[one.drafter_role] for one in versions)
    if level <= highest and any(one.state == VersionState.APPROVED for one in versions):
        said = "a plan that was approved is withdrawn by a level above its drafter"
        return Both(said, "批准过的方案只能由上传单位的上一级撤回")
    return None if level >= highest else Both("it was drafted by a level above", "方案由上一级上传，须由其撤回")


def _period_holds(situation: Situation) -> str | None:
    return period_problem(**{name: str(situation.command.fields[name]) for name in ("valid_from", "valid_to")})


def _room_left(situation: Situation) -> str | None:
    many = len(_versions(situation)) >= MOST_VERSIONS
    return Both(f"a plan has at most {MOST_VERSIONS} versions", f"一份方案最多{MOST_VERSIONS}个版本") if many else None


def period_problem(valid_from: str, valid_to: str) -> Both | None:
    """What is wrong with a period of two days, both included; None: nothing."""
    try:
        first, last = date.fromisoformat(valid_from), date.fromisoformat(valid_to)
    except ValueError:
        return Both("a day is written YYYY-MM-DD", "日期格式为 年-月-日")
    return None if first <= last else Both("it would end before it begins", "有效期的结束早于开始")


MOVES: Mapping[str, Move] = table(
    [
        Move(
            "draft",
            states(S.APPROVED, S.RETURNED),
            S.DRAFTED,
            DRAFTERS,
            (
                Field("valid_from", "text"),
                Field("valid_to", "text"),
                Field("note", "text", required=False),
                Field("piece", "piece"),
            ),
            guards=(_period_holds, _room_left),
        ),
        Move("approve", states(S.DRAFTED), S.APPROVED, _DECIDERS, guards=(_from_above,)),
        Move("return", states(S.DRAFTED), S.RETURNED, _DECIDERS, (), True, (_from_above,)),
        Move(
            "withdraw",
            states(S.DRAFTED, S.APPROVED, S.RETURNED),
            S.WITHDRAWN,
            DRAFTERS | _DECIDERS,
            (),
            True,
            (_may_withdraw,),
            "voided",
        ),
        Move("note", frozenset(PlanState), None, DRAFTERS | _DECIDERS, (), True, kind="noted"),
    ]
)

JUDGED: frozenset[Guard] = frozenset({_from_above, _may_withdraw})
"""Guards that need nothing typed; see ledger/offers.py."""


def _with(case: Case, versions: list[Version], withdrawn_on: str = "") -> Case:
    """The keys say between which days it can be in force, so that lists find it by a day."""
    valid_from, valid_to = span(versions, withdrawn_on)
    return replace(
        case,
        keys={**case.keys, "valid_from": valid_from, "valid_to": valid_to},
        data={**case.data, "versions": [row_of(one) for one in versions], "withdrawn_on": withdrawn_on},
    )


def _drafted(case: Case, entry: Entry) -> Case:
    known = versions_of(case.data)
    said = {name: str(entry.fields.get(name, "")) for name in ("valid_from", "valid_to", "note")}
    return _with(case, [*known, new_version(len(known) + 1, piece_of(entry.fields["piece"]), entry, **said)])


def _decided(case: Case, entry: Entry) -> Case:
    *older, newest = versions_of(case.data)
    decided = replace(
        newest,
        state=VersionState(entry.to_state),
        decided_ms=entry.at_ms,
        decided_by=entry.actor.actor_id,
        reason=entry.reason,
    )
    return _with(case, [*older, decided])


def _withdrawn(case: Case, entry: Entry) -> Case:
    return _with(case, versions_of(case.data), day_of(entry.at_ms).isoformat())


def _never(case: Case, facts: Facts) -> int:
    del case, facts
    return 0


PLAN_DOCUMENT = Kind(
    MOVES, _never, {"draft": _drafted, "approve": _decided, "return": _decided, "withdraw": _withdrawn}
)


def new_version(number: int, piece: Piece, entry: Entry, *, valid_from: str, valid_to: str, note: str) -> Version:
    """A version as it is drafted by an entry."""
    return Version(
        number,
        VersionState.DRAFTED,
        valid_from,
        valid_to,
        note,
        piece,
        entry.at_ms,
        entry.actor.actor_id,
        entry.actor.role,
    )


def case_id_of(plan_document_id: str) -> str:
    """Id of the case of a plan."""
    return f"plan-document/{plan_document_id}"


def plan(
    plan_document_id: str,
    *,
    kind: PlanKind,
    division_code: str,
    enterprise_id: str,
    enterprise_name: str,
    title: str,
    season: str,
    at_ms: int,
) -> Case:
    """A plan before its first entry, which drafts its first version. `season`: 2026-27; empty: of no season."""
    return Case(
        case_id=case_id_of(plan_document_id),
        rev=0,
        state="",
        keys={
            "division_code": division_code,
            "enterprise_id": enterprise_id,
            "enterprise_name": enterprise_name,
            "category": kind,
            "valid_from": "",
            "valid_to": "",
        },
        data={"title": title, "season": season, "versions": [], "withdrawn_on": ""},
        created_ms=at_ms,
        changed_ms=at_ms,
    )


def first_entry(
    case: Case, piece: Piece, actor: Actor, at_ms: int, *, valid_from: str, valid_to: str, note: str
) -> Entry:
    """How a plan begins: what it is and its first version are sealed together."""
    said = {"valid_from": valid_from, "valid_to": valid_to, "note": note}
    about = {name: case.keys[name] for name in ("division_code", "enterprise_id", "enterprise_name", "category")}
    about |= {name: case.data[name] for name in ("title", "season")}
    fields = {**about, **said, "piece": sealed_fields(piece)}
    return Entry("received", "", S.DRAFTED, actor, at_ms, move="draft", fields=fields)
