"""What an issue 问题 is: everything the ledger keeps about one episode, in one document. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lantian_tasks.ledger.history import SealedEntry


class State(StrEnum):
    """Where an issue stands; README.md has the table of the ways between."""

    REGISTERED = "registered"
    ASSIGNED = "assigned"
    PLAN_SUBMITTED = "plan-submitted"
    PLAN_APPROVED = "plan-approved"
    RECTIFYING = "rectifying"
    CLOSE_REQUESTED = "close-requested"
    VERIFIED = "verified"
    VERIFIED_PROVINCE = "verified-province"
    PUBLICISED = "publicised"
    CLOSED = "closed"
    SPOT_CHECK = "spot-check"
    ARCHIVED = "archived"
    VOIDED = "voided"


ENDED_STATES = (State.CLOSED, State.SPOT_CHECK, State.ARCHIVED, State.VOIDED)
OPEN_STATES = tuple(state for state in State if state not in ENDED_STATES)
SCHEMA = 2
"""Version of the document. 1 had six states, no standing and no timers; its states are a part of these."""
GRAVEST = 4


class Urgency(StrEnum):
    """Late or back-filled data make history: they never alarm anybody."""

    CURRENT = "current"
    RETROSPECTIVE = "retrospective"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the source is, by the registry at the last message of the episode; empty where it knows nothing."""

    enterprise_id: str = ""
    enterprise_name: str = ""
    source_name: str = ""
    division_code: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an issue comes from; sealed in its first entry. `channel`: detector, complaint, satellite, …

    `inspection`: what was found on site, as leads/inspection.py tells it; empty: nobody was there.
    """

    channel: str = "detector"
    category: str = ""
    parent_id: str = ""
    generation: int = 0
    round_id: str = ""
    by_ministry: bool = False
    finders: tuple[str, ...] = ()
    inspection: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """What follows from the history and the rules, kept for lists and timers; times in ms since 1970 UTC, 0: none.

    `due_ms` is when rectifying is due, `timer_ms` when the next reminder or escalation happens by itself.
    """

    category: str = "other"
    channel: str = "detector"
    parent_id: str = ""
    round_id: str = ""
    by_ministry: bool = False
    unit: str = ""
    person: str = ""
    due_ms: int = 0
    timer_ms: int = 0
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """What lists and filters need; drawn from the latest lead and the history, times in ms since 1970 UTC."""

    issue_id: str
    number: str
    rev: int
    state: State
    urgency: Urgency
    lead_id: str
    lead_revision: int
    lead_state: str
    source_id: str
    rule_id: str
    episode: str
    factor: str
    severity: int
    score: float
    start_ms: int
    end_ms: int
    detected_ms: int
    title_zh: str
    title_en: str
    summary_zh: str
    summary_en: str
    place: Place
    registered_ms: int
    changed_ms: int
    standing: Standing = Standing()


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where a frame lies in its topic."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame kept as evidence, bytes unchanged. Not `found`: it was already gone from the topic, `data` is empty."""

    pointer: Pointer
    found: bool
    data: bytes
    sha256: str
    received_ms: int
    peer: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An event that waits for its topic: the serialised IssueEvent, the same bytes at every attempt."""

    sequence: int
    event_id: str
    kind: str
    at_ms: int
    event: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """A move that was asked for with an Idempotency-Key, and the entry it led to."""

    key: str
    principal_id: str
    fingerprint: str
    sequence: int
    rev: int


@dataclass(frozen=True, slots=True)
class Issue:
    """The whole document. `lead` is the latest lead as received (serialised lantian.v1.Lead)."""

    head: Head
    lead: bytes
    frames: tuple[Frame, ...]
    history: tuple[SealedEntry, ...]
    outbox: tuple[Outgoing, ...]
    requests: tuple[Request, ...]

    @property
    def issue_id(self) -> str:
        """Key of the document."""
        return self.head.issue_id

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.head.state

    @property
    def gravity(self) -> int:
        """Severity, one more for what came back (T18)."""
        return min(GRAVEST, self.head.severity + self.is_child)

    @property
    def category(self) -> str:
        """Category of the problem."""
        return self.head.standing.category

    @property
    def is_child(self) -> bool:
        """Whether it is the relapse of another issue."""
        return bool(self.head.standing.parent_id)

    @property
    def by_ministry(self) -> bool:
        """Whether the ministry pushed it."""
        return self.head.standing.by_ministry


@dataclass(frozen=True, slots=True)
class Step:
    """One atomic write: the issue as it is afterwards, and what of it is new.

    `issue.head.rev` is one more than the revision it was decided on; 1 means that the issue is opened.
    """

    issue: Issue
    outcome: str
    entries: Sequence[SealedEntry]
    outgoing: Sequence[Outgoing]
    requests: Sequence[Request] = ()
    evidence_changed: bool = False
    division_code: str = ""
    """Where the issue lay when it was decided: an enterprise may move, which changes no revision."""
