"""Dead letters and the decisions about them; what may be put back, and as what. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError, Message

from lantian_proto.both import Both
from lantian_proto.events import ONLY_GROUP, header
from lantian_proto.topics import TOPICS
from lantian_proto.v1.command_pb2 import Command
from lantian_proto.v1.dead_letter_pb2 import DeadLetter, DeadLetterDecision
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.registry_pb2 import RegistryChange

CONTRACTS: Final[Mapping[str, type[Message]]] = {
    "lantian.v1.Lead": Lead,
    "lantian.v1.IssueEvent": IssueEvent,
    "lantian.v1.RegistryChange": RegistryChange,
    "lantian.v1.Command": Command,
}
LETTER: Final = "dead_letter_id"  # header: where the record comes from
SHOWN_BYTES: Final = 512


class State(StrEnum):
    """What became of a letter."""

    OPEN = "open"
    REPLAYED = "replayed"
    FIXED = "fixed"
    DISCARDED = "discarded"


STATES: Final = {
    DeadLetterDecision.ACTION_REPLAYED: State.REPLAYED,
    DeadLetterDecision.ACTION_FIXED: State.FIXED,
    DeadLetterDecision.ACTION_DISCARDED: State.DISCARDED,
}


class Refused(Exception):
    """The decision can not be taken; the text says why and what can be done."""


@dataclass(frozen=True, slots=True)
class Case:
    """A letter, and the decision about it where there is one."""

    letter: DeadLetter
    decision: DeadLetterDecision | None

    @property
    def state(self) -> State:
        """What became of it."""
        return State.OPEN if self.decision is None else STATES[self.decision.action]


@dataclass(frozen=True, slots=True)
class Reinjection:
    """The record that goes back to its topic."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def cases(
    letters: Iterable[DeadLetter], decisions: Mapping[str, DeadLetterDecision], *, wanted: Mapping[str, str]
) -> list[Case]:
    """One case a letter, oldest first; a letter that was written twice is one.

    `wanted` has values of topic, group, reason and state; an empty one fits all.
    """
    first: dict[str, DeadLetter] = {}
    for letter in letters:
        first.setdefault(letter.dead_letter_id, letter)
    found = [Case(letter, decisions.get(id_)) for id_, letter in first.items()]

    def fits(case: Case) -> bool:
        letter = case.letter
        fields = {"topic": letter.topic, "group": letter.group, "reason": letter.reason, "state": case.state.value}
        return all(fields[name] == value for name, value in wanted.items() if value)

    return sorted((case for case in found if fits(case)), key=lambda case: case.letter.failed_ms)


def named(all_cases: Iterable[Case], beginning: str) -> Case:
    """The case whose id begins so. Raises Refused when none does, or several."""
    found = [case for case in all_cases if case.letter.dead_letter_id.startswith(beginning)]
    if len(found) != 1:
        why = (
            ("no such letter", "没有这条死信")
            if not found
            else (f"{len(found)} letters begin so", "不止一条死信如此开头")
        )
        raise Refused(Both(f"{beginning}: {why[0]}", f"{beginning}：{why[1]}"))
    return found[0]


def reinjection(case: Case, value: bytes | None, *, newer: bool) -> Reinjection:
    """What goes back: the value in the letter, or `value` where it was mended.

    `newer` says that a compacted topic holds a later record of the same key. Raises Refused.
    """
    letter = case.letter
    if case.decision is not None:
        who, why = case.decision.actor, case.decision.reason
        raise Refused(
            Both(
                f"{letter.dead_letter_id} was {case.state} by {who}: {why}",
                f"这条死信已由 {who} 处理过（{why}）；每条只能决定一次",
            )
        )
    topic = TOPICS.get(letter.topic)
    if topic is None:
        raise Refused(Both(f"{letter.topic} is no topic of this release", f"本版本没有主题 {letter.topic}"))
    if newer:
        raise Refused(
            Both(
                f"{letter.topic} holds a newer record of {letter.key.decode(errors='replace')}: putting the old one "
                "back would undo it; discard the letter",
                "该主题里同一键已有更新的记录，写回旧的会覆盖它；请丢弃",
            )
        )
    sent = letter.value if value is None else value
    if not sent:
        raise Refused(
            Both(
                "an empty value would remove the key from a compacted topic; discard the letter",
                "空内容写回会删除该键；请丢弃",
            )
        )
    if value is not None and (trouble := unreadable(letter.topic, value)):
        raise Refused(
            Both(
                f"the mended value is no {topic.contract}: {trouble}",
                f"修正后的内容仍不合契约 {topic.contract}：{trouble}",
            )
        )
    kept = [(one.name, one.value) for one in letter.headers if one.name not in (ONLY_GROUP, LETTER)]
    marks = [(LETTER, letter.dead_letter_id.encode()), (ONLY_GROUP, letter.group.encode())]
    return Reinjection(letter.topic, letter.partition, letter.key or None, sent, (*kept, *marks))


