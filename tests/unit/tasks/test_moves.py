"""The life cycle: every move from every state by every role, and its inputs."""

from functools import cache
from typing import Any

import pytest

from lantian_tasks.ledger.history import Actor, Entry
from lantian_tasks.ledger.issue import OPEN_STATES, Issue, State
from lantian_tasks.ledger.machine import SYSTEM_ROLE
from lantian_tasks.ledger.moves import (
    LONGEST_TEXT,
    MOVES,
    Command,
    Move,
    ProblemCode,
    Refused,
    Role,
    decide,
    responsible,
)
from tests.support.tasks_issues import (
    ASSIGNMENT,
    CLOSE,
    CLOSER,
    DISPATCHER,
    DUE_MS,
    EVIDENCE,
    NOW_MS,
    a_piece,
    after,
    an_issue,
    command,
)

RECTIFIABLE = "assigned plan-submitted plan-approved rectifying"
CHECKED = "close-requested verified verified-province publicised"
OPEN = f"registered {RECTIFIABLE} {CHECKED}"
ALL = f"{OPEN} closed spot-check archived voided"
# Written out on purpose: a change of the table must be said twice. Move: from states, to state ("" stays), roles.
TABLE = {
    "assign": ("registered", "assigned", "city-office province"),
    "reassign": (RECTIFIABLE, "assigned", "city-office province"),
    "acknowledge": (RECTIFIABLE, "", "enterprise county city-team"),
    "submit-plan": ("assigned", "plan-submitted", "enterprise county city-team"),
    "approve-plan": ("plan-submitted", "plan-approved", "city-office province"),
    "reject-plan": ("plan-submitted", "assigned", "city-office province"),
    "instant-fix": ("registered assigned", "close-requested", "city-team"),
    "start": ("assigned plan-approved", "rectifying", "enterprise county city-team"),
    "report": ("rectifying", "", "enterprise county city-team"),
    "complete-milestone": ("rectifying", "", "enterprise county city-team"),
    "ask-extension": (RECTIFIABLE, "", "enterprise county city-team"),
    "grant-extension": (RECTIFIABLE, "", "city-office province"),
    "deny-extension": (RECTIFIABLE, "", "city-office province"),
    "request-close": ("rectifying", "close-requested", "enterprise county city-team"),
    "refuse": (CHECKED, "rectifying", "city-office city-team province ministry"),
    "verify": ("close-requested", "verified", "city-office city-team province ministry"),
    "verify-province": ("verified", "verified-province", "province"),
    "publicise": ("verified verified-province", "publicised", "city-office province ministry"),
    "object": ("publicised", "close-requested", "ministry province city-office city-team county enterprise"),
    "close": ("verified verified-province publicised", "closed", "city-office province ministry"),
    "draw": ("closed", "spot-check", "province ministry"),
    "pass-recheck": ("spot-check", "closed", "province ministry"),
    "fail-recheck": ("spot-check", "rectifying", "province ministry"),
    "reopen": ("closed", "rectifying", "province ministry"),
    "archive": ("closed", "archived", "city-office province ministry"),
    "relapse": ("closed spot-check archived", "", "system"),
    "to-enforcement": (OPEN, "", "city-team city-office province ministry"),
    "to-police": (OPEN, "", "city-team city-office province ministry"),
    "decide-case": (OPEN, "", "city-team city-office province ministry"),
    "suspend": (OPEN, "", "city-office province"),
    "resume": (OPEN, "", "city-office province"),
    "order-stop": (OPEN, "", "city-office province"),
    "lift-order": (OPEN, "", "city-office province"),
    "record-peers": (OPEN, "", "ministry province city-office city-team county enterprise"),
    "remind": (f"{OPEN} spot-check", "", "system"),
    "escalate": (f"{OPEN} spot-check", "", "system"),
    "receive": (f"{OPEN} spot-check", "", "ministry province city-office city-team county enterprise"),
    "propose-void": (OPEN, "", "city-office province ministry"),
    "deny-void": (OPEN, "", "city-office province ministry"),
    "withdraw-void": (OPEN, "", "city-office province ministry"),
    "void": (OPEN, "voided", "city-office province ministry"),
    "attach": (ALL, "", "ministry province city-office city-team county enterprise"),
    "note": (ALL, "", "ministry province city-office city-team county enterprise"),
}
BY_KIND: dict[str, Any] = {
    "text": "文字",
    "time": DUE_MS,
    "flag": True,
    "count": 1,
    "texts": ["甲厂"],
    "milestones": [{"name": "换喷淋层", "due_ms": DUE_MS}],
    "evidence": EVIDENCE,
    "piece": a_piece("photo-before", "ev-another"),
}


@cache
def standing_in(state: State) -> Issue:
    """An issue in a state, built once."""
    return an_issue(state)


def wish(move: Move, role: str, actor_id: str = "somebody-else") -> Command:
    """A command with every input the move takes."""
    return command(
        move.name, Actor(actor_id, role, "somewhere"), "因为", **{f.name: BY_KIND[f.kind] for f in move.fields}
    )


def test_the_table_is_the_one_written_here() -> None:
    """Moves, their ends and their roles."""
    found = {
        name: (set(map(str, move.from_states)), str(move.to_state or ""), set(map(str, move.roles)))
        for name, move in MOVES.items()
    }
    assert found == {name: (set(a.split()), to, set(who.split())) for name, (a, to, who) in TABLE.items()}


