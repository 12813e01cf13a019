"""What the API says about issues."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.audit.examine import Examination
from lantian_tasks.audit.schemas import EntryOut, entries_of
from lantian_tasks.audit.words import objection_text
from lantian_tasks.leads.message import plain
from lantian_tasks.ledger.device_time_schemas import NO_INPUTS, Timed
from lantian_tasks.ledger.inspection_schemas import InspectionOut, inspection_out
from lantian_tasks.ledger.issue import Frame, Head, Issue, State, Urgency
from lantian_tasks.ledger.moves import LATEST_MS, LONGEST_TEXT, MOVES, responsible
from lantian_tasks.ledger.standing import origin_of


class TextOut(BaseModel):
    """One text in two languages."""

    zh: str = Field(description="Chinese, the language of record")
    en: str = Field(description="English")


class IssueRow(BaseModel):
    """An issue in a list. Times are ms since 1970 UTC."""

    issue_id: str = Field(description="Id", examples=["iss-0f3c5d0a8e1b4c7d9a2f6e5b4c3d2e1f"])
    number: str = Field(description="Ledger number 台账编号", examples=["LT-20261122-0F3C5D0A"])
    revision: int = Field(description="Counts the entries of its history; also the ETag")
    state: State = Field(description="Where it stands")
    urgency: Urgency = Field(description="retrospective: found in late or back-filled data, never urgent")
    severity: int = Field(description="1 minor to 4 grave")
    score: float = Field(description="Score of the lead")
    title: TextOut
    summary: TextOut
    lead_id: str
    lead_state: str = Field(description="open, extended or closed: whether the finding itself goes on")
    source_id: str
    source_name: str
    enterprise_id: str
    enterprise_name: str
    division_code: str = Field(description="GB/T 2260; empty: the registry does not know the source")
    rule_id: str
    factor: str = Field(description="HJ 212 factor code; empty: the whole source")
    episode: str
    start_ms: int = Field(description="Start of the episode")
    end_ms: int = Field(description="End of the last period judged")
    registered_ms: int = Field(description="When it came into the ledger")
    changed_ms: int = Field(description="When anything last happened to it")
    category: str = Field(description="exceedance, dropout, fraud, bypass, …; see the policy", examples=["exceedance"])
    channel: str = Field(description="Where it came from: detector, complaint, satellite, hot-area, patrol, …")
    unit: str = Field(description="Responsible unit; empty: nobody yet")
    person: str = Field(description="Responsible person; empty: nobody yet")
    due_ms: int = Field(description="When rectifying is due, extensions counted in; 0: no date, or suspended")
    timer_ms: int = Field(description="When the next reminder or escalation happens by itself; 0: none")
    flags: list[str] = Field(
        description="escalated, false-rectification, rechecked, relapsed, repeat-offender, instant-fix, police, "
        "case-open, suspended"
    )
    parent_id: str = Field(description="Issue that came back as this one; empty: none")
    round_id: str = Field(description="Round it was found in; empty: none")


class IssuePage(BaseModel):
    """A page of issues, newest first."""

    items: list[IssueRow]
    next_cursor: str | None = Field(description="For the next page; null at the end")


class CountOut(BaseModel):
    """Issues with these values."""

    values: dict[str, str] = Field(examples=[{"state": "rectifying"}])
    count: int


class CountsOut(BaseModel):
    """How many issues there are."""

    total: int
    rows: list[CountOut] = Field(description="One for each combination of values; one alone when none was asked for")
    at_least: bool = Field(
        default=False,
        description="A text was looked for among the newest 10,000 of what the other filters leave: there may be more",
    )


class PeerOut(BaseModel):
    """An enterprise that may have the same problem."""

    enterprise_id: str
    name: str
    division_code: str
    likeness: str = Field(description="industry, park or vendor (of treatment devices)")
    why: str = Field(description="What they share", examples=["钢铁"])
    open_issues: int = Field(description="Of the same category, not ended")


class PeersOut(BaseModel):
    """Peers 举一反三, those with open issues of the category first; a find is reported as a lead of channel peers."""

    peers: list[PeerOut]


class Assignment(BaseModel):
    """Who must rectify until when (时间表和责任人)."""

    unit: str
    person: str
    due_ms: int
    assigned_by: str


class FrameOut(BaseModel):
    """A frame as received, kept with the issue."""

    index: int = Field(description="n in /frames/{n}: the bytes unchanged")
    topic: str
    partition: int
    offset: int
    found: bool = Field(description="False: the frame was gone from its topic before the lead came")
    received_ms: int = Field(description="When the gateway received it; 0: not found")
    peer: str = Field(description="Address it came from")
    verdict: str = Field(description="Verdict of the gateway on its check code")
    sha256: str = Field(description="Of the bytes; sealed in the history")
    text: str = Field(description="The bytes as text; what is no UTF-8 or GB 18030 is replaced")


class Evidence(BaseModel):
    """What the issue rests on; readings and limit stand in the lead."""

    frames: list[FrameOut]


class IssueOut(IssueRow):
    """A whole issue."""

    assignment: Assignment | None = Field(description="The assignment in force; null: nobody is responsible yet")
    lead: dict[str, Any] = Field(description="The latest lead, fields of lantian.v1.Lead by their contract names")
    evidence: Evidence
    inspection: InspectionOut | None = Field(description="The inspection it comes from; null: nobody was on site")
    history: list[EntryOut] = Field(description="Everything that happened, hash-chained")


Text = Annotated[str | None, Field(max_length=LONGEST_TEXT)]
Number = Annotated[int | None, Field(ge=0, lt=2**31, strict=True)]


class Milestone(BaseModel):
    """A step of a plan."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=400)
    due_ms: int = Field(gt=0, le=LATEST_MS, strict=True, description="ms since 1970 UTC")


