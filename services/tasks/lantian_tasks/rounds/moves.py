"""A round 轮次: a batch of leads for the teams of one city, as data. Pure. Basis: reference T2, T3; S3 （八）."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case, Kind
from lantian_tasks.ledger.history import Entry
from lantian_tasks.ledger.machine import SYSTEM_ROLE, Field, Move, Role, Situation, states, table
from lantian_tasks.rounds.duty import NOBODY
from lantian_tasks.rounds.start import (
    FAILED,
    NO_LEADS,
    NO_TEAM,
    NOBODY_ON_DUTY,
    cause_of,
    last_failure,
    starts_itself_ms,
)


class RoundState(StrEnum):
    """Where a round stands."""

    DRAFT = "draft"
    BUILT = "built"
    STARTED = "started"
    CLOSED = "closed"
    CANCELLED = "cancelled"


S = RoundState
_PLANNERS = states(Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY)
_SYSTEM = states(SYSTEM_ROLE)


def _may_start(situation: Situation) -> str | None:
    """It holds leads, and somebody of the city is there to receive what is pushed (T3)."""
    fields = situation.command.fields
    return {
        NO_LEADS: Both("the round holds no leads", "轮次里还没有线索"),
        NOBODY_ON_DUTY: Both(
            f"nobody is on duty: the rosters of {', '.join(fields['off_duty'])} name nobody now",
            f"现在无人值班：{'、'.join(fields['off_duty'])} 的值班表此刻没有人",
        ),
        NO_TEAM: Both("the city has no team: register one before the round starts", "该城市还没有登记队伍"),
    }.get(cause_of(fields, NOBODY))


def _all_judged(situation: Situation) -> str | None:
    waiting = situation.command.fields["waiting"]
    return Both(f"{waiting} leads have no result yet", f"还有{waiting}条线索没有核查结果") if waiting else None


MOVES: Mapping[str, Move] = table(
    [
        Move("build", states(S.DRAFT, S.BUILT), S.BUILT, _PLANNERS, (Field("leads", "ids"),)),
        Move(
            "start",
            states(S.BUILT),
            S.STARTED,
            _PLANNERS | _SYSTEM,
            (Field("recipients", "ids"), Field("off_duty", "ids"), Field("ready", "count")),
            guards=(_may_start,),
        ),
        Move(
            "fail-start",
            states(S.DRAFT, S.BUILT),
            None,
            _SYSTEM,
            (Field("cause", "text"), Field("again_ms", "time", required=False)),
            True,
            kind=FAILED,
        ),
        Move(
            "carry-out",
            states(S.BUILT, S.STARTED, S.CANCELLED),
            None,
            _SYSTEM,
            (Field("moved", "count"),),
            kind="carried-out",
        ),
        Move(
            "close",
            states(S.STARTED),
            S.CLOSED,
            _PLANNERS,
            (Field("waiting", "count"), Field("conclusion", "text", required=False)),
            guards=(_all_judged,),
        ),
        Move("cancel", states(S.DRAFT, S.BUILT), S.CANCELLED, _PLANNERS, (), True),
        Move("note", frozenset(RoundState), None, _PLANNERS, (), True, kind="noted"),
    ]
)


def must_follow(case: Case) -> bool:
    """Whether its leads must still be brought to where it is."""
    return case.state not in (S.DRAFT, S.CLOSED) and case.data["carried_out"] != case.state


def timer(case: Case, facts: Facts) -> int:
    """At once while its leads must follow it; then when it starts by itself, or its planner is told that it can not."""
    if must_follow(case):
        return case.changed_ms
    if case.state == S.DRAFT:
        starts_ms = int(case.data["starts_ms"])
        planned_late = case.created_ms >= starts_ms  # nothing was missed
        return 0 if planned_late or last_failure(case.history) is not None else starts_ms
    return starts_itself_ms(case, facts.policy.rounds.start)


def _data(case: Case, **changes: Any) -> Case:
    return replace(case, data={**case.data, **changes})


ROUND = Kind(
    MOVES,
    timer,
    {
        "build": lambda case, entry: _data(case, leads=entry.fields["leads"], carried_out=""),
        "start": lambda case, entry: _data(case, recipients=entry.fields["recipients"], started_ms=entry.at_ms),
        "carry-out": lambda case, entry: _data(case, carried_out=case.state),
    },
)


def draft(
    round_id: str,
    *,
    division_code: str,
    task_kind: str,
    quota: int,
    score_cut: float,
    starts_ms: int,
    title: str,
    by_ministry: bool,
    at_ms: int,
) -> Case:
    """A round before its first entry."""
    return Case(
        case_id=f"round/{round_id}",
        rev=0,
        state="",
        keys={"division_code": division_code, "enterprise_id": "", "task_kind": task_kind, "category": task_kind},
        data={
            "title": title,
            "quota": quota,
            "score_cut": score_cut,
            "starts_ms": starts_ms,
            "by_ministry": by_ministry,
            "leads": [],
            "recipients": [],
            "carried_out": "",
            "started_ms": 0,
        },
        created_ms=at_ms,
        changed_ms=at_ms,
    )


def first_entry(case: Case, actor: Any, at_ms: int) -> Entry:
    """How a round begins."""
    fields = {**case.data, **case.keys}
    return Entry(kind="received", from_state="", to_state=S.DRAFT, actor=actor, at_ms=at_ms, fields=fields)
