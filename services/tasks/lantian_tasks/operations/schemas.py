"""What goes in and out of /v1/operations."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lantian_kit.dead_letters.letters import Case, described
from lantian_proto.both import Both
from lantian_proto.v1.feed_event_pb2 import FeedEvent

Word = Literal["replay", "fix", "discard"]
SHOWN_BYTES = 64 * 1024
"""Of one letter's value; a longer one is mended with `lantian dlq`."""
MOST_HEX = 4 * 1024 * 1024


class LetterRow(BaseModel):
    """A record that a consumer group could not use."""

    id: str
    state: Literal["open", "replayed", "fixed", "discarded"]
    reason: str = Field(description="Name of the kind of trouble", examples=["undecodable"])
    detail: str
    topic: str
    partition: int
    offset: int
    group: str = Field(description="Consumer group that gave it up")
    attempts: int
    service_version: str
    key: str
    failed_ms: int = Field(description="When it was given up, ms since 1970 UTC")
    value_bytes: int


class LettersOut(BaseModel):
    """The newest letters; of each partition the last 2000 are looked at."""

    items: list[LetterRow]
    found: int = Field(description="How many fit, those beyond the limit too")


class DecisionOut(BaseModel):
    """What was decided about a letter; the hashes say what lay there and what was sent."""

    action: Word
    actor: str
    reason: str
    decided_ms: int
    value_sha256: str
    sent_sha256: str


class LetterOut(LetterRow):
    """A letter with what can be read of its value."""

    ce_type: str
    timestamp_ms: int = Field(description="When the record was written first, ms since 1970 UTC")
    headers: dict[str, str]
    value_hex: str = Field(description="The first 64 KiB, hexadecimal")
    value: Any = Field(description="The fields of a message, JSON, or text; null when none of these can be read")
    editable: Literal["fields", "bytes", "none"] = Field(
        description="How a mended value is sent: as fields of the contract, as bytes, or not from here"
    )
    decision: DecisionOut | None


class DecisionIn(BaseModel):
    """A decision is taken once. A fix carries the mended value in one of two forms."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"action": "discard", "reason": "发送方已重发"}]}
    )

    action: Word
    reason: Annotated[str, StringConstraints(min_length=2, max_length=500, strip_whitespace=True)] = Field(
        description="Why; it is kept with the decision and in the audit"
    )
    value_hex: Annotated[str, StringConstraints(pattern=r"^([0-9a-fA-F]{2})+$", max_length=MOST_HEX)] | None = None
    fields: dict[str, Any] | None = Field(default=None, description="Fields of the topic's contract, all of them")

    @model_validator(mode="after")
    def _value_of_a_fix(self) -> Self:
        given = (self.value_hex is not None) + (self.fields is not None)
        if given != (self.action == "fix"):
            raise ValueError(
                Both(
                    "a fix has either value_hex or fields, and nothing else has them",
                    "修正须给出 value_hex 或 fields 之一，其他决定不带内容",
                )
            )
        return self


class BehindRow(BaseModel):
    """Records that a group has not acknowledged yet."""

    group: str
    topic: str
    partitions: int
    records: int


class BehindOut(BaseModel):
    """Every group at the broker, those furthest behind first."""

    items: list[BehindRow]


class FeedEventRow(BaseModel):
    """Something the gateway noticed about a sender."""

    event_id: str
    feed: str = Field(description="As it names itself; vehicles by their pseudonym")
    kind: str = Field(examples=["two-addresses", "stranger", "packets-missing", "activation", "adopted"])
    at_ms: int = Field(description="By the suite's clock, ms since 1970 UTC")
    addresses: list[str] = Field(description="Without ports")
    detail: str


class FeedEventPage(BaseModel):
    """A page of events, newest first; of each partition the last 2000 are looked at."""

    items: list[FeedEventRow]
    next_cursor: str | None
    unreadable: int = Field(
        description="Records among those looked at that are no event: another release's, or foreign"
    )


ACTIONS: dict[str, Word] = {"ACTION_REPLAYED": "replay", "ACTION_FIXED": "fix", "ACTION_DISCARDED": "discard"}


def row_of(case: Case) -> LetterRow:
    """A line of the list."""
    return LetterRow.model_validate(described(case))


def event_row(event: FeedEvent) -> FeedEventRow:
    """A line of the list of events."""
    return FeedEventRow(
        event_id=event.event_id,
        feed=event.feed_id,
        kind=event.kind,
        at_ms=event.at_ms,
        addresses=list(event.addresses),
        detail=event.detail,
    )


def letter_of(case: Case, has_fields: bool) -> LetterOut:
    """The whole letter; `has_fields`: its topic's contract is a message."""
    shown = described(case, SHOWN_BYTES)
    decided = case.decision
    whole = len(case.letter.value) <= SHOWN_BYTES
    decision = None
    if decided is not None:
        decision = DecisionOut(
            action=ACTIONS[decided.Action.Name(decided.action)],
            actor=decided.actor,
            reason=decided.reason,
            decided_ms=decided.decided_ms,
            value_sha256=decided.value_sha256,
            sent_sha256=decided.sent_sha256,
        )
    editable = "none" if not whole or decided is not None else "fields" if has_fields else "bytes"
    return LetterOut.model_validate({**shown, "decision": decision, "editable": editable})
