"""From a lead message to the ledger: opens an issue, extends its episode, or changes nothing. Pure.

Messages of one episode arrive in order but may arrive again (a restarted worker, a replayed topic): a revision at or
below the one kept changes nothing, so any repetition gives the same issue.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.clocks.facts import Facts, shipped_facts
from lantian_tasks.leads.message import state_name
from lantian_tasks.ledger.events import outgoing
from lantian_tasks.ledger.history import Actor, Entry, SealedEntry, seal
from lantian_tasks.ledger.issue import Frame, Head, Issue, Origin, Place, Pointer, Request, State, Step, Urgency
from lantian_tasks.ledger.standing import standing_of

SYSTEM = Actor(actor_id="lantian-tasks", role="system", organisation="lantian")
LOCAL_TIME = timedelta(hours=8)
"""Offset of the date in a ledger number: China Standard Time, as in HJ 212."""

FIRST_FRAMES, LAST_FRAMES = 16, 48
"""Frames kept of an episode: how it began and how it stands; a week of hours between the two stays in the topic."""

EACH_UPDATE, LATER_EVERY_MS = 200, 24 * 3_600_000
"""A document is bounded: after this many messages an episode that goes on is written once a day of its own time.

A lead message says the whole episode, so what is left out is said by the next one; the entry counts it.
"""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Nothing to write: this revision, or a newer one, is in the ledger already."""

    outcome: str


def issue_id_of(lead_id: str) -> str:
    """The issue of a lead; one to one."""
    return f"iss-{lead_id}"


def number_of(lead: Lead) -> str:
    """The ledger number 台账编号 people use: date of the episode's start, and the beginning of the lead id.

    A source never seen has no start: the date is that of the finding.
    """
    day = (datetime.fromtimestamp((lead.start_ms or lead.detected_ms) / 1000, UTC) + LOCAL_TIME).strftime("%Y%m%d")
    return f"LT-{day}-{lead.lead_id[:8].upper()}"


def wanted(issue: Issue | None, lead: Lead) -> list[Pointer]:
    """Frames the lead points to that are not kept yet."""
    kept = {frame.pointer for frame in issue.frames} if issue else set()
    pointers = [Pointer(found.topic, found.partition, found.offset) for found in lead.evidence.frames]
    return [pointer for pointer in dict.fromkeys(pointers) if pointer not in kept]


def bounded(pointers: Iterable[Pointer]) -> list[Pointer]:
    """The pointers whose frames stay with the issue, in the order of the topic."""
    ordered = sorted(set(pointers), key=lambda pointer: (pointer.topic, pointer.partition, pointer.offset))
    if len(ordered) <= FIRST_FRAMES + LAST_FRAMES:
        return ordered
    return ordered[:FIRST_FRAMES] + ordered[-LAST_FRAMES:]


def is_repeat(issue: Issue | None, lead: Lead) -> Repeated | None:
    """Whether a message changes nothing, before anything is fetched for it."""
    if issue is None:
        return None
    if lead.revision > issue.head.lead_revision:
        return Repeated("condensed") if _condensed(issue, lead) else None
    return Repeated("repeated" if lead.revision == issue.head.lead_revision else "older")


def _condensed(issue: Issue, lead: Lead) -> bool:
    """Whether a longer episode waits for the entry of the day."""
    if state_name(lead) == "closed" or lead.severity != issue.head.severity:
        return False
    return issue.head.lead_revision >= EACH_UPDATE and lead.end_ms < issue.head.end_ms + LATER_EVERY_MS


def fold(
    issue: Issue | None,
    lead: Lead,
    value: bytes,
    frames: Sequence[Frame],
    place: Place,
    at_ms: int,
    *,
    origin: Origin | None = None,
    facts: Facts | None = None,
) -> Step | Repeated:
    """One message into the ledger. `value` is the lead as received, `frames` what `wanted` asked for.

    `origin` says where a new issue comes from, by default from a detector; `facts` are by default the shipped rules.
    """
    facts = facts or shipped_facts()
    repeat = is_repeat(issue, lead)
    if repeat is not None:
        return repeat
    kind = _kind(issue, lead)
    before = issue.history if issue else ()
    state = issue.state if issue else State.REGISTERED
    entry = Entry(
        kind=kind,
        from_state=issue.state if issue else "",
        to_state=state,
        actor=SYSTEM,
        at_ms=at_ms,
        fields={
            "lead_id": lead.lead_id,
            "lead_revision": lead.revision,
            "lead_state": state_name(lead),
            "lead_sha256": hashlib.sha256(value).hexdigest(),
            "frames": [{"pointer": str(frame.pointer), "sha256": frame.sha256} for frame in frames],
            **(_origin(origin or Origin(), lead, facts) if issue is None else _left_out(issue, lead)),
        },
    )
    head = _head(issue, lead, place, state, at_ms)
    kept = {frame.pointer: frame for frame in (*(issue.frames if issue else ()), *frames)}
    after = Issue(
        head=head,
        lead=value,
        frames=tuple(kept[pointer] for pointer in bounded(kept)),
        history=before,
        outbox=issue.outbox if issue else (),
        requests=issue.requests if issue else (),
    )
    lay_in = issue.head.place.division_code if issue else ""
    return advance(after, entry, facts, outcome=kind, evidence_changed=True, division_code=lay_in)


