"""What the service needs of its store. `store.py` has the real one; the tests have a fake that passes the same suite.

Every method raises lantian_kit.worker.Unavailable when the store can not be reached or did not confirm. A write is
confirmed when a majority has it in its journal.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from lantian_proto.readings import Period
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.access.scope import Scope
from lantian_tasks.clocks.facts import Verdict
from lantian_tasks.clocks.policy import DataRule
from lantian_tasks.compliance.judge import Hour
from lantian_tasks.evidence.piece import Piece
from lantian_tasks.ledger.case import Case, CaseStep
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import Head, Issue, Outgoing, Standing, State, Step
from lantian_tasks.registry.record import Kind, Record

IssueOrder = Literal["newest", "changed", "severity", "due"]
CaseOrder = Literal["newest", "score"]


@dataclass(frozen=True, slots=True)
class IssueQuery:
    """By default newest first; `after` is order key and id of the last row of the page before. Empty means any.

    `text` stands in number, enterprise, source, title and, if `people`, in unit or person. Order `due` has only
    what has a due date.
    """

    scope: Scope
    limit: int
    states: tuple[State, ...] = ()
    severities: tuple[int, ...] = ()
    division_prefix: str = ""
    source_id: str = ""
    rule_id: str = ""
    since_ms: int = 0
    after: tuple[int, str] | None = None
    order: IssueOrder = "newest"
    text: str = ""
    until_ms: int = 0
    enterprise_id: str = ""
    category: str = ""
    channel: str = ""
    flag: str = ""
    unit: str = ""
    person: str = ""
    round_id: str = ""
    parent_id: str = ""
    due_before_ms: int = 0
    people: bool = True


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Of one kind, by id; `after` is the last id of the page before. `text` stands in id or name; `equal` are
    fields of the entity and their values. Not `names`: `text` stands in the id.
    """

    scope: Scope
    kind: Kind
    limit: int
    source_id: str = ""
    enterprise_id: str = ""
    voided: bool = False
    after: str = ""
    text: str = ""
    division_prefix: str = ""
    equal: tuple[tuple[str, str], ...] = ()
    names: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """Events of one issue that wait for their topic, in order."""

    issue_id: str
    events: tuple[Outgoing, ...]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for a topic: number of issues or records with something to publish, time of the oldest or 0."""

    pending: int
    oldest_ms: int


SEARCHED_MOST = 10_000
"""Issues among which a text is counted."""


class LedgerStore(Protocol):
    """Issues."""

    async def issue(self, issue_id: str, scope: Scope) -> Issue | None:
        """The whole document, or None when there is none in the scope."""

    async def open(self, step: Step) -> bool:
        """Writes a new issue. False: its id, or its (source, rule, episode), exists."""

    async def advance(self, step: Step, fence: int | None = None) -> bool:
        """Writes a step on the revision and in the division it was decided on, all or nothing. False: it has moved on.

        With `fence` also False when somebody else has leased the issue since.
        """

    async def heads(self, query: IssueQuery) -> list[Head]:
        """A page of the list."""

    async def leads(self, query: IssueQuery) -> list[tuple[Head, bytes]]:
        """A page of the list, with the latest lead of each."""

    async def stories(self, query: IssueQuery) -> list[tuple[Head, tuple[SealedEntry, ...]]]:
        """A page of the list, with the history of each."""

    async def count_issues(self, query: IssueQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        """Number of issues of the query, page and order aside, for each combination of these fields of the head.

        A text may be looked for among the newest SEARCHED_MOST alone that the rest of the query leaves.
        """

    async def waiting_issues(self, limit: int) -> list[Waiting]:
        """Issues with unpublished events, those that wait longest first."""

    async def published_issues(self, published: Mapping[str, int]) -> None:
        """Takes the events up to a sequence out of the outbox of each issue; a repeat does nothing."""

    async def open_by_severity(self) -> dict[int, int]:
        """Number of issues not closed and not voided."""

    async def by_state(self) -> dict[str, int]:
        """Number of issues in each state that has any."""

    async def overdue(self, now_ms: int) -> int:
        """Number of open issues whose date of rectification has passed."""

    async def issue_backlog(self) -> Backlog:
        """What waits for issue-events.v1."""

    async def due_issues(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        """Issues whose timer is due and that nobody has leased, those due longest first."""

    async def lease_issue(self, issue_id: str, wall_ms: int, until_ms: int) -> int | None:
        """Takes an issue for the timekeeper until `until_ms`: the fence of this lease, or None when it is leased.

        A lease changes no revision: nobody's ETag goes stale.
        """

    async def release_issue(self, issue_id: str, fence: int) -> None:
        """Ends the lease of this fence; another's stays."""

    async def outdated_issues(self, limit: int) -> list[str]:
        """Issues whose documents are of an older schema."""

    async def settle_issue(self, issue_id: str, rev: int, standing: Standing) -> bool:
        """Writes what follows from history and rules, without a revision. False: the issue has moved on."""


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Cases of a kind, by default newest first. Empty means any; `keys` are equal to those of the case.

    `after` is order key and id of the last row of the page before. `text` stands in enterprise, source, rule or title.
    `valid_on`, a day YYYY-MM-DD, lies between the keys valid_from and valid_to, both included.
    """

    scope: Scope
    kind: str
    limit: int
    states: tuple[str, ...] = ()
    division_prefix: str = ""
    keys: Mapping[str, str | int] = field(default_factory=dict)
    severities: tuple[int, ...] = ()
    least_score: float = 0.0
    since_ms: int = 0
    after: tuple[int | float, str] | None = None
    order: CaseOrder = "newest"
    text: str = ""
    until_ms: int = 0
    valid_on: str = ""


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """Events of one case that wait for their topic, in order."""

    case_id: str
    events: tuple[Outgoing, ...]


class CaseStore(Protocol):
    """Leads before they are issues, and rounds."""

    async def case(self, case_id: str, scope: Scope) -> Case | None:
        """The whole document, or None when there is none in the scope."""

    async def open_case(self, step: CaseStep) -> bool:
        """Writes a new case. False: its id exists."""

    async def advance_case(self, step: CaseStep, fence: int | None = None) -> bool:
        """Writes a step on the revision and in the division it was decided on, or nothing. False: it has moved on."""

    async def cases(self, query: CaseQuery) -> list[Case]:
        """A page of the list, without frames, history and outbox."""

    async def count_cases(self, query: CaseQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        """Number of cases of the query, page and order aside, for each combination of these fields."""

    async def due_cases(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        """Cases whose timer is due and that nobody has leased, those due longest first."""

    async def lease_case(self, case_id: str, wall_ms: int, until_ms: int) -> int | None:
        """As for issues."""

    async def release_case(self, case_id: str, fence: int) -> None:
        """As for issues."""

    async def postpone_case(self, case_id: str, rev: int, timer_ms: int, fence: int) -> bool:
        """Writes when its timer is due next, without a revision. False: it has moved on, or the lease is another's."""

    async def waiting_cases(self, limit: int) -> list[WaitingCase]:
        """Cases with unpublished events, those that wait longest first."""

    async def published_cases(self, published: Mapping[str, int]) -> None:
        """Takes the events up to a sequence out of the outbox of each case; a repeat does nothing."""

    async def case_backlog(self) -> Backlog:
        """What waits for task-events.v1."""


