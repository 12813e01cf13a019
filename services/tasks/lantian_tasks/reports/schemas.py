"""What the API says in figures."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lantian_tasks.reports.figures import Figures


class LeadFigures(BaseModel):
    """Leads by where they ended."""

    confirmed: int
    partly: int
    unfounded: int
    other: int = Field(description="Not judged: under way, duplicate, transferred, not reachable, voided")
    precision: float | None = Field(description="Confirmed or partly, of those judged; null: none was")


class FiguresOut(BaseModel):
    """Figures of some issues; shares are 0 to 1, null of nothing."""

    issues: int = Field(description="Registered in the period, voided ones left out")
    voided: int
    open: int
    closed: int
    closed_share: float | None
    overdue: int = Field(description="Issues with at least one escalation")
    overdue_share: float | None
    extensions: int
    rechecked: int = Field(description="Spot checks drawn")
    recheck_failed: int
    recheck_failed_share: float | None
    relapsed: int
    fraud: int
    grave: int = Field(description="Of severity 3 and 4")
    peers: int = Field(description="Finds of 举一反三")
    median_hours: dict[str, float | None] = Field(
        description="assign, plan, rectify, verify, close, whole: median hours of the stage; null: nobody has passed it"
    )
    leads: LeadFigures


class CityFigures(FiguresOut):
    """A city of the scorecard."""

    city: str = Field(description="GB/T 2260; empty: the division is not known", examples=["130100"])
    name: str
    assessment: str = Field(
        description="What data fraud leads to by the plan in force; empty: nothing, or no plan is held"
    )


class ScorecardOut(BaseModel):
    """Cities of a period, by code; the parts add up to the whole."""

    since_ms: int
    until_ms: int
    season: str = Field(
        description="The campaign whose plan is in force and held; empty: none is", examples=["2023-24"]
    )
    campaign_first: date | None = Field(description="First day of the campaign at the end of the period; null: in none")
    campaign_last: date | None = Field(description="Its last day")
    whole: FiguresOut
    cities: list[CityFigures]


class MonthFigures(FiguresOut):
    """A month of registration."""

    month: str = Field(examples=["2026-11"])


class SeriesOut(BaseModel):
    """Months in order."""

    months: list[MonthFigures]


class FallenOut(BaseModel):
    """An issue whose verification a recheck did not confirm."""

    issue_id: str
    number: str
    enterprise: str
    at_ms: int = Field(description="Time of the recheck, ms since 1970 UTC")


class VerifierOut(BaseModel):
    """What became of an account's verifications."""

    account: str
    organisation: str
    role: str = Field(description="At its last verification; empty: it is known from rechecks alone")
    verified: int = Field(description="Verifications, of city and province")
    confirmed: int = Field(description="Rechecks that found the problem solved")
    failed: int = Field(description="Rechecks that did not: held against the account")
    fallen: list[FallenOut] = Field(description="Of the failed ones the newest, at most 50")


class VerifiersOut(BaseModel):
    """Most failed ones first."""

    verifiers: list[VerifierOut]


class StopOrderOut(BaseModel):
    """An order to stop, limit or seal production; times in ms since 1970 UTC."""

    issue_id: str
    number: str
    sequence: int = Field(description="Its entry in the history of the issue; what `order` of `lift-order` names")
    enterprise_id: str
    enterprise_name: str
    division_code: str
    measure: str = Field(description="stop 停产整治, limit 限制生产, seal 查封扣押", examples=["limit"])
    line: str
    legal_basis: str
    end_condition: str
    reason: str
    account: str
    organisation: str
    ordered_ms: int
    until_ms: int = Field(description="0: open")
    lifted_ms: int = Field(description="0: in force")


class WholesaleOut(BaseModel):
    """The same order to many enterprises of a city within days 一刀切; to be looked at, nothing follows by itself."""

    city: str
    measure: str
    legal_basis: str
    end_condition: str
    enterprises: int
    first_ms: int
    last_ms: int
    numbers: list[str] = Field(description="Of the issues")


class StopOrdersOut(BaseModel):
    """Newest first, and what was given wholesale."""

    orders: list[StopOrderOut]
    wholesale: list[WholesaleOut]


class WarningIn(BaseModel):
    """A letter to a city."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"reason": "11月逾期未整改问题数量较多，工作进展滞后。"}]},
    )

    reason: str = Field(min_length=1, max_length=2000, description="Why the letter is written; stands in it")


class NoticeIn(BaseModel):
    """A text of a public notice to be masked; empty: one is drafted from what the ledger says."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [{"text": ""}, {"text": "已整改，联系人王工 13800001234。"}]},
    )

    text: str = Field(default="", max_length=4000)


class MaskedOut(BaseModel):
    """One thing that was masked."""

    kind: Literal["name", "identity number", "phone number", "mailbox", "plate"]
    original: str
    shown: str


class NoticeOut(BaseModel):
    """A notice as the move `publicise` takes it, and what was masked in it."""

    text: str
    masked: list[MaskedOut]


def figures_out(found: Figures) -> dict[str, object]:
    """The fields of FiguresOut."""
    names = FiguresOut.model_fields.keys() - {"median_hours", "leads"}
    leads = found.leads
    return {
        **{name: getattr(found, name) for name in names},
        "median_hours": {name.removesuffix("_hours"): value for name, value in found.medians.items()},
        "leads": LeadFigures(
            confirmed=leads.confirmed,
            partly=leads.partly,
            unfounded=leads.unfounded,
            other=leads.other,
            precision=leads.precision,
        ),
    }
