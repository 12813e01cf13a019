"""The life cycle of an issue as data. Pure.

Basis: reference state machine of the closed loop (识别线索—排查整改—调度督办—抽查复核), T7 to T19.
"""

from collections.abc import Mapping

from lantian_tasks.clocks.facts import Facts, shipped_facts
from lantian_tasks.evidence.guards import attached_once, evidence_holds, photos_hold
from lantian_tasks.ledger import cases as c
from lantian_tasks.ledger import guards as g
from lantian_tasks.ledger import stop_orders as o
from lantian_tasks.ledger import voiding as v
from lantian_tasks.ledger.guards import responsible
from lantian_tasks.ledger.history import Entry
from lantian_tasks.ledger.issue import OPEN_STATES, State
from lantian_tasks.ledger.machine import (
    DRAW,
    LATEST_MS,
    LONGEST_TEXT,
    SYSTEM_ROLE,
    Command,
    Field,
    Move,
    ProblemCode,
    Refused,
    Role,
    Subject,
    states,
    table,
)
from lantian_tasks.ledger.machine import decide as decide_by

__all__ = [
    "LATEST_MS",
    "LONGEST_TEXT",
    "MOVES",
    "Command",
    "Field",
    "Move",
    "ProblemCode",
    "Refused",
    "Role",
    "Subject",
    "decide",
    "responsible",
]

_UNIT, _PERSON, _DUE = Field("unit", "text"), Field("person", "text"), Field("due_ms", "time")
_MEASURES, _CONCLUSION, _DAYS = Field("measures", "text"), Field("conclusion", "text"), Field("days", "count")
_EVIDENCE, _LEGAL, _CASE = Field("evidence", "evidence"), Field("legal_basis", "text"), Field("case_no", "text")
_PIECE = Field("piece", "piece")
_PEERS = Field("peers", "text", required=False)
_TIMER = (
    *(Field(name, "text") for name in ("clock", "step", "title")),
    Field("due_ms", "time"),
    Field("for_ms", "time"),
    Field("to", "text"),
    Field("cc", "text", required=False),
)

_DISPATCHERS = states(Role.CITY_OFFICE, Role.PROVINCE)
_RECTIFIERS = states(Role.ENTERPRISE, Role.COUNTY, Role.CITY_TEAM)
_VERIFIERS = states(Role.CITY_OFFICE, Role.CITY_TEAM, Role.PROVINCE, Role.MINISTRY)
_CLOSERS = states(Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY)
_HIGHER = states(Role.PROVINCE, Role.MINISTRY)
_ENFORCERS = states(Role.CITY_TEAM, Role.CITY_OFFICE, Role.PROVINCE, Role.MINISTRY)
_ACTING = frozenset(Role) - {
    Role.AUDITOR,
    Role.ADMINISTRATOR,
    Role.SECURITY,
}  # keepers of the system do not act in the ledger
_SYSTEM = states(SYSTEM_ROLE)

_S = State
_RECTIFIABLE = states(_S.ASSIGNED, _S.PLAN_SUBMITTED, _S.PLAN_APPROVED, _S.RECTIFYING)
_CHECKED = states(_S.CLOSE_REQUESTED, _S.VERIFIED, _S.VERIFIED_PROVINCE, _S.PUBLICISED)
_OPEN = frozenset(OPEN_STATES)
_TIMED = _OPEN | {_S.SPOT_CHECK}