class HourStore(Protocol):
    """Means of minutes, hours and days, as HourKeeper keeps them."""

    async def open_sources(self) -> list[str]:
        """Sources of issues that are not ended."""

    async def keep_hours(self, source_id: str, hours: Sequence[Hour], period: Period = Period.HOUR) -> None:
        """Keeps hours, or means of another period; one that is there is replaced."""

    async def hours(self, source_id: str, from_ms: int, to_ms: int, period: Period = Period.HOUR) -> list[Hour]:
        """The means of `period` that began in a span, end exclusive."""


class EvidenceStore(Protocol):
    """Photos and files: bytes by their SHA-256, and the index of pieces."""

    async def keep_bytes(self, sha256: str, data: bytes) -> None:
        """Keeps bytes under their hash; a repeat does nothing."""

    async def bytes_of(self, sha256: str) -> bytes | None:
        """The bytes, or None when there are none."""

    async def keep_piece(self, piece: Piece) -> bool:
        """Writes a new piece. False: its id exists."""

    async def pieces(self, evidence_ids: Sequence[str]) -> list[Piece]:
        """Those that exist."""

    async def pieces_alike(self, bands: Sequence[str]) -> list[Piece]:
        """Pieces whose pictures share a part of their fingerprint."""


class Compliance(Protocol):
    """What the data of a source show after a fix."""

    async def verdict(self, source_id: str, lead: Lead, rule: DataRule, since_ms: int, now_ms: int) -> Verdict:
        """Judges the hours from `since_ms` to `now_ms`. Raises Unavailable."""