class EvidenceIn(BaseModel):
    """A piece of a dossier."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(min_length=1, max_length=400, examples=["rectification-report", "photo-before", "photo-after"])
    id: str = Field(min_length=1, max_length=400, description="Id of the evidence")


class MoveIn(Timed):
    """A move somebody asks for; README.md has the table of moves, their roles and inputs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"move": "assign", "unit": "某钢铁有限公司", "person": "王工", "due_ms": 1795910400000},
                {"move": "close", "reason": "连续72小时达标，整改到位"},
            ]
        },
    )

    move: str = Field(max_length=64, description=f"One of {', '.join(MOVES)}")
    reason: str = Field(default="", max_length=LONGEST_TEXT, description="Why; needed where the table says so")
    unit: Text = Field(default=None, description="Responsible unit")
    person: Text = Field(default=None, description="Responsible person")
    due_ms: int | None = Field(default=None, ge=0, le=LATEST_MS, description="Due date, ms since 1970 UTC", strict=True)
    measures: Text = Field(default=None, description="What is planned, or was done, to rectify")
    milestones: list[Milestone] | None = Field(default=None, max_length=50, description="Steps of the plan")
    milestone: Number = Field(default=None, description="Index of a milestone, from 0")
    note: Text = Field(default=None, description="Remark")
    peers: Text = Field(default=None, description="举一反三: where the same problem is, or was, looked for")
    photo_before: Text = Field(default=None, description="Evidence id of the photo before")
    photo_after: Text = Field(default=None, description="Evidence id of the photo after, from the same point")
    evidence: list[EvidenceIn] | None = Field(default=None, max_length=50, description="The closing dossier")
    days: Number = Field(default=None, description="Days of an extension")
    conclusion: Text = Field(default=None, description="What the verification found")
    site_visit: bool | None = Field(default=None, description="Verified on site", strict=True)
    findings: list[str] | None = Field(default=None, max_length=50, description="Each finding and how it stands")
    notice: Text = Field(default=None, description="Where the notice stands")
    seed: Text = Field(default=None, description="Seed of the draw")
    legal_basis: Text = Field(default=None, description="Law and clause at the time of conduct")
    case_no: Text = Field(default=None, description="Case number")
    outcome: Text = Field(default=None, description="How the case was decided, or that it was waived")
    scope: Text = Field(default=None, description="Among whom peers were looked for: sector, park, vendor")
    found: list[str] | None = Field(default=None, max_length=50, description="Where the same problem was found")
    sequence: Number = Field(default=None, description="The escalation that is received")
    measure: Text = Field(default=None, description="stop 停产整治, limit 限制生产 or seal 查封扣押")
    line: Text = Field(default=None, description="The line or process an order is about")
    end_condition: Text = Field(default=None, description="What ends an order")
    until_ms: int | None = Field(default=None, ge=0, le=LATEST_MS, description="An order's last moment", strict=True)
    order: Number = Field(default=None, description="The order that is lifted: its entry")

    def fields(self) -> dict[str, Any]:
        """The inputs that were given, besides move and reason."""
        return self.model_dump(exclude=NO_INPUTS, exclude_none=True)


