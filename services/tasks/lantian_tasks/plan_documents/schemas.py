"""What the API says about plan documents."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lantian_tasks.audit.schemas import EntryOut, entries_of
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.machine import LONGEST_TEXT
from lantian_tasks.plan_documents.moves import PlanKind, PlanState
from lantian_tasks.plan_documents.versions import Version, VersionState, in_force, versions_of


class VersionOut(BaseModel):
    """A version of a plan. Days are written YYYY-MM-DD, both included; times are ms since 1970 UTC."""

    version: int = Field(description="Counts from 1")
    state: VersionState
    valid_from: str = Field(examples=["2026-10-01"])
    valid_to: str = Field(examples=["2027-03-31"])
    note: str
    file_name: str = Field(description="Name of the file as sent")
    media_type: str = Field(description="By content, not by name", examples=["application/pdf"])
    size: int = Field(description="Bytes")
    sha256: str = Field(description="Of the bytes; sealed in the history")
    drafted_ms: int
    drafted_by: str = Field(description="Account that drafted it")
    drafter_role: str
    decided_ms: int = Field(description="When it was approved or returned; 0: not yet")
    decided_by: str
    reason: str = Field(description="Why it was returned, or what was said when it was approved")


class PlanDocumentRow(BaseModel):
    """A plan of a city or an enterprise, with the version in force on the day that was asked for, else today."""

    plan_document_id: str
    revision: int = Field(description="Counts the entries of its history; also the ETag")
    state: PlanState = Field(description="Where its newest version stands; one in force stays so beside it")
    kind: PlanKind
    division_code: str
    enterprise_id: str = Field(description="Empty: it is the division's own")
    enterprise_name: str
    title: str
    season: str
    newest: VersionOut
    day: str = Field(description="The day that `in_force` speaks of, YYYY-MM-DD in China", examples=["2026-11-30"])
    in_force: VersionOut | None = Field(description="Null: none is in force on the day")
    approved_after: bool = Field(description="What is in force by its dates was approved only after the day")
    withdrawn_on: str = Field(description="From this day nothing of it is in force; empty: it is not withdrawn")
    created_ms: int
    changed_ms: int


class PlanDocumentOut(PlanDocumentRow):
    """A whole plan: all its versions, newest first, and its history."""

    versions: list[VersionOut]
    history: list[EntryOut]


class PlanDocumentPage(BaseModel):
    """A page of plans, newest first."""

    items: list[PlanDocumentRow]
    next_cursor: str | None


class PlanDocumentMoveIn(BaseModel):
    """approve or return the drafted version, by a level above its drafter; withdraw the plan as a whole; note."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"move": "approve"},
                {"move": "return", "reason": "橙色预警下烧结机减排措施无法核查，请补充。"},
            ]
        },
    )

    move: Literal["approve", "return", "withdraw", "note"]
    reason: str = Field(default="", max_length=LONGEST_TEXT)


def version_out(version: Version) -> VersionOut:
    """A version as the API shows it."""
    piece = version.piece
    names = VersionOut.model_fields.keys() - {"version", "file_name", "media_type", "size", "sha256"}
    return VersionOut(
        **{name: getattr(version, name) for name in names},
        version=version.number,
        file_name=piece.name,
        media_type=piece.media_type,
        size=piece.size,
        sha256=piece.sha256,
    )


def in_force_of(case: Case, day: str) -> Version | None:
    """The version of a plan that is in force on a day."""
    return in_force(versions_of(case.data), str(case.data["withdrawn_on"]), day)


def _values(case: Case, versions: Sequence[Version], day: str) -> dict[str, Any]:
    valid = in_force(versions, str(case.data["withdrawn_on"]), day)
    return {
        **{name: case.data[name] for name in ("title", "season", "withdrawn_on")},
        **{name: case.keys[name] for name in ("division_code", "enterprise_id", "enterprise_name")},
        "plan_document_id": case.id,
        "revision": case.rev,
        "state": PlanState(case.state),
        "kind": case.keys["category"],
        "newest": version_out(versions[-1]),
        "day": day,
        "in_force": version_out(valid) if valid else None,
        "approved_after": valid is not None and valid.approved_after(day),
        "created_ms": case.created_ms,
        "changed_ms": case.changed_ms,
    }


def row(case: Case, day: str) -> PlanDocumentRow:
    """A plan in a list."""
    return PlanDocumentRow(**_values(case, versions_of(case.data), day))


def whole(case: Case, day: str) -> PlanDocumentOut:
    """A whole plan."""
    versions = versions_of(case.data)
    return PlanDocumentOut(
        **_values(case, versions, day),
        versions=[version_out(one) for one in reversed(versions)],
        history=entries_of(case.history),
    )