class RuleStore(Protocol):
    """What alerts says of its rules, by the keys of rules.v1."""

    async def keep_rule_news(self, key: str, data: bytes) -> None:
        """Keeps the last record of a key."""

    async def rule_news(self, keys: Collection[str]) -> dict[str, bytes]:
        """Those that are there."""


class RegistryStore(RuleStore, Protocol):
    """Registry records; keys are "kind/id"."""

    async def records(self, keys: Collection[str], scope: Scope) -> dict[str, Record]:
        """Those that exist in the scope, by key."""

    async def page(self, query: RecordQuery) -> list[Record]:
        """A page of one kind."""

    async def limits_of(self, source_ids: Collection[str]) -> list[Record]:
        """Limits of these sources that are not voided."""

    async def add(self, records: Sequence[Record]) -> set[str]:
        """Writes new records; returns the keys of those that exist already and were left alone."""

    async def replace(self, record: Record) -> bool:
        """Writes a record on the revision before its own, all or nothing. False: it has moved on."""

    async def move_enterprise(self, enterprise_id: str, division_code: str) -> None:
        """Brings everything of an enterprise, its leads and issues too, under its division; a repeat does nothing."""

    async def move_source(self, source_id: str, enterprise_id: str, division_code: str) -> None:
        """Brings a source and what hangs on it to an enterprise; its issues stay where they happened."""

    async def waiting_records(self, limit: int) -> list[Record]:
        """Records whose last change waits for its topic, those that wait longest first."""

    async def published_records(self, published: Mapping[str, int]) -> list[Record]:
        """Notes that a revision was published; returns the records that have moved on meanwhile."""

    async def record_backlog(self) -> Backlog:
        """What waits for registry.v1."""


COPIED = ("issues", "cases", "registry")
"""Collections whose documents ledger.v1 keeps."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A document as ledger.v1 keeps it; `writes` tells the store which of its writes the copy has."""

    collection: str
    id: str
    rev: int
    writes: int
    data: bytes

    @property
    def key(self) -> str:
        """Key of the record."""
        return f"{self.collection}/{self.id}"


class CopyStore(Protocol):
    """Whole documents for ledger.v1."""

    async def waiting_copies(self, collection: str, limit: int) -> list[Copy]:
        """Documents that ledger.v1 does not have as they are and whose events are all published."""

    async def copied(self, copies: Sequence[Copy]) -> None:
        """Notes what the topic has; a document that was written meanwhile goes on waiting."""

    async def copy_backlog(self) -> int:
        """Number of documents that ledger.v1 does not have as they are."""


class Store(LedgerStore, RegistryStore, CaseStore, HourStore, CopyStore, EvidenceStore, Protocol):
    """All of it."""
