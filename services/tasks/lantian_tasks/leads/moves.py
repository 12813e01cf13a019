"""The way of a lead to an issue, as data. Pure.

Basis: reference T1 to T7. A lead of a detector may pass all of it by policy (`pass`); what people report, and what the
policy holds back, is screened, goes into a round, is pushed, accepted, inspected and judged.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from lantian_proto.both import Both
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.timers import pending
from lantian_tasks.evidence.guards import attached_once, evidence_holds
from lantian_tasks.leads import checking, presence
from lantian_tasks.ledger.case import Case, Kind
from lantian_tasks.ledger.history import Entry
from lantian_tasks.ledger.machine import DRAW, SYSTEM_ROLE, Field, Move, Role, Situation, states, table


class Stage(StrEnum):
    """Where a lead stands."""

    CANDIDATE = "candidate"
    SCREENED = "screened"
    IN_ROUND = "in-round"
    PUSHED = "pushed"
    ACCEPTED = "accepted"
    INSPECTING = "inspecting"
    CONFIRMED = "confirmed"
    PARTLY = "partly"
    UNFOUNDED = "unfounded"
    DUPLICATE = "duplicate"
    TRANSFERRED = "transferred"
    NOT_REACHABLE = "not-reachable"
    VOIDED = "voided"


S = Stage
BECOMES_ISSUE = (S.CONFIRMED, S.PARTLY)
ENDED = (*BECOMES_ISSUE, S.UNFOUNDED, S.DUPLICATE, S.TRANSFERRED, S.NOT_REACHABLE, S.VOIDED)
LIVE = tuple(stage for stage in Stage if stage not in ENDED)
BEFORE_A_TEAM = (S.CANDIDATE, S.SCREENED, S.IN_ROUND, S.PUSHED)
ANSWERS_AGAIN = (*LIVE, *BECOMES_ISSUE)
"""Stages in which the same again needs no lead of its own: somebody is at it, or its issue is there."""
ON_SITE = (S.PUSHED, S.ACCEPTED, S.INSPECTING)
"""Stages in which a team has the lead and fills in its check list, perhaps without a network."""
FEWEST_OFFICERS = 2
"""Officers of an inspection (行政处罚法 art. 42)."""

_SYSTEM = states(SYSTEM_ROLE)
PLANNERS = states(Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY)
_TEAM = states(Role.CITY_TEAM, Role.COUNTY)
_HIGHER = states(Role.PROVINCE, Role.MINISTRY)
_ACTING = frozenset(Role) - {Role.AUDITOR, Role.ADMINISTRATOR, Role.SECURITY, Role.ENTERPRISE}
_TIMER = (
    *(Field(name, "text") for name in ("clock", "step", "title")),
    Field("due_ms", "time"),
    Field("for_ms", "time"),
    Field("to", "text"),
    Field("cc", "text", required=False),
)


def _enough_officers(situation: Situation) -> str | None:
    officers = set(situation.command.fields["officers"])
    return (
        None
        if len(officers) >= FEWEST_OFFICERS
        else Both(f"an inspection takes {FEWEST_OFFICERS} officers", f"现场检查至少{FEWEST_OFFICERS}人")
    )


def _second_eyes(situation: Situation) -> str | None:
    """Unfounded is proposed by one and decided by another (T6)."""
    proposed = next((e for e in reversed(situation.history) if e["move"] in ("propose-unfounded", "inspect")), None)
    if proposed is None or proposed["move"] != "propose-unfounded":
        return Both("nobody has proposed to call it unfounded", "须先有人提出“不属实”")
    same = proposed["actor"]["actor_id"] == situation.command.actor.actor_id
    return Both("who proposed it can not decide it", "提出人不能自己认定，须由另一人复核") if same else None


def _is_division(situation: Situation) -> str | None:
    code = str(situation.command.fields["division_code"])
    return (
        None
        if re.fullmatch(r"\d{6}", code)
        else Both("a division code has six digits (GB/T 2260)", "行政区划代码为六位数字（GB/T 2260）")
    )


def _receivable(situation: Situation) -> str | None:
    number = situation.command.fields["sequence"]
    happened = 1 <= number <= len(situation.history) and situation.history[number - 1]["move"] == "escalate"
    return None if happened else Both(f"entry {number} is no escalation", "这一条不是催办督办记录")


def _not_suppressed(situation: Situation) -> str | None:
    suppressed = isinstance(situation.subject, Case) and situation.subject.data.get("suppressed")
    return (
        Both(f"the positive list suppresses the visit: {suppressed}", "正面清单企业：不入企检查，已在线提醒")
        if suppressed
        else None
    )


def _known_category(situation: Situation) -> str | None:
    """Found on site to be another thing: a sign of falsification that is fraud, an exceedance that is a bypass."""
    given = situation.command.fields.get("found_as")
    known = {row.category for row in situation.facts.policy.categories} | {"other"}
    if given is None or str(given).strip() in known:
        return None
    return Both(f"found_as is one of {', '.join(sorted(known))}", "认定类别须是政策所列的类别")


def _drawn(situation: Situation) -> bool:
    return any(entry["move"] == "draw" for entry in situation.history)


def _not_drawn(situation: Situation) -> str | None:
    return Both("this lead was drawn already", "这条线索已经抽中过") if _drawn(situation) else None


def _is_drawn(situation: Situation) -> str | None:
    if any(entry["move"] == "uphold" for entry in situation.history):
        return Both("this lead was upheld already", "这条线索已经复核维持")
    return None if _drawn(situation) else Both("this lead was not drawn", "这条线索没有被抽中复核")


def _not_judge(situation: Situation) -> str | None:
    """Who judged it does not say that it was judged well."""
    actor = situation.command.actor.actor_id
    judged = ("propose-unfounded", "call-unfounded")
    same = any(e["move"] in judged and e["actor"]["actor_id"] == actor for e in situation.history)
    return Both("who called it unfounded can not judge that", "认定不属实的人不能复核自己的认定") if same else None


_EVIDENCE, _CONCLUSION = Field("evidence", "evidence"), Field("conclusion", "text")
_ROUND, _FOUND_AS = Field("round_id", "text"), Field("found_as", "text", required=False)

MOVES: Mapping[str, Move] = table(
    [
        Move("pass", states(S.CANDIDATE, S.SCREENED), S.CONFIRMED, _SYSTEM, reason_required=True),
        Move("screen", states(S.CANDIDATE), S.SCREENED, PLANNERS | _SYSTEM, reason_required=True),
        # 正面清单: the visit is spared, the enterprise hears of it
        Move("remind-online", states(S.CANDIDATE), S.SCREENED, _SYSTEM, reason_required=True, kind="online-reminder"),
        Move(
            "mark-duplicate",
            states(S.CANDIDATE, S.SCREENED, S.IN_ROUND, S.ACCEPTED, S.INSPECTING),
            S.DUPLICATE,
            PLANNERS | _TEAM | _SYSTEM,
            (Field("of", "text"),),
            True,
        ),
        Move("take", states(S.SCREENED), S.IN_ROUND, _SYSTEM, (_ROUND,), guards=(_not_suppressed,)),
        Move("drop", states(S.IN_ROUND), S.SCREENED, _SYSTEM, (_ROUND,), True),
        Move("push", states(S.IN_ROUND), S.PUSHED, _SYSTEM, (_ROUND, Field("recipients", "ids"))),
        Move("dispatch", states(S.SCREENED), S.PUSHED, PLANNERS, (), True),
        Move("accept", states(S.PUSHED), S.ACCEPTED, _TEAM),
        Move(
            "inspect",
            states(S.ACCEPTED),
            S.INSPECTING,
            _TEAM,
            (Field("officers", "texts"), *presence.FIELDS),
            guards=(_enough_officers, presence.position_whole, presence.reason_when_outside),
            effect=presence.sealed,
        ),
        Move(
            "confirm",
            states(S.INSPECTING),
            S.CONFIRMED,
            _TEAM,
            (_CONCLUSION, _EVIDENCE, checking.CHECKED, _FOUND_AS),
            guards=(checking.answered, checking.problem_found, _known_category, evidence_holds),
            effect=checking.sealed,
        ),
        Move(
            "confirm-partly",
            states(S.INSPECTING),
            S.PARTLY,
            _TEAM,
            (_CONCLUSION, _EVIDENCE, checking.CHECKED, _FOUND_AS),
            guards=(checking.answered, checking.problem_found, _known_category, evidence_holds),
            effect=checking.sealed,
        ),
        Move(
            "propose-unfounded",
            states(S.INSPECTING),
            None,
            _TEAM,
            (Field("code", "text"), _EVIDENCE, checking.CHECKED),
            True,
            (checking.answered, evidence_holds),
            effect=checking.sealed,
        ),
        Move(
            "call-unfounded",
            states(S.INSPECTING),
            S.UNFOUNDED,
            _TEAM | states(Role.CITY_OFFICE),
            (),
            True,
            (_second_eyes,),
        ),
        # T6, T16: what was called unfounded is looked at again by draw
        Move("draw", states(S.UNFOUNDED), None, _HIGHER, DRAW, guards=(_not_drawn,), kind="drawn"),
        Move(
            "uphold",
            states(S.UNFOUNDED),
            None,
            _HIGHER,
            (_CONCLUSION,),
            guards=(_is_drawn, _not_judge),
            kind="upheld",
        ),
        Move(
            "overturn",
            states(S.UNFOUNDED),
            S.CONFIRMED,
            _HIGHER,
            (_CONCLUSION, _EVIDENCE, _FOUND_AS),
            True,
            (_known_category, evidence_holds),
        ),
        Move(
            "transfer",
            states(S.SCREENED, S.PUSHED, S.ACCEPTED, S.INSPECTING),
            S.TRANSFERRED,
            _TEAM | PLANNERS,
            (Field("division_code", "text"),),
            True,
            (_is_division,),
        ),
        Move(
            "call-not-reachable",
            states(S.ACCEPTED, S.INSPECTING),
            S.NOT_REACHABLE,
            _TEAM,
            (_EVIDENCE,),
            True,
            (evidence_holds,),
        ),
        Move("register", states(*BECOMES_ISSUE), None, _SYSTEM, (Field("issue_id", "text"),), kind="became-issue"),
        Move("hand-over", states(S.TRANSFERRED), None, _SYSTEM, (Field("lead_id", "text"),), kind="handed-over"),
        Move(
            "merge", frozenset(Stage), None, _SYSTEM, (Field("channel", "text"), Field("text", "text")), kind="merged"
        ),
        Move("remind", states(*LIVE), None, _SYSTEM, _TIMER, kind="reminded"),
        Move("escalate", states(*LIVE), None, _SYSTEM, _TIMER, kind="escalated"),
        Move(
            "receive", frozenset(Stage), None, _ACTING, (Field("sequence", "count"),), False, (_receivable,), "received"
        ),
        Move(
            "attach",
            frozenset(Stage),
            None,
            _ACTING,
            (Field("piece", "piece"),),
            guards=(attached_once,),
            kind="attached",
        ),
        # Once a team is at it, a result ends it, which takes a second pair of eyes where nothing was found (T6).
        Move("void", states(*BEFORE_A_TEAM), S.VOIDED, PLANNERS, (), True, kind="voided"),
        Move("note", frozenset(Stage), None, _ACTING, (), True, kind="noted"),
    ]
)


JUDGED = frozenset({_second_eyes, _not_suppressed, _not_drawn, _is_drawn, _not_judge})
"""Guards that need nothing typed; see ledger/offers.py."""


def timer(case: Case, facts: Facts) -> int:
    """At once while it waits to become an issue or to be handed over, else the next reminder or escalation."""
    if case.state in BECOMES_ISSUE or case.state == S.TRANSFERRED:
        return 0 if case.data.get("issue_id") or case.data.get("handed_to") else case.changed_ms
    timers = pending(case, facts.policy.lead_clocks, facts)
    return timers[0].at_ms if timers else 0


def _keys(case: Case, **changes: Any) -> Case:
    return replace(case, keys={**case.keys, **changes})


def _data(case: Case, **changes: Any) -> Case:
    return replace(case, data={**case.data, **changes})


def _received(case: Case) -> int:
    return next((e["at_ms"] for e in reversed(case.history) if e["move"] == "accept"), case.created_ms)


def _found_as(case: Case, entry: Entry) -> Case:
    """The issue has the clocks, the dossier and the bars of what was found."""
    return _keys(case, category=entry.fields.get("found_as") or case.category)


LEAD = Kind(
    MOVES,
    timer,
    {
        "take": lambda case, entry: _keys(case, round_id=entry.fields["round_id"]),
        "drop": lambda case, entry: _keys(case, round_id=""),
        "inspect": lambda case, entry: _data(
            case,
            finders=[entry.actor.actor_id, *entry.fields["officers"]],
            place_flags=entry.fields["presence"]["flags"],
        ),
        "register": lambda case, entry: _data(case, issue_id=entry.fields["issue_id"]),
        "hand-over": lambda case, entry: _data(case, handed_to=entry.fields["lead_id"]),
        "transfer": lambda case, entry: _data(case, handed_to="", to_division=entry.fields["division_code"]),
        "confirm": _found_as,
        "confirm-partly": _found_as,
        "overturn": lambda case, entry: _found_as(_data(case, overturned=True), entry),
        "draw": lambda case, entry: _data(case, drawn=entry.fields["seed"]),
        "call-unfounded": lambda case, entry: _data(case, judged_after_ms=entry.at_ms - _received(case)),
        "mark-duplicate": lambda case, entry: _data(case, duplicate_of=entry.fields["of"]),
        "merge": lambda case, entry: _data(case, merged=int(case.data.get("merged", 0)) + 1),
    },
)
