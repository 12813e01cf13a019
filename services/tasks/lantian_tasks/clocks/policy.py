"""The rules of the closed loop that are numbers or lists: read from policy.yaml, checked, dated. Pure once loaded."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lantian_tasks.clocks import sla

Share = Annotated[float, Field(gt=0, le=1)]


Rules = TypeVar("Rules", bound=BaseModel)


class PolicyError(Exception):
    """The policy file can not be used."""


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpanRule(_Rule):
    """An amount of time."""

    amount: int = Field(gt=0)
    unit: sla.Unit

    @property
    def span(self) -> sla.Span:
        """As the reckoning takes it."""
        return sla.Span(self.amount, self.unit)


class ClockRule(_Rule):
    """A clock that runs while its subject is in one of `states`; span None: the date that a person has set.

    `whose` turn it is: reminders go there, and what a ladder says to the unit.
    """

    name: str
    zh: str
    states: tuple[str, ...]
    span: SpanRule | None
    emergency: SpanRule | None = None
    only: Literal["", "plan-required", "province-due"] = ""
    whose: Literal["unit", "city", "province"] = "unit"
    stops_on: tuple[str, ...] = ()
    reminders: tuple[Share, ...] | None = None
    ladder: str
    basis: str


class LadderStep(_Rule):
    """A step after a clock was due: who is told how."""

    after_days: int = Field(ge=0)
    step: str
    zh: str
    to: Literal["unit", "city", "province", "ministry"]
    cc: Literal["", "city", "province", "ministry"] = ""


class Ladder(_Rule):
    """The steps in force from a day on."""

    name: str
    valid_from: date
    steps: tuple[LadderStep, ...]


class CampaignDays(_Rule):
    """The days of an autumn-winter campaign, as month and day; `ends` is the day after the last."""

    begins: str = Field(pattern=r"^\d{2}-\d{2}$")
    ends: str = Field(pattern=r"^\d{2}-\d{2}$")
    basis: str

    def of(self, day: date) -> tuple[date, date] | None:
        """First and last day of the campaign that a day lies in; None: between campaigns."""
        for year in (day.year - 1, day.year):
            first = date.fromisoformat(f"{year}-{self.begins}")
            end = date.fromisoformat(f"{year if self.ends > self.begins else year + 1}-{self.ends}")
            if first <= day < end:
                return first, end - timedelta(days=1)
        return None


class CityMeasures(_Rule):
    """What a city faces in a season, by condition; empty: nothing is said. `valid_to` is the day after the last."""

    season: str
    valid_from: date
    valid_to: date
    basis: str
    slow: str
    quarter_missed: str
    final_missed: str
    worsening: str
    fraud: str


class Category(_Rule):
    """Rule ids of a category."""

    pattern: str
    category: str


class IssueRules(_Rule):
    """Numbers of the life cycle of issues."""

    longest_due_days: int
    plan_required_from: int
    site_visit_from: int
    publicise_from: int
    province_from: int
    instant_fix_below: int
    instant_fix_hours: int
    no_leniency: tuple[str, ...]
    extensions: int
    extension_days: int
    never_extended: tuple[str, ...]
    reopened_due_part: Share
    relapse_days: int
    most_entries: int
    never_stopped: tuple[str, ...] = ("heating", "guarantee")
    bulk_orders: int = Field(default=5, gt=1)
    bulk_days: int = Field(default=3, gt=0)
    police_papers: tuple[str, ...] = ("transfer-letter", "investigation-report", "record", "exhibit-list")


class DataRule(_Rule):
    """What the data must show after the fix: a share of hours in the limit, or of hours present."""

    kind: Literal["in-limit", "capture"]
    hours: int = Field(gt=0)
    share: Share


class Closing(_Rule):
    """What a closing dossier of a category holds."""

    category: str
    evidence: tuple[str, ...]
    data: DataRule | None


class EvidenceRules(_Rule):
    """How photos and files are judged."""

    must_be_attached: bool
    fence_m: int = Field(gt=0)
    same_point_m: int = Field(gt=0)
    stale_hours: int = Field(gt=0)


class Passing(_Rule):
    """Leads that become issues without a person."""

    categories: tuple[str, ...]
    severity: int


class Screening(_Rule):
    """How leads are screened."""

    dedupe_hours: int
    automatic: Passing
    statutory: Passing
    full: Passing
    quality_flags: tuple[str, ...]
    positive_list_pierced_by: tuple[str, ...]
    positive_list_severity: int
    positive_list_days: int = Field(default=365, gt=0)


class RoundStart(_Rule):
    """How a round starts by itself: tried again each `again_minutes`, until `keep_trying_hours` after its planned
    start; not at all when nobody looked for `catch_up_hours` after it.
    """

    again_minutes: int = Field(default=15, gt=0)
    keep_trying_hours: int = Field(default=12, gt=0)
    catch_up_hours: int = Field(default=72, gt=0)


class Rounds(_Rule):
    """Defaults of a round, and how it starts."""

    kinds: tuple[str, ...]
    quota: int
    score_cut: float
    start: RoundStart = RoundStart()


class DeviceTimeRules(_Rule):
    """When what a phone says of its time is flagged: a clock that differs by more, what comes later, and what comes so
    late that it takes a reason.
    """

    skew_minutes: int = Field(default=5, gt=0)
    sent_later_minutes: int = Field(default=10, gt=0)
    longest_offline_hours: int = Field(default=72, gt=0)


class ChangeRules(_Rule):
    """Changes of the registry that take a second person."""

    decide_days: int = Field(default=7, gt=0)


class Recheck(_Rule):
    """How often closed issues are drawn."""

    base_rate: Share
    highest_rate: Share
    weights: Mapping[Literal["perfunctory", "false_unfounded", "failed_recheck", "overdue_share"], float]
    unfounded_rate: Share


class Policy(_Rule):
    """The whole file."""

    version: date
    change_log: tuple[str, ...]
    clocks: tuple[ClockRule, ...]
    reminders: tuple[Share, ...]
    lead_clocks: tuple[ClockRule, ...]
    ladders: tuple[Ladder, ...]
    campaign: CampaignDays
    city_measures: tuple[CityMeasures, ...]
    categories: tuple[Category, ...]
    issue: IssueRules
    closing: tuple[Closing, ...]
    evidence: EvidenceRules
    screening: Screening
    rounds: Rounds
    recheck: Recheck
    device_time: DeviceTimeRules = DeviceTimeRules()
    changes: ChangeRules = ChangeRules()

    @model_validator(mode="after")
    def _ladders_exist(self) -> "Policy":
        named = {ladder.name for ladder in self.ladders}
        missing = {clock.ladder for clock in (*self.clocks, *self.lead_clocks)} - named
        if missing:
            raise ValueError(f"no ladder {', '.join(sorted(missing))}")
        return self

    def ladder(self, name: str, day: date) -> Sequence[LadderStep]:
        """The steps in force on a day."""
        dated = [ladder for ladder in self.ladders if ladder.name == name and ladder.valid_from <= day]
        return max(dated, key=lambda ladder: ladder.valid_from).steps if dated else ()

    def measures(self, day: date) -> CityMeasures | None:
        """What cities face on a day; None: no plan is in force, or it is not held."""
        return next((row for row in self.city_measures if row.valid_from <= day < row.valid_to), None)

    def category(self, rule_id: str) -> str:
        """The category of a rule; other: none matches."""
        return next((row.category for row in self.categories if fnmatchcase(rule_id, row.pattern)), "other")

    def closing_of(self, category: str) -> Closing:
        """What closing asks for."""
        return next(row for row in self.closing if fnmatchcase(category, row.category))

    def passing(self, mode: Literal["automatic", "statutory", "full"], category: str, severity: int) -> bool:
        """Whether a lead becomes an issue without a person."""
        rule: Passing = getattr(self.screening, mode)
        return severity >= rule.severity and any(fnmatchcase(category, pattern) for pattern in rule.categories)


def read(path: Path, model: type[Rules]) -> Rules:
    """The rules of a YAML file. Raises PolicyError."""
    try:
        found: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        return model.model_validate(found)
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise PolicyError(f"{path}: {error}") from error


def load(path: Path | None = None) -> Policy:
    """The policy of a file, by default the one that is shipped. Raises PolicyError."""
    return read(path or Path(__file__).with_name("policy.yaml"), Policy)


@cache
def shipped() -> Policy:
    """The policy in the package."""
    return load()
