"""What the API says about leads."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.audit.schemas import EntryOut, entries_of
from lantian_tasks.leads.bring import Channel
from lantian_tasks.leads.inspection import inspection_of
from lantian_tasks.leads.message import plain
from lantian_tasks.leads.moves import MOVES, Stage
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.device_time_schemas import NO_INPUTS, Timed
from lantian_tasks.ledger.inspection_schemas import AnsweredIn, InspectionOut, inspection_out
from lantian_tasks.ledger.machine import LATEST_MS, LONGEST_TEXT, SYSTEM_ROLE
from lantian_tasks.ledger.schemas import EvidenceIn

Text = Annotated[str | None, Field(max_length=LONGEST_TEXT)]
OURS = ", ".join(name for name, move in MOVES.items() if move.roles != {SYSTEM_ROLE})


class LeadRow(BaseModel):
    """A lead, and the issue it became. Times are ms since 1970 UTC."""

    lead_id: str = Field(examples=["0f3c5d0a8e1b4c7d9a2f6e5b4c3d2e1f"])
    revision: int = Field(description="Counts the entries of its history; also the ETag")
    stage: Stage = Field(description="Where it stands on its way")
    issue_id: str = Field(description="Issue it became; empty: none")
    channel: str = Field(description="detector, complaint, satellite, hot-area, patrol, transfer, recheck or peers")
    category: str
    severity: int
    score: float
    score_parts: dict[str, float] = Field(description="The parts of the score, so that the whole can be explained")
    source_id: str
    source_name: str
    enterprise_id: str
    enterprise_name: str
    division_code: str
    rule_id: str
    round_id: str = Field(description="Round it is in; empty: none")
    duplicate_of: str = Field(description="Lead that was there first; empty: none")
    merged: int = Field(description="Leads that were merged into this one")
    suppressed: str = Field(description="Why the visit is suppressed; empty: it is not")
    back_dated: bool = Field(description="Reported long after it was seen (`stale_hours` of the policy)")
    drawn: str = Field(description="Seed of the draw that looks again at what was called unfounded; empty: not drawn")
    received_ms: int
    changed_ms: int
    timer_ms: int = Field(description="When the next reminder or escalation happens by itself; 0: none")
    place_flags: list[str] = Field(
        description="What is to be said of the place of its inspection; see LeadOut.inspection"
    )
    lead: dict[str, Any] = Field(description="The latest message, fields of lantian.v1.Lead by their contract names")


class LeadOut(LeadRow):
    """A whole lead."""

    inspection: InspectionOut | None = Field(description="The last inspection on site; null: none yet")
    history: list[EntryOut] = Field(description="Everything that happened, hash-chained")


class LeadPage(BaseModel):
    """A page of leads, newest first."""

    items: list[LeadRow]
    next_cursor: str | None = Field(description="For the next page; null at the end")


class ReportIn(BaseModel):
    """What people or satellites report."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "examples": [
                {
                    "channel": "complaint",
                    "reference": "12369-2026-1123-0042",
                    "category": "dust",
                    "severity": 2,
                    "division_code": "130102",
                    "place": "长安区某工地",
                    "text": "夜间土方作业，未洒水",
                    "found_ms": 1795309200000,
                }
            ]
        },
    )

    channel: Channel
    reference: str = Field(
        min_length=1, max_length=100, description="The reporter's own number; sent again: the same lead"
    )
    category: str = Field(pattern=r"^[a-z][a-z-]{0,39}$", description="As in the policy: dust, fire, bypass, …")
    severity: int = Field(ge=1, le=4)
    division_code: str = Field(pattern=r"^\d{6}$", description="Where it is, when the registry knows no source")
    source_id: str = Field(default="", pattern=r"^[A-Za-z0-9_.\-]{0,64}$", description="Source, when it is known")
    enterprise_id: str = Field(
        default="", pattern=r"^[A-Za-z0-9_.\-]{0,64}$", description="Enterprise, when it is known"
    )
    place: str = Field(min_length=1, max_length=200, description="Where, in words or coordinates")
    text: str = Field(min_length=1, max_length=2000, description="What was reported")
    found_ms: int = Field(gt=0, le=LATEST_MS, description="When it was seen; ms since 1970 UTC", strict=True)


class LeadMoveIn(Timed):
    """A move on a lead; README.md has the table."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"move": "accept"}, {"move": "inspect", "officers": ["team-1", "team-2"]}]},
    )

    move: str = Field(max_length=64, description=f"One of {OURS}")
    reason: str = Field(default="", max_length=LONGEST_TEXT)
    of: Text = Field(default=None, description="Lead that was there first")
    officers: list[str] | None = Field(default=None, max_length=50, description="Accounts of the officers on site")
    latitude: float | None = Field(default=None, ge=-90, le=90, description="Where the phone is, WGS 84, degrees")
    longitude: float | None = Field(default=None, ge=-180, le=180, description="Where the phone is, WGS 84, degrees")
    accuracy_m: float | None = Field(default=None, ge=0, le=1e7, description="What the phone may be wrong by, m")
    check_list: AnsweredIn | None = Field(default=None, description="The check list that the offers ask for, answered")
    conclusion: Text = Field(default=None, description="What was found")
    evidence: list[EvidenceIn] | None = Field(default=None, max_length=50)
    found_as: Text = Field(default=None, description="Category that was found, where it is another one")
    code: Text = Field(default=None, description="Why it is unfounded")
    division_code: Text = Field(default=None, description="City that it is handed to")
    seed: Text = Field(default=None, description="Seed of the draw")
    sequence: int | None = Field(
        default=None, ge=0, lt=2**31, strict=True, description="The escalation that is received"
    )

    def fields(self) -> dict[str, Any]:
        """The inputs that were given, besides move and reason."""
        return self.model_dump(exclude=NO_INPUTS, exclude_none=True)


def row_values(case: Case) -> dict[str, Any]:
    """The fields of LeadRow."""
    names = (
        "channel category severity score source_id source_name enterprise_id enterprise_name division_code rule_id "
        "round_id"
    )
    return {
        **{name: case.keys[name] for name in names.split()},
        "lead_id": case.id,
        "revision": case.rev,
        "stage": Stage(case.state),
        "issue_id": str(case.data.get("issue_id", "")),
        "score_parts": case.data["score_parts"],
        "duplicate_of": str(case.data.get("duplicate_of", "")),
        "merged": int(case.data.get("merged", 0)),
        "suppressed": str(case.data.get("suppressed", "")),
        "back_dated": bool(case.data.get("back_dated", False)),
        "drawn": str(case.data.get("drawn", "")),
        "place_flags": list(case.data.get("place_flags", ())),
        "received_ms": case.created_ms,
        "changed_ms": case.changed_ms,
        "timer_ms": case.timer_ms,
        "lead": plain(Lead.FromString(case.blob)),
    }


def lead_row(case: Case) -> LeadRow:
    """A lead in a list."""
    return LeadRow(**row_values(case))


def whole(case: Case) -> LeadOut:
    """A whole lead."""
    inspection = inspection_out(inspection_of(case.history))
    return LeadOut(**row_values(case), inspection=inspection, history=entries_of(case.history))
