"""Issues in any state, brought there by real moves."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.clocks.facts import Verdict, shipped_facts
from lantian_tasks.evidence.piece import Piece, sealed_fields
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.intake import fold, wanted
from lantian_tasks.ledger.issue import Frame, Issue, Place, Pointer, State, Step
from lantian_tasks.ledger.moves import Command
from tests.support.tasks_leads import START_MS, a_lead

PLACE = Place("91130100MA07T6XX00", "某钢铁有限公司", "1号烧结机头排口", "130102")
NOW_MS = START_MS + 7_200_000
DUE_MS = NOW_MS + 7 * 86_400_000

DISPATCHER = Actor("office-1", "city-office", "石家庄市大气办")
CLOSER = Actor("office-2", "city-office", "石家庄市大气办")
ENTERPRISE = Actor("plant-1", "enterprise", "91130100MA07T6XX00")
INSPECTOR = Actor("team-1", "city-team", "石家庄市执法队")
PROVINCE = Actor("province-1", "province", "河北省生态环境厅")

ASSIGNMENT: dict[str, Any] = {"unit": "某钢铁有限公司", "person": "王工", "due_ms": DUE_MS}

DAY_MS = 86_400_000
AFTER_NOTICE_MS = NOW_MS + 20 * DAY_MS
"""Long after any notice of five working days that began at NOW_MS."""
MEASURES = "更换喷淋层"
EVIDENCE = [{"kind": kind, "id": f"ev-{kind}"} for kind in ("rectification-report", "photo-before", "photo-after")]


def a_piece(kind: str, id_: str = "", subject: str = "issue/any") -> dict[str, Any]:
    """What an entry seals of a piece of evidence; its id by default that of EVIDENCE."""
    sha256 = hashlib.sha256(kind.encode()).hexdigest()
    at_ms = NOW_MS
    return sealed_fields(Piece(id_ or f"ev-{kind}", subject, kind, "", "application/pdf", 9, sha256, at_ms, "plant-1"))


FACTS = replace(shipped_facts(), compliance=Verdict(True, 72, 80, 1.0, "80 of 80 valid hours in the limit"))
"""The shipped rules, and data that show the fix."""

PATHS: dict[State, Sequence[Command]] = {}


def command(move: str, actor: Actor, reason: str = "", at_ms: int = NOW_MS, **fields: Any) -> Command:
    """A command as the API builds it."""
    return Command(move=move, actor=actor, at_ms=at_ms, reason=reason, fields=fields)


ASSIGN = command("assign", DISPATCHER, **ASSIGNMENT)
SUBMIT = command(
    "submit-plan", ENTERPRISE, measures=MEASURES, milestones=[{"name": "换喷淋层", "due_ms": DUE_MS - DAY_MS}]
)
APPROVE = command("approve-plan", DISPATCHER)
START = command("start", ENTERPRISE)
REPORT = command("report", ENTERPRISE, measures=MEASURES)
COMPLETE = command("complete-milestone", ENTERPRISE, milestone=0)
ATTACH = [command("attach", ENTERPRISE, piece=a_piece(row["kind"])) for row in EVIDENCE]
REQUEST = command("request-close", ENTERPRISE, measures=MEASURES, evidence=EVIDENCE)
VERIFY = command("verify", INSPECTOR, conclusion="连续72小时达标", site_visit=True)
PUBLICISE = command("publicise", CLOSER, notice="https://city.example/notice/1")
CLOSE = command("close", CLOSER, "整改到位", AFTER_NOTICE_MS)
PROPOSE_VOID = command("propose-void", DISPATCHER, "重复线索")
DRAW = command("draw", PROVINCE, at_ms=AFTER_NOTICE_MS, seed="2026-12")

_PLANNED = [ASSIGN, SUBMIT, APPROVE]
_REQUESTED = [*_PLANNED, START, COMPLETE, *ATTACH, REQUEST]
_CLOSED = [*_REQUESTED, VERIFY, PUBLICISE, CLOSE]
PATHS |= {
    State.REGISTERED: [],
    State.ASSIGNED: [ASSIGN],
    State.PLAN_SUBMITTED: [ASSIGN, SUBMIT],
    State.PLAN_APPROVED: _PLANNED,
    State.RECTIFYING: [*_PLANNED, START],
    State.CLOSE_REQUESTED: _REQUESTED,
    State.VERIFIED: [*_REQUESTED, VERIFY],
    State.PUBLICISED: [*_REQUESTED, VERIFY, PUBLICISE],
    State.CLOSED: _CLOSED,
    State.SPOT_CHECK: [*_CLOSED, DRAW],
    State.ARCHIVED: [*_CLOSED, command("archive", CLOSER, "归档", AFTER_NOTICE_MS)],
    State.VOIDED: [PROPOSE_VOID, command("void", CLOSER, "重复线索")],
}
"""The shortest way to each state for an exceedance of severity 3; the province need not verify that one."""
GRAVE = [*_REQUESTED, VERIFY, command("verify-province", PROVINCE, conclusion="属实")]
"""The way of severity 4 to verified-province."""


def a_frame(pointer: Pointer) -> Frame:
    """The frame a pointer means; its bytes follow from where it lies."""
    data = f"##0101QN=20261122080000000;ST=31;CN=2061;MN=M1;offset={pointer.offset}".encode()
    return Frame(pointer, True, data, hashlib.sha256(data).hexdigest(), NOW_MS, "10.0.0.1:5000", "right")


def take(issue: Issue | None, lead: Lead, at_ms: int = NOW_MS, place: Place = PLACE) -> Issue | None:
    """The issue after a lead message."""
    step = fold(issue, lead, lead.SerializeToString(), [a_frame(p) for p in wanted(issue, lead)], place, at_ms)
    return step.issue if isinstance(step, Step) else issue


def an_issue(state: State = State.REGISTERED, lead: Lead | None = None, place: Place = PLACE) -> Issue:
    """An issue in `state`, by the shortest way."""
    if state == State.VERIFIED_PROVINCE:
        lead = lead or a_lead(severity=4)
    issue = take(None, lead or a_lead(), place=place)
    assert issue is not None
    return after(issue, *(GRAVE if state == State.VERIFIED_PROVINCE else PATHS[state]))


def after(issue: Issue, *commands: Command) -> Issue:
    """The issue after moves that must all be allowed."""
    for number, wish in enumerate(commands):
        step = act(issue, wish, f"key-{issue.head.rev}-{number}", FACTS)
        assert isinstance(step, Step), step
        issue = step.issue
    return issue
