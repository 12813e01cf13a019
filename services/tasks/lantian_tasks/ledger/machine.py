"""What a state machine is made of, and the one function that decides a move. Pure: time and facts are arguments.

Issues, leads and rounds are three tables of moves over this machine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.device_time import DeviceTime, JudgedTime, judged
from lantian_tasks.ledger.history import Actor, Entry, SealedEntry

LONGEST_TEXT = 4000
LATEST_MS = 253_402_300_799_999
"""End of the year 9999."""
MOST_ITEMS = 50
MOST_IDS = 1000
LONGEST_ID = 64
SYSTEM_ROLE = "system"


class Role(StrEnum):
    """Roles of people and systems; `system` is no role of an account. The three administrators are different persons
    三员分立: `administrator` runs the suite, `security` keeps the accounts and sees nothing of the ledger, `auditor`
    reads everything and writes nothing.
    """

    MINISTRY = "ministry"
    PROVINCE = "province"
    CITY_OFFICE = "city-office"
    CITY_TEAM = "city-team"
    COUNTY = "county"
    ENTERPRISE = "enterprise"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SECURITY = "security"


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks for. `fields` are the named inputs of the move besides the reason; `device` what a phone says
    of when it was done.
    """

    move: str
    actor: Actor
    at_ms: int
    reason: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    device: DeviceTime | None = None

    def asked(self) -> dict[str, Any]:
        """What makes two requests the same, plain JSON: everything but the present, by any clock. When a person says to
        have acted is part of it; what their device shows while it sends is not.
        """
        happened = {"happened_ms": self.device.happened_ms} if self.device is not None else {}
        return {"move": self.move, "reason": self.reason, "fields": dict(self.fields), **happened}