class MoveOut(BaseModel):
    """What a move led to; a repeat with the same Idempotency-Key gives the same answer."""

    issue_id: str
    number: str
    state: State = Field(description="State after the move")
    revision: int = Field(description="Revision after the move; also the ETag")
    entry: EntryOut = Field(description="The entry it wrote")


class AuditOut(BaseModel):
    """Whether the issue still says what was sealed. A cut tail is found by the county's chain."""

    issue_id: str
    intact: bool
    entries: int = Field(description="Entries in the history")
    broken_entry: int | None = Field(description="Index (from 0) of the first entry that does not hold")
    objections: list[str] = Field(description="What else differs from what was sealed: state, lead, frames")
    objections_zh: list[str] = Field(default_factory=list, description="The same in Chinese")
    head_hash: str = Field(description="Hash of the last entry: keep it elsewhere to notice a cut or rewritten history")


def row_values(head: Head) -> dict[str, Any]:
    """The fields of IssueRow."""
    names = IssueRow.model_fields.keys() - {"revision", "title", "summary"}
    parts = (head.place, head.standing, head)
    return {
        **{name: next(getattr(part, name) for part in parts if hasattr(part, name)) for name in names},
        "flags": list(head.standing.flags),
        "revision": head.rev,
        "title": TextOut(zh=head.title_zh, en=head.title_en),
        "summary": TextOut(zh=head.summary_zh, en=head.summary_en),
    }


def row(head: Head) -> IssueRow:
    """An issue in a list."""
    return IssueRow(**row_values(head))


def text_of(data: bytes) -> str:
    """Bytes of a frame for people: UTF-8 if they are, else GB 18030 with replacements."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _frame(index: int, frame: Frame) -> FrameOut:
    return FrameOut(
        index=index,
        topic=frame.pointer.topic,
        partition=frame.pointer.partition,
        offset=frame.pointer.offset,
        found=frame.found,
        received_ms=frame.received_ms,
        peer=frame.peer,
        verdict=frame.verdict,
        sha256=frame.sha256,
        text=text_of(frame.data),
    )


def whole(issue: Issue) -> IssueOut:
    """A whole issue."""
    entry = responsible(issue.history)
    names = ("unit", "person", "due_ms")
    known = {name: entry["fields"][name] for name in names} if entry else {}
    assignment = Assignment(**known, assigned_by=entry["actor"]["actor_id"]) if entry else None
    return IssueOut(
        **row_values(issue.head),
        assignment=assignment,
        lead=plain(Lead.FromString(issue.lead)),
        evidence=Evidence(frames=[_frame(index, frame) for index, frame in enumerate(issue.frames)]),
        inspection=inspection_out(origin_of(issue).get("inspection")),
        history=entries_of(issue.history),
    )


def audit_of(issue: Issue, found: Examination) -> AuditOut:
    """The result of an examination."""
    return AuditOut(
        issue_id=issue.issue_id,
        intact=found.intact,
        entries=found.entries,
        broken_entry=found.broken_entry,
        objections=list(found.objections),
        objections_zh=[objection_text(one) for one in found.objections],
        head_hash=found.head_hash,
    )