def decision(
    case: Case, action: DeadLetterDecision.Action, *, actor: str, reason: str, now_ms: int, sent: bytes | None
) -> DeadLetterDecision:
    """The record of what was decided. Raises Refused without a name and a reason, or where one stands already."""
    if case.decision is not None:
        who = case.decision.actor
        raise Refused(
            Both(
                f"{case.letter.dead_letter_id} was {case.state} by {who}",
                f"这条死信已由 {who} 处理过；每条只能决定一次",
            )
        )
    if not actor.strip() or not reason.strip():
        raise Refused(Both("a decision needs a name and a reason", "决定须写明姓名和理由"))
    return DeadLetterDecision(
        dead_letter_id=case.letter.dead_letter_id,
        action=action,
        actor=actor.strip(),
        reason=reason.strip(),
        decided_ms=now_ms,
        value_sha256=hashlib.sha256(case.letter.value).hexdigest(),
        sent_sha256="" if sent is None else hashlib.sha256(sent).hexdigest(),
    )


def written(topic: str, fields: Mapping[str, object]) -> bytes:
    """The value that a topic's contract makes of fields as `described` shows them. Raises Refused."""
    kind = CONTRACTS.get(TOPICS[topic].contract) if topic in TOPICS else None
    if kind is None:
        raise Refused(Both(f"values of {topic} are bytes without fields", f"主题 {topic} 的内容是字节，没有字段"))
    try:
        return ParseDict(dict(fields), kind()).SerializeToString()
    except ParseError as error:
        contract = TOPICS[topic].contract
        raise Refused(
            Both(f"these are no fields of {contract}: {error}", f"字段不合契约 {contract}：{error}")
        ) from error


def unreadable(topic: str, value: bytes) -> str:
    """Why a value can not be read as its topic's contract says; empty when it can, or when the contract is bytes."""
    kind = CONTRACTS.get(TOPICS[topic].contract) if topic in TOPICS else None
    if kind is None:
        return ""
    try:
        kind.FromString(value)
    except DecodeError as error:
        return str(error) or "not decodable"
    return ""


def described(case: Case, shown_bytes: int = SHOWN_BYTES) -> dict[str, object]:
    """A letter for people and machines: where it lay, why it lies here, what is in it; of the bytes so many."""
    letter = case.letter
    sent = [(one.name, one.value) for one in letter.headers]
    shown: dict[str, object] = {
        "id": letter.dead_letter_id,
        "state": case.state.value,
        "reason": letter.reason,
        "detail": letter.detail,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "timestamp_ms": letter.timestamp_ms,
        "failed_ms": letter.failed_ms,
        "group": letter.group,
        "attempts": letter.attempts,
        "service_version": letter.service_version,
        "key": letter.key.decode(errors="replace"),
        "ce_type": header(sent, "ce_type") or "",
        "headers": {name: value.decode(errors="replace") for name, value in sent},
        "value_bytes": len(letter.value),
        "value_hex": letter.value[:shown_bytes].hex(),
        "value": _read(letter),
    }
    if case.decision is not None:
        shown["decision"] = MessageToDict(case.decision, preserving_proto_field_name=True)
    return shown


def _read(letter: DeadLetter) -> object:
    topic = TOPICS.get(letter.topic)
    kind = CONTRACTS.get(topic.contract) if topic else None
    if kind is not None and not unreadable(letter.topic, letter.value):
        return MessageToDict(kind.FromString(letter.value), preserving_proto_field_name=True)
    try:
        return json.loads(letter.value)
    except ValueError:
        text = letter.value[:SHOWN_BYTES].decode(errors="replace")
        return text if text.isprintable() else None
