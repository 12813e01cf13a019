"""What a state machine is made of, and the one function that decides a move. Pure: time and facts are arguments.

Issues, leads and rounds are three tables of moves over this machine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from lantian_proto.both import Both
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.device_time import DeviceTime, JudgedTime, judged
from lantian_tasks.ledger.field_words import field_word
from lantian_tasks.ledger.history import Actor, Entry, SealedEntry

LONGEST_TEXT = 4000
LATEST_MS = 253_402_300_799_999
"""End of the year 9999."""
MOST_ITEMS = 50
MOST_IDS = 1000
LONGEST_ID = 64
SYSTEM_ROLE = "system"
FOUND = ("problem", "none", "not-applicable")
"""Answers to an item of a check list."""


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
    """A refusal with its code and a sentence (`Both`) for whoever asked; `field_name` where one input is to blame."""

    problem: ProblemCode
    detail: str
    field_name: str = ""


FieldKind = Literal[
    "text", "time", "flag", "count", "number", "texts", "ids", "milestones", "evidence", "piece", "check-list"
]


@dataclass(frozen=True, slots=True)
class Field:
    """A named input. text: 1 to 4,000 characters; time: ms since 1970 UTC; texts: up to 50 of 400 characters; ids: up
    to 1,000 of 64 characters, of the service alone; milestones: [{name, due_ms}]; evidence: [{kind, id}]; piece: what
    evidence/piece.py seals, of the service alone; number: at most 1e15; check-list: {list_id, version, answers: [{item,
    found, note, evidence}]}, see leads/checking.py.

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
"""None when the move may go on, else the reason it may not, in both languages (`Both`)."""
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
        return Refused(
            ProblemCode.UNKNOWN_MOVE,
            Both(f"there is no move {command.move!r}; moves: {known}", f"没有这个操作：{command.move}"),
            "move",
        )
    if command.actor.role not in move.roles:
        return Refused(
            ProblemCode.ROLE_NOT_ALLOWED, Both(f"role {command.actor.role} may not {move.name}", "您的角色不能这样做")
        )
    invalid = _invalid_input(move, command)
    if invalid is not None:
        return invalid
    if subject.state not in move.from_states:
        allowed = ", ".join(sorted(move.from_states))
        return Refused(
            ProblemCode.WRONG_STATE,
            Both(f"{move.name} starts from {allowed}; it is {subject.state}", "状态已经改变，请按最新状态操作"),
        )
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
            return Refused(
                ProblemCode.FIELD_UNEXPECTED,
                Both(f"{move.name} takes no {name}", f"多出了不需要的内容：{field_word(name)}"),
                name,
            )
    for name, wanted in known.items():
        if name not in command.fields:
            if wanted.required:
                return Refused(
                    ProblemCode.FIELD_MISSING, Both(f"{move.name} needs {name}", f"请填写：{field_word(name)}"), name
                )
            continue
        problem = _PROBLEM_OF[wanted.kind](command.fields[name])
        if problem is not None:
            return Refused(
                ProblemCode.FIELD_INVALID, Both(f"{name} {problem}", f"{field_word(name)}{problem.zh}"), name
            )
    if len(command.reason) > LONGEST_TEXT:
        return Refused(
            ProblemCode.FIELD_INVALID,
            Both(f"the reason has at most {LONGEST_TEXT} characters", f"理由最多{LONGEST_TEXT}字"),
            "reason",
        )
    if move.reason_required and not command.reason.strip():
        return Refused(
            ProblemCode.FIELD_MISSING, Both(f"{move.name} needs a reason", f"请填写：{field_word('reason')}"), "reason"
        )
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


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and -1e15 <= value <= 1e15  # neither holds for NaN


def _is_note(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 400


def _is_found(value: Any) -> bool:
    return value in FOUND


def _are_ids(value: Any) -> bool:
    return value == [] or _is_list(value, _short)


def _is_answer(value: Any) -> bool:
    return _has(value, item=_short, found=_is_found, note=_is_note, evidence=_are_ids)


def _is_check_list(value: Any) -> bool:
    whole = {"list_id": _short, "version": lambda v: type(v) is int, "answers": lambda v: _is_list(v, _is_answer)}
    return _has(value, **whole)


def _unless(holds: Callable[[Any], bool], problem: Both) -> Callable[[Any], Both | None]:
    return lambda value: None if holds(value) else problem


_PROBLEM_OF: Mapping[FieldKind, Callable[[Any], Both | None]] = {
    "text": _unless(_is_text, Both(f"is a text of 1 to {LONGEST_TEXT} characters", f"应为1至{LONGEST_TEXT}字的文字")),
    "time": _unless(_is_time, Both("is a time in ms since 1970 UTC", "应为时间（1970年以来的毫秒数，UTC）")),
    "flag": _unless(lambda value: isinstance(value, bool), Both("is true or false", "应为是或否")),
    "count": _unless(
        lambda value: type(value) is int and 0 <= value < 2**31, Both("is a whole number from 0", "应为不小于0的整数")
    ),
    "texts": _unless(
        lambda value: _is_list(value, _short),
        Both(f"is a list of 1 to {MOST_ITEMS} texts", f"应为1至{MOST_ITEMS}项文字"),
    ),
    "ids": _unless(
        lambda value: _is_list(value, lambda row: _is_text(row, LONGEST_ID), MOST_IDS),
        Both(
            f"is a list of 1 to {MOST_IDS:,} ids of at most {LONGEST_ID} characters",
            f"应为1至{MOST_IDS}个编号，每个最多{LONGEST_ID}字",
        ),
    ),
    "milestones": _unless(
        lambda value: _is_list(value, lambda row: _has(row, name=_short, due_ms=_is_time)),
        Both(f"is a list of 1 to {MOST_ITEMS} of name and due_ms", f"应为1至{MOST_ITEMS}个节点，各有名称和期限"),
    ),
    "evidence": _unless(
        lambda value: _is_list(value, lambda row: _has(row, kind=_short, id=_short)),
        Both(f"is a list of 1 to {MOST_ITEMS} of kind and id", f"应为1至{MOST_ITEMS}份材料，各有类别和编号"),
    ),
    "piece": _unless(
        lambda value: isinstance(value, dict) and "evidence_id" in value, Both("is a piece of evidence", "应为一份证据")
    ),
    "number": _unless(_is_number, Both("is a number", "应为数字")),
    "check-list": _unless(
        _is_check_list,
        Both(
            "is list_id, version and answers, each with item, found, note and evidence",
            "应为一张检查表及其逐项回答",
        ),
    ),
}