MOVES: Mapping[str, Move] = table(
    [
        # T8: who, until when
        Move("assign", states(_S.REGISTERED), _S.ASSIGNED, _DISPATCHERS, (_UNIT, _PERSON, _DUE), guards=(g.due_later,)),
        Move("reassign", _RECTIFIABLE, _S.ASSIGNED, _DISPATCHERS, (_UNIT, _PERSON, _DUE), True, (g.due_later,)),
        Move("acknowledge", _RECTIFIABLE, None, _RECTIFIERS, guards=(g.acknowledged_once,), kind="acknowledged"),
        # T9: the plan
        Move(
            "submit-plan",
            states(_S.ASSIGNED),
            _S.PLAN_SUBMITTED,
            _RECTIFIERS,
            (_MEASURES, Field("milestones", "milestones"), _PEERS),
        ),
        Move(
            "approve-plan",
            states(_S.PLAN_SUBMITTED),
            _S.PLAN_APPROVED,
            _DISPATCHERS,
            guards=(g.not_planner,),
        ),
        Move("reject-plan", states(_S.PLAN_SUBMITTED), _S.ASSIGNED, _DISPATCHERS, (), True, (g.not_planner,)),
        # T10: fixed on the spot
        Move(
            "instant-fix",
            states(_S.REGISTERED, _S.ASSIGNED),
            _S.CLOSE_REQUESTED,
            states(Role.CITY_TEAM),
            (_MEASURES, Field("photo_before", "text"), Field("photo_after", "text")),
            guards=(g.instant, photos_hold),
        ),
        # Rectifying
        Move("start", states(_S.ASSIGNED, _S.PLAN_APPROVED), _S.RECTIFYING, _RECTIFIERS, guards=(g.planned,)),
        Move("report", states(_S.RECTIFYING), None, _RECTIFIERS, (_MEASURES,)),
        Move(
            "complete-milestone",
            states(_S.RECTIFYING),
            None,
            _RECTIFIERS,
            (Field("milestone", "count"), Field("note", "text", required=False)),
            guards=(g.milestones_known,),
        ),
        # T11: more time
        Move("ask-extension", _RECTIFIABLE, None, _RECTIFIERS, (_DAYS,), True, (g.may_ask_extension,)),
        Move("grant-extension", _RECTIFIABLE, None, _DISPATCHERS, (_DAYS,), True, (g.may_grant,)),
        Move("deny-extension", _RECTIFIABLE, None, _DISPATCHERS, (), True, (g.is_asked,)),
        # T12: the closing dossier
        Move(
            "request-close",
            states(_S.RECTIFYING),
            _S.CLOSE_REQUESTED,
            _RECTIFIERS,
            (_MEASURES, _EVIDENCE, _PEERS),
            guards=(g.dossier_complete, evidence_holds, g.data_show_it),
        ),
        # T13, T14: verification
        Move("refuse", _CHECKED, _S.RECTIFYING, _VERIFIERS, (), True, (g.not_rectifier,)),
        Move(
            "verify",
            states(_S.CLOSE_REQUESTED),
            _S.VERIFIED,
            _VERIFIERS,
            (_CONCLUSION, Field("site_visit", "flag", required=False), Field("findings", "texts", required=False)),
            guards=(g.not_rectifier, g.not_assigner, g.not_finder, g.not_fixer, g.not_failed, g.visited),
        ),
        Move(
            "verify-province",
            states(_S.VERIFIED),
            _S.VERIFIED_PROVINCE,
            states(Role.PROVINCE),
            (_CONCLUSION,),
            guards=(g.province_wanted, g.not_rectifier, g.not_assigner, g.not_verifier, g.not_failed),
        ),
        # T15: in public, then closed
        Move(
            "publicise",
            states(_S.VERIFIED, _S.VERIFIED_PROVINCE),
            _S.PUBLICISED,
            _CLOSERS,
            (Field("notice", "text"),),
            guards=(g.province_done, g.not_rectifier, g.masked_notice),
        ),
        Move("object", states(_S.PUBLICISED), _S.CLOSE_REQUESTED, _ACTING, (), True),
        Move(
            "close",
            states(_S.VERIFIED, _S.VERIFIED_PROVINCE, _S.PUBLICISED),
            _S.CLOSED,
            _CLOSERS,
            (),
            True,
            (g.not_rectifier, g.not_verifier, c.case_decided, o.all_lifted, g.province_done, g.publicised),
        ),
        # T16, T17: spot checks
        Move("draw", states(_S.CLOSED), _S.SPOT_CHECK, _HIGHER, DRAW),
        Move("pass-recheck", states(_S.SPOT_CHECK), _S.CLOSED, _HIGHER, (_CONCLUSION,), False, (g.not_verifier,)),
        Move(
            "fail-recheck",
            states(_S.SPOT_CHECK),
            _S.RECTIFYING,
            _HIGHER,
            (_CONCLUSION,),
            guards=(g.not_verifier,),
            effect=g.reopened_due,
        ),
        Move("reopen", states(_S.CLOSED), _S.RECTIFYING, _HIGHER, (), True, effect=g.reopened_due),
        Move("archive", states(_S.CLOSED), _S.ARCHIVED, _CLOSERS, (), True, (g.not_rectifier,)),
        # T18: it came back
        Move(
            "relapse",
            states(_S.CLOSED, _S.SPOT_CHECK, _S.ARCHIVED),
            None,
            _SYSTEM,
            (Field("child", "text"),),
            kind="relapsed",
        ),
        # T19: enforcement
        Move("to-enforcement", _OPEN, None, _ENFORCERS, (_LEGAL, Field("case_no", "text", required=False))),
        Move(
            "to-police",
            _OPEN,
            None,
            _ENFORCERS,
            (_LEGAL, _EVIDENCE),
            True,
            (c.is_fraud, c.papers_for_police, evidence_holds),
        ),
        Move("decide-case", _OPEN, None, _ENFORCERS, (_CASE, Field("outcome", "text")), False, (c.case_open,)),
        Move("suspend", _OPEN, None, _DISPATCHERS, (), True, (c.not_suspended, c.case_suspends)),
        Move("resume", _OPEN, None, _DISPATCHERS, (), True, (c.is_suspended,)),
        # Orders to stop, limit or seal production
        Move(
            "order-stop",
            _OPEN,
            None,
            _DISPATCHERS,
            (
                Field("measure", "text"),
                _LEGAL,
                Field("line", "text"),
                Field("end_condition", "text"),
                Field("until_ms", "time", required=False),
            ),
            True,
            (o.known_measure, o.names_article, o.names_line, o.spares_listed),
        ),
        Move(
            "lift-order",
            _OPEN,
            None,
            _DISPATCHERS,
            (Field("order", "count"), _CONCLUSION),
            guards=(o.some_in_force, o.liftable),
        ),
        # 举一反三
        Move("record-peers", _OPEN, None, _ACTING, (Field("scope", "text"), Field("found", "texts", required=False))),
        # Photos and files: sent to /evidence, sealed here
        Move("attach", frozenset(State), None, _ACTING, (_PIECE,), guards=(attached_once,), kind="attached"),
        # By the clock
        Move("remind", _TIMED, None, _SYSTEM, _TIMER, kind="reminded"),
        Move("escalate", _TIMED, None, _SYSTEM, _TIMER, kind="escalated"),
        Move("receive", _TIMED, None, _ACTING, (Field("sequence", "count"),), guards=(g.receivable,), kind="received"),
        # No delete: void with reason, by two persons
        Move("propose-void", _OPEN, None, _CLOSERS, (), True, (g.not_rectifier, v.none_proposed)),
        Move("deny-void", _OPEN, None, _CLOSERS, (), True, (v.by_another,)),
        Move("withdraw-void", _OPEN, None, _CLOSERS, (), True, (v.by_proposer,)),
        Move("void", _OPEN, _S.VOIDED, _CLOSERS, (), True, (g.not_rectifier, v.by_another, o.all_lifted), "voided"),
        Move("note", frozenset(State), None, _ACTING, (), True, kind="noted"),
    ]
)


def decide(issue: Subject, command: Command, facts: Facts | None = None) -> Entry | Refused:
    """The entry a command on an issue leads to, or why it is refused; `facts` by default the shipped rules."""
    return decide_by(MOVES, issue, command, facts or shipped_facts())
