"""A letter to a city 预警通知函, as data: drafted, approved by somebody else, sent, received. Pure.

Basis: domain reference 4.4, the ladder of cities; which measure a condition leads to is the season's (policy.yaml).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from lantian_proto.both import Both
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.policy import CityMeasures
from lantian_tasks.ledger.case import Case, Kind
from lantian_tasks.ledger.history import Actor, Entry
from lantian_tasks.ledger.machine import Guard, Move, Role, Situation, states, table


class CityLetterState(StrEnum):
    """Where a letter stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    RECEIVED = "received"
    VOIDED = "voided"


S = CityLetterState
Condition = Literal["slow", "quarter-missed", "final-missed", "worsening", "fraud"]
"""Key tasks slow, a quarter's target missed, the season's missed, poor and worse, data fraud."""
SHOWN_TO_CITIES = (S.SENT, S.RECEIVED)
"""A city does not read what is not decided yet."""
_SENDERS = states(Role.PROVINCE, Role.MINISTRY)


def _second_eyes(situation: Situation) -> str | None:
    same = situation.history[0]["actor"]["actor_id"] == situation.command.actor.actor_id
    return Both("who drafted it can not approve it", "起草人不能批准自己起草的函，须由另一人批准") if same else None


MOVES: Mapping[str, Move] = table(
    [
        Move("approve", states(S.DRAFT), S.APPROVED, _SENDERS, guards=(_second_eyes,)),
        Move("send", states(S.APPROVED), S.SENT, _SENDERS, kind="letter-sent"),
        Move("receive", states(S.SENT), S.RECEIVED, states(Role.CITY_OFFICE)),
        Move("void", states(S.DRAFT, S.APPROVED), S.VOIDED, _SENDERS, (), True, kind="voided"),
        Move("note", frozenset(CityLetterState), None, _SENDERS, (), True, kind="noted"),
    ]
)

JUDGED: frozenset[Guard] = frozenset({_second_eyes})
"""Guards that need nothing typed; see ledger/offers.py."""


def _never(case: Case, facts: Facts) -> int:
    del case, facts
    return 0


LETTER = Kind(MOVES, _never)


def measure_of(measures: CityMeasures | None, condition: Condition) -> str:
    """What the season's plan names for a condition; empty when it names nothing."""
    return str(getattr(measures, condition.replace("-", "_"))) if measures is not None else ""


def draft(
    letter_id: str,
    *,
    city: str,
    condition: Condition,
    measures: CityMeasures | None,
    values: Mapping[str, Any],
    reason: str,
    at_ms: int,
) -> Case:
    """A letter before its first entry. `values` are what its form is filled with, as they are when it is drafted."""
    return Case(
        case_id=f"letter/{letter_id}",
        rev=0,
        state="",
        keys={"division_code": city, "enterprise_id": "", "category": condition},
        data={
            "title": f"{values['city']}预警通知函",
            "season": measures.season if measures else "",
            "basis": measures.basis if measures else "",
            "measure": measure_of(measures, condition),
            "reason": reason,
            "values": dict(values),
        },
        created_ms=at_ms,
        changed_ms=at_ms,
    )


def first_entry(case: Case, actor: Actor, at_ms: int) -> Entry:
    """How a letter begins: everything that stands in it is sealed with it."""
    return Entry(
        "received", "", S.DRAFT, actor, at_ms, reason=str(case.data["reason"]), fields={**case.data, **case.keys}
    )