@pytest.mark.parametrize("name", MOVES)
def test_each_move_from_each_state(name: str) -> None:
    """Refused from every other state than the table's; where a guard lets it pass, it leads where the table says."""
    move, (begin, end, _) = MOVES[name], TABLE[name]
    for state in State:
        decided = decide(standing_in(state), wish(move, min(move.roles)))
        if str(state) not in begin.split():
            assert isinstance(decided, Refused), (name, state)
            assert decided.problem == ProblemCode.WRONG_STATE, (name, state, decided)
        elif isinstance(decided, Refused):
            assert decided.problem == ProblemCode.GUARD, (name, state, decided)
        else:
            assert (decided.from_state, decided.to_state) == (state, end or state)
            assert (decided.at_ms, decided.reason, decided.move) == (NOW_MS, "因为", name)


@pytest.mark.parametrize("name", MOVES)
def test_each_move_by_each_role(name: str) -> None:
    """Only the roles of the move may make it; the system makes nobody's moves."""
    move = MOVES[name]
    issue = standing_in(State(min(move.from_states)))
    for role in (*Role, SYSTEM_ROLE):
        decided = decide(issue, wish(move, role))
        refused_for_role = isinstance(decided, Refused) and decided.problem == ProblemCode.ROLE_NOT_ALLOWED
        assert refused_for_role == (role not in TABLE[name][2].split()), (name, role)


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if move.reason_required])
def test_a_reason_is_demanded(name: str) -> None:
    """Blank is no reason."""
    move = MOVES[name]
    fields = {f.name: BY_KIND[f.kind] for f in move.fields}
    decided = decide(
        standing_in(State(min(move.from_states))), command(name, Actor("x", min(move.roles), ""), " ", **fields)
    )
    assert isinstance(decided, Refused)
    assert (decided.problem, decided.field_name) == (ProblemCode.FIELD_MISSING, "reason")


@pytest.mark.parametrize(
    ("fields", "problem", "blamed"),
    [
        ({"unit": "u", "person": "p"}, "field-missing", "due_ms"),
        ({"unit": " ", "person": "p", "due_ms": DUE_MS}, "field-invalid", "unit"),
        ({"unit": "u" * (LONGEST_TEXT + 1), "person": "p", "due_ms": DUE_MS}, "field-invalid", "unit"),
        ({"unit": 7, "person": "p", "due_ms": DUE_MS}, "field-invalid", "unit"),
        ({"unit": "u", "person": "p", "due_ms": "tomorrow"}, "field-invalid", "due_ms"),
        ({"unit": "u", "person": "p", "due_ms": 10**18}, "field-invalid", "due_ms"),
        ({"unit": "u", "person": "p", "due_ms": DUE_MS, "$where": "1"}, "field-unexpected", "$where"),
        ({"unit": "u", "person": "p", "due_ms": NOW_MS}, "guard", ""),
        ({"unit": "u", "person": "p", "due_ms": NOW_MS + 61 * 86_400_000}, "guard", ""),
    ],
)
def test_inputs_of_assign(fields: dict[str, Any], problem: str, blamed: str) -> None:
    """Unit, person and a due date after now and within sixty days, nothing else."""
    decided = decide(standing_in(State.REGISTERED), command("assign", DISPATCHER, **fields))
    assert isinstance(decided, Refused)
    assert (decided.problem, decided.field_name) == (problem, blamed)


@pytest.mark.parametrize(
    "milestones",
    [[], [{"name": "x"}], [{"name": "x", "due_ms": 1, "$set": 1}], "x", [{"name": "", "due_ms": 1}], [1] * 51],
)
def test_lists_are_checked_row_by_row(milestones: Any) -> None:
    """What is no milestone is no plan."""
    wished = command("submit-plan", Actor("x", "enterprise", ""), measures="m", milestones=milestones)
    decided = decide(standing_in(State.ASSIGNED), wished)
    assert isinstance(decided, Refused)
    assert (decided.problem, decided.field_name) == (ProblemCode.FIELD_INVALID, "milestones")


def test_an_unknown_move_is_refused() -> None:
    """The refusal names the moves there are for people."""
    decided = decide(standing_in(State.REGISTERED), command("delete", DISPATCHER))
    assert isinstance(decided, Refused)
    assert decided.problem == ProblemCode.UNKNOWN_MOVE
    assert "void" in decided.detail
    assert "escalate" not in decided.detail


def test_open_states_are_those_before_the_end() -> None:
    """What the gauges count as open."""
    assert {str(state) for state in OPEN_STATES} == set(OPEN.split())


def test_the_assignment_in_force_is_the_last() -> None:
    """Nobody is responsible before the first assignment; a reassignment replaces it."""
    assert responsible(standing_in(State.REGISTERED).history) is None
    again = command("reassign", DISPATCHER, "换人", unit="u", person="p", due_ms=DUE_MS)
    issue = after(standing_in(State.ASSIGNED), again)
    entry = responsible(issue.history)
    assert entry is not None
    assert entry["fields"]["person"] == "p"
    assert (issue.head.standing.unit, issue.head.standing.person) == ("u", "p")
    assert standing_in(State.ASSIGNED).head.standing.unit == ASSIGNMENT["unit"]


def test_texts_are_kept_trimmed() -> None:
    """Blanks around reasons and texts are not evidence."""
    decided = decide(standing_in(State.PUBLICISED), command("close", CLOSER, "  整改到位 ", CLOSE.at_ms))
    assert isinstance(decided, Entry), decided
    assert decided.reason == CLOSE.reason
