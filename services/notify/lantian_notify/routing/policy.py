"""Routes and escalations as data: one YAML file, checked whole before anything is sent by it."""

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from lantian_notify.routing.facts import Facts

DEFAULT_FILE = Path(__file__).with_name("routes.yaml")
DEFAULT_KINDS = frozenset({"registered"})

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Division = Annotated[str, StringConstraints(pattern=r"^\d{2}(\d{2}){0,2}$")]
Level = Literal["unit", "city", "province", "ministry"]
Audience = Literal["teams", "duty", "enterprise", "superiors"]
StepAudience = Literal["duty-1", "duty-2", "duty-3", "team", "superiors"]


class PolicyError(Exception):
    """The routes can not be used; the process must not start with half of them."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GroupRule(_Row):
    """Events of one enterprise, source or city within a window go into one message; severity 4 does not wait."""

    by: Literal["enterprise", "source", "city"]
    wait_seconds: int = Field(ge=1, le=86_400)

    def key(self, facts: Facts) -> str:
        """What the events of one message have in common."""
        if self.by == "city":
            return facts.division_code[:4]
        if self.by == "source":
            return facts.source_id
        return facts.enterprise_id or facts.enterprise_name or facts.source_id


class Route(_Row):
    """Recipients for the events its conditions hold for.

    `moves` are names of moves, `steps` the levels a reminder or an escalation goes to; `addressed` leaves out teams of
    levels that it does not name.
    """

    id: Id
    about: str = ""
    kinds: Literal["subscribed"] | list[Pattern] = "subscribed"
    moves: list[Pattern] = []
    steps: list[Level] = []
    addressed: bool = False
    rules: list[Pattern] = []
    not_rules: list[Pattern] = []
    divisions: list[Division] = []
    min_severity: int = Field(default=0, ge=0, le=4)
    max_severity: int = Field(default=4, ge=0, le=4)
    retrospective: Literal["include", "exclude", "only"] = "include"
    to: Audience
    channels: list[Id] = Field(min_length=1)
    pick: Literal["all", "first"] = "all"
    group: GroupRule | None = None
    escalation: Id | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.to == "duty") != (self.escalation is not None):
            raise ValueError(f"route {self.id}: people on duty are called by an escalation, and nobody else is")
        if self.escalation and self.group:
            raise ValueError(f"route {self.id}: what must be acknowledged is not grouped")
        if self.to != "teams" and self.kinds == "subscribed":
            raise ValueError(f"route {self.id}: only teams subscribe to kinds")
        return self

    def refuses(self, facts: Facts) -> str:
        """Why the route does not concern an event; empty when it does. Kinds that teams subscribe to come later."""
        if self.kinds != "subscribed" and not _any(facts.kind, self.kinds):
            return f"kind {facts.kind} is not among {', '.join(self.kinds)}"
        if self.moves and not _any(facts.move, self.moves):
            return f"move {facts.move or '-'} is not among {', '.join(self.moves)}"
        if self.steps and facts.step_to not in self.steps:
            return f"it goes to {facts.step_to or 'nobody'}, not to {', '.join(self.steps)}"
        if self.rules and not _any(facts.rule_id, self.rules):
            return f"rule {facts.rule_id or '-'} is not among {', '.join(self.rules)}"
        if _any(facts.rule_id, self.not_rules):
            return f"rule {facts.rule_id} is excepted"
        if self.divisions and not any(serves(code, facts.division_code) for code in self.divisions):
            return f"division {facts.division_code or '-'} is not in {', '.join(self.divisions)}"
        if not self.min_severity <= facts.severity <= self.max_severity:
            return f"severity {facts.severity} is not {self.min_severity} to {self.max_severity}"
        if facts.retrospective and self.retrospective == "exclude":
            return "the lead is retrospective"
        if not facts.retrospective and self.retrospective == "only":
            return "the lead is not retrospective"
        return ""


class Step(_Row):
    """Whom to call when nobody has acknowledged so many minutes after the event was taken up."""

    after_minutes: int = Field(ge=0, le=10_080)
    to: StepAudience
    channels: list[Id] = Field(min_length=1)


class Escalation(_Row):
    """Steps in the order of their times."""

    id: Id
    steps: list[Step] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [step.after_minutes for step in self.steps]
        if times != sorted(times):
            raise ValueError(f"escalation {self.id}: steps are in the order of their times")
        return self


class Policy(_Row):
    """All routes and escalations."""

    routes: list[Route] = Field(min_length=1)
    escalations: list[Escalation] = []

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for rows in (self.routes, self.escalations):
            ids = [row.id for row in rows]
            if len(set(ids)) != len(ids):
                raise ValueError("an id stands twice")
        known = {escalation.id for escalation in self.escalations}
        missing = {route.escalation for route in self.routes if route.escalation} - known
        if missing:
            raise ValueError(f"no escalation {', '.join(sorted(missing))}")
        return self

    def escalation(self, escalation_id: str) -> Escalation | None:
        """By id."""
        return next((one for one in self.escalations if one.id == escalation_id), None)


def load(path: Path | None, channels: frozenset[str]) -> Policy:
    """The policy of a file, or the shipped one. Raises PolicyError, also for a channel that does not exist."""
    try:
        raw: Any = yaml.safe_load((path or DEFAULT_FILE).read_text(encoding="utf-8"))
        if isinstance(raw, dict):
            raw = {name: rows for name, rows in raw.items() if name in ("routes", "escalations")}
        policy = Policy.model_validate(raw)
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(f"the routes can not be read: {error}") from error
    except yaml.YAMLError as error:
        raise PolicyError(f"the routes are no YAML: {error}") from error
    except ValidationError as error:
        raise PolicyError(f"the routes are not valid: {error}") from error
    steps = [step for escalation in policy.escalations for step in escalation.steps]
    lists = [row.channels for row in policy.routes] + [step.channels for step in steps]
    named = {channel for row in lists for channel in row}
    if named - channels:
        raise PolicyError(f"the routes name channels that do not exist: {', '.join(sorted(named - channels))}")
    return policy


def serves(team_division: str, division: str) -> bool:
    """True when a division lies in a team's.

    GB/T 2260 codes pad the level with zeros (130000 a province, 130200 a city): a team's code counts without the padded
    pairs. A team without a division hears of nothing.
    """
    prefix = prefix_of(team_division)
    return prefix not in ("", "00") and division.startswith(prefix)


def prefix_of(division: str) -> str:
    """A division's code without the padded pairs."""
    while len(division) > 2 and len(division) % 2 == 0 and division.endswith("00"):
        division = division[:-2]
    return division


def _any(text: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)