def _origin(origin: Origin, lead: Lead, facts: Facts) -> dict[str, Any]:
    kept = asdict(origin) | {"finders": list(origin.finders)}
    if not origin.inspection:
        del kept["inspection"]
    return {"origin": kept | {"category": origin.category or facts.policy.category(lead.rule_id)}}


def _left_out(issue: Issue, lead: Lead) -> dict[str, int]:
    between = lead.revision - issue.head.lead_revision - 1
    return {"condensed": between} if between else {}


def advance(
    issue: Issue,
    entry: Entry,
    facts: Facts,
    *,
    outcome: str,
    request: Request | None = None,
    evidence_changed: bool = False,
    division_code: str | None = None,
) -> Step:
    """Seals `entry` into the issue, whose head is as it shall be but for its standing, and puts the event into the
    outbox. `division_code` is where the issue lay before, by default where the head says."""
    sealed: SealedEntry = seal(issue.issue_id, issue.history, entry)
    issue = replace(issue, history=(*issue.history, sealed))
    issue = replace(issue, head=replace(issue.head, standing=standing_of(issue, facts)))
    event = outgoing(issue.head, issue.lead, sealed)
    requests = (request,) if request else ()
    after = replace(
        issue,
        outbox=(*issue.outbox, event),
        requests=(*issue.requests, *requests),
    )
    lay_in = issue.head.place.division_code if division_code is None else division_code
    return Step(after, outcome, (sealed,), (event,), requests, evidence_changed, lay_in)


def promoted(lead: Lead) -> dict[str, Any]:
    """What of a lead stands in the head of its issue, for lists and filters."""
    return {
        "urgency": Urgency.RETROSPECTIVE if lead.retrospective else Urgency.CURRENT,
        "lead_id": lead.lead_id,
        "lead_revision": lead.revision,
        "lead_state": state_name(lead),
        "source_id": lead.source_id,
        "rule_id": lead.rule_id,
        "episode": lead.episode,
        "factor": lead.factor,
        "severity": lead.severity,
        "score": lead.score,
        "start_ms": lead.start_ms,
        "end_ms": lead.end_ms,
        "detected_ms": lead.detected_ms,
        "title_zh": lead.title.zh,
        "title_en": lead.title.en,
        "summary_zh": lead.summary.zh,
        "summary_en": lead.summary.en,
    }


def _kept(known: Place, place: Place) -> Place:
    """Where an issue lies: where it happened, by the names of today.

    What the registry said may be older than a move of the enterprise, which takes its issues along by itself. A
    registry that has forgotten a name does not take it from the issue.
    """
    elsewhere = known.enterprise_id not in ("", place.enterprise_id)
    return Place(
        enterprise_id=known.enterprise_id or place.enterprise_id,
        enterprise_name=known.enterprise_name if elsewhere else place.enterprise_name or known.enterprise_name,
        source_name=place.source_name or known.source_name,
        division_code=known.division_code or place.division_code,
    )


def _kind(issue: Issue | None, lead: Lead) -> str:
    if issue is None:
        return "registered"
    return "episode-closed" if state_name(lead) == "closed" else "episode-extended"


def _head(issue: Issue | None, lead: Lead, place: Place, state: State, at_ms: int) -> Head:
    known = issue.head.place if issue else Place()
    return Head(
        issue_id=issue_id_of(lead.lead_id),
        number=issue.head.number if issue else number_of(lead),
        rev=issue.head.rev + 1 if issue else 1,
        state=state,
        **promoted(lead),
        place=_kept(known, place),
        registered_ms=issue.head.registered_ms if issue else at_ms,
        changed_ms=at_ms,
    )