class ProblemCode(StrEnum):
    """Why a move is refused."""

    UNKNOWN_MOVE = "unknown-move"
    WRONG_STATE = "wrong-state"
    ROLE_NOT_ALLOWED = "role-not-allowed"
    FIELD_MISSING = "field-missing"
    FIELD_UNEXPECTED = "field-unexpected"
    FIELD_INVALID = "field-invalid"
    GUARD = "guard"
    TOO_LONG = "too-long"
    BACK_DATED = "back-dated"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal with its code and a sentence for the person who asked; `field_name` where one input is to blame."""

    problem: ProblemCode
    detail: str
    field_name: str = ""


FieldKind = Literal["text", "time", "flag", "count", "texts", "ids", "milestones", "evidence", "piece"]


@dataclass(frozen=True, slots=True)
class Field:
    """A named input. text: 1 to 4,000 characters; time: ms since 1970 UTC; texts: up to 50 of 400 characters; ids: up
    to 1,000 of 64 characters, of the service alone; milestones: [{name, due_ms}]; evidence: [{kind, id}]; piece: what
    evidence/piece.py seals, of the service alone.

    `internal`: the service fills it in, nobody is asked for it.
    """

    name: str
    kind: FieldKind
    required: bool = True
    internal: bool = False


DRAW = (
    Field("seed", "text"),
    Field("rate", "text", required=False, internal=True),
    Field("eligible", "count", required=False, internal=True),
)
"""With the rate and the number drawn from, whoever knows the seed draws the same again."""


class Subject(Protocol):
    """What a decision needs of an issue, a lead or a round."""

    @property
    def state(self) -> str:
        """Where it stands."""

    @property
    def history(self) -> Sequence[SealedEntry]:
        """What happened so far."""

    @property
    def gravity(self) -> int:
        """1 minor to 4 grave, relapses counted in."""

    @property
    def category(self) -> str:
        """Category of the problem, see policy.yaml."""

    @property
    def is_child(self) -> bool:
        """Whether it is the relapse of another issue."""

    @property
    def by_ministry(self) -> bool:
        """Whether the ministry pushed it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A command and everything it is judged by."""

    subject: Subject
    command: Command
    facts: Facts

    @property
    def history(self) -> Sequence[SealedEntry]:
        """What happened so far."""
        return self.subject.history


Guard = Callable[[Situation], str | None]
"""None when the move may go on, else the reason it may not."""
Effect = Callable[[Situation], Mapping[str, Any]]
"""Fields that the machine itself adds to the entry."""


@dataclass(frozen=True, slots=True)
class Move:
    """One way between states. `to_state` None: the state stays."""

    name: str
    from_states: frozenset[str]
    to_state: str | None
    roles: frozenset[str]
    fields: tuple[Field, ...] = ()
    reason_required: bool = False
    guards: tuple[Guard, ...] = ()
    kind: str = "moved"
    effect: Effect | None = None


def states(*names: str) -> frozenset[str]:
    """A set of states."""
    return frozenset(names)


def table(moves: Iterable[Move]) -> dict[str, Move]:
    """Moves by name."""
    return {move.name: move for move in moves}


def decide(moves: Mapping[str, Move], subject: Subject, command: Command, facts: Facts) -> Entry | Refused:
    """The entry a command leads to, or why it is refused. Says nothing about who may see the subject at all."""
    move = moves.get(command.move)
    if move is None:
        known = ", ".join(name for name, row in moves.items() if row.roles != {SYSTEM_ROLE})
        return Refused(ProblemCode.UNKNOWN_MOVE, f"there is no move {command.move!r}; moves: {known}", "move")
    if command.actor.role not in move.roles:
        return Refused(ProblemCode.ROLE_NOT_ALLOWED, f"role {command.actor.role} may not {move.name}")
    invalid = _invalid_input(move, command)
    if invalid is not None:
        return invalid
    if subject.state not in move.from_states:
        allowed = ", ".join(sorted(move.from_states))
        return Refused(ProblemCode.WRONG_STATE, f"{move.name} starts from {allowed}; it is {subject.state}")
    situation = Situation(subject, command, facts)
    for guard in move.guards:
        objection = guard(situation)
        if objection is not None:
            return Refused(ProblemCode.GUARD, objection)
    time = _judged_time(move, subject, command, facts)
    if time is not None and time.objection and not command.reason.strip():
        return Refused(ProblemCode.BACK_DATED, time.objection, "reason")
    given = {name: value.strip() if isinstance(value, str) else value for name, value in command.fields.items()}
    return Entry(
        kind=move.kind,
        move=move.name,
        from_state=subject.state,
        to_state=move.to_state or subject.state,
        actor=command.actor,
        reason=command.reason.strip(),
        at_ms=command.at_ms,
        fields=given | dict(move.effect(situation) if move.effect else {}),
        device=time.sealed if time is not None else None,
    )


def _judged_time(move: Move, subject: Subject, command: Command, facts: Facts) -> JudgedTime | None:
    if command.device is None:
        return None
    is_file = any(row.kind == "piece" for row in move.fields)
    return judged(command.device, command.at_ms, subject.history, facts.policy.device_time, follows=not is_file)


def _invalid_input(move: Move, command: Command) -> Refused | None:
    known = {row.name: row for row in move.fields}
    for name in command.fields:
        if name not in known:
            return Refused(ProblemCode.FIELD_UNEXPECTED, f"{move.name} takes no {name}", name)
    for name, wanted in known.items():
        if name not in command.fields:
            if wanted.required:
                return Refused(ProblemCode.FIELD_MISSING, f"{move.name} needs {name}", name)
            continue
        problem = _PROBLEM_OF[wanted.kind](command.fields[name])
        if problem:
            return Refused(ProblemCode.FIELD_INVALID, f"{name} {problem}", name)
    if len(command.reason) > LONGEST_TEXT:
        return Refused(ProblemCode.FIELD_INVALID, f"the reason has at most {LONGEST_TEXT} characters", "reason")
    if move.reason_required and not command.reason.strip():
        return Refused(ProblemCode.FIELD_MISSING, f"{move.name} needs a reason", "reason")
    return None


def _is_text(value: Any, longest: int = LONGEST_TEXT) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= longest


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 < value <= LATEST_MS


def _is_list(value: Any, holds: Callable[[Any], bool], most: int = MOST_ITEMS) -> bool:
    return isinstance(value, list) and 0 < len(value) <= most and all(map(holds, value))


def _has(value: Any, **kinds: Callable[[Any], bool]) -> bool:
    return isinstance(value, dict) and value.keys() == kinds.keys() and all(kinds[name](value[name]) for name in kinds)


def _short(value: Any) -> bool:
    return _is_text(value, 400)


def _unless(holds: Callable[[Any], bool], problem: str) -> Callable[[Any], str]:
    return lambda value: "" if holds(value) else problem


_PROBLEM_OF: Mapping[FieldKind, Callable[[Any], str]] = {
    "text": _unless(_is_text, f"is a text of 1 to {LONGEST_TEXT} characters"),
    "time": _unless(_is_time, "is a time in ms since 1970 UTC"),
    "flag": _unless(lambda value: isinstance(value, bool), "is true or false"),
    "count": _unless(lambda value: type(value) is int and 0 <= value < 2**31, "is a whole number from 0"),
    "texts": _unless(lambda value: _is_list(value, _short), f"is a list of 1 to {MOST_ITEMS} texts"),
    "ids": _unless(
        lambda value: _is_list(value, lambda row: _is_text(row, LONGEST_ID), MOST_IDS),
        f"is a list of 1 to {MOST_IDS:,} ids of at most {LONGEST_ID} characters",
    ),
    "milestones": _unless(
        lambda value: _is_list(value, lambda row: _has(row, name=_short, due_ms=_is_time)),
        f"is a list of 1 to {MOST_ITEMS} of name and due_ms",
    ),
    "evidence": _unless(
        lambda value: _is_list(value, lambda row: _has(row, kind=_short, id=_short)),
        f"is a list of 1 to {MOST_ITEMS} of kind and id",
    ),
    "piece": _unless(lambda value: isinstance(value, dict) and "evidence_id" in value, "is a piece of evidence"),
}
