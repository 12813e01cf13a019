"""What the API says about inspections on site: the check list that is asked for, and what was found."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lantian_tasks.clocks.check_lists import CheckList
from lantian_tasks.clocks.facts import Site

Found = Literal["problem", "none", "not-applicable"]


class ItemOut(BaseModel):
    """One thing to look at, said as it should be."""

    item: str = Field(examples=["settings"])
    zh: str
    en: str
    when_problem: Literal["", "note", "evidence"] = Field(description="What a problem needs beside the answer")
    source: str = Field(description="Where it comes from: features, detectors and texts of the reference, or law")


class CheckListOut(BaseModel):
    """The check list that a result of the inspection answers."""

    list_id: str = Field(examples=["exceedance"])
    version: int
    zh: str
    en: str
    items: list[ItemOut]


class SiteOut(BaseModel):
    """Where the registry places it, so that a phone without a network can say when a reason will be asked for."""

    of: str = Field(description="source, enterprise or vehicle; empty: the registry has no coordinates")
    latitude: float = Field(description="WGS 84, degrees; 0 for a vehicle and where there are none")
    longitude: float
    fence_m: int = Field(description="An inspection that begins farther away takes a reason")


class AnswerIn(BaseModel):
    """The answer to an item."""

    model_config = ConfigDict(extra="forbid")

    item: str = Field(min_length=1, max_length=40)
    found: Found = Field(description="problem, none, or not-applicable with a note that says why")
    note: str = Field(default="", max_length=400)
    evidence: list[str] = Field(
        default_factory=list, max_length=20, description="Ids of evidence of the result that show the problem"
    )


class AnsweredIn(BaseModel):
    """A whole check list with one answer to each item."""

    model_config = ConfigDict(extra="forbid")

    list_id: str = Field(min_length=1, max_length=40, examples=["exceedance"])
    version: int = Field(ge=1, lt=2**31, strict=True)
    answers: list[AnswerIn] = Field(min_length=1, max_length=50)


class AnswerOut(BaseModel):
    """The answer as it was sealed, with what was asked."""

    item: str
    zh: str = Field(description="What was asked, in the language of record")
    found: Found
    note: str
    evidence: list[str] = Field(description="Ids of evidence that shows the problem")


class AnsweredOut(BaseModel):
    """The check list as it was sealed."""

    list_id: str
    version: int
    zh: str
    answers: list[AnswerOut]


class PresenceOut(BaseModel):
    """Where the inspection was begun, against where the registry places it."""

    verdict: str = Field(description="inside, outside, no-site (no coordinates in the registry), no-position, mobile")
    flags: list[str] = Field(description="outside-fence, registry-no-site, no-position, position-coarse")
    distance_m: int = Field(description="-1: unknown")
    fence_m: int = Field(description="`fence_m` of the policy at that time")
    accuracy_m: int = Field(description="What the phone may be wrong by; -1: unsaid")
    site_of: str = Field(description="source, enterprise or vehicle; empty: the registry has no coordinates")


class InspectionOut(BaseModel):
    """The last inspection on site."""

    begun_ms: int = Field(description="When the ledger heard of it; ms since 1970 UTC")
    happened_ms: int = Field(default=0, description="When it began by the phone; 0: unsaid")
    officers: list[str]
    reason: str = Field(description="Given when it began, e.g. why outside")
    presence: PresenceOut | None = Field(description="null: begun before places were judged")
    check_list: AnsweredOut | None = Field(description="null: no result yet, or from before check lists")
    result: str = Field(description="The move that gave the result; empty: none yet")
    conclusion: str


def inspection_out(found: Mapping[str, Any] | None) -> InspectionOut | None:
    """An inspection as leads/inspection.py tells it; None: there was none."""
    return InspectionOut.model_validate(found) if found else None


def site_out(found: Site | None, fence_m: int) -> SiteOut:
    """A place of the registry as it is asked."""
    return SiteOut(
        of=found.of if found else "",
        latitude=found.latitude if found else 0.0,
        longitude=found.longitude if found else 0.0,
        fence_m=fence_m,
    )


def check_list_out(found: CheckList) -> CheckListOut:
    """A check list as it is asked."""
    items = [
        ItemOut(item=row.id, zh=row.zh, en=row.en, when_problem=row.when_problem, source=row.source)
        for row in found.items
    ]
    return CheckListOut(list_id=found.id, version=found.version, zh=found.title.zh, en=found.title.en, items=items)
