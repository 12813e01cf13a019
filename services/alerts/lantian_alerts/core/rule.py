"""What rules are asked and what they answer: facts in, findings out."""

from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from lantian_alerts.core.demand import Demand as Demand
from lantian_alerts.core.layout import Array
from lantian_alerts.core.registry import Site
from lantian_alerts.core.sample import Sample as Sample
from lantian_alerts.core.window import Past, Window


class HourFact(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of one factor has ended, or its hour value has come.

    Means are None when there is none. `mark` is a `flags.Mark`. `enough` says that the hour is valid by
    HJ 75-2017 (45 valid minutes, 75 % of the values due); a reported hour carries that in its own mark.
    """

    source_id: str
    factor: str
    start_ms: int
    end_ms: int
    found_ms: int
    reported: bool
    measured: float | None
    converted: float | None
    oxygen: float | None
    mark: int
    valid_minutes: int
    values: int
    enough: bool
    late: bool
    samples: tuple[Sample, ...]
    frames: tuple[int, ...]


class ReportedDayFact(msgspec.Struct, frozen=True, kw_only=True):
    """A device has reported the mean of a Beijing day of a factor with a limit for days; fields as of `HourFact`.

    How many hours the mean is made of is not said; the mark says whether it counts.
    """

    source_id: str
    factor: str
    start_ms: int
    end_ms: int
    found_ms: int
    measured: float | None
    converted: float | None
    oxygen: float | None
    mark: int
    late: bool
    samples: tuple[Sample, ...]
    frames: tuple[int, ...]


class OddHourFact(msgspec.Struct, frozen=True, kw_only=True):
    """A reported hour without a mark that does not hold together with what was sent beside it or before it.

    None for what was not sent; `lowest`, `highest` of the measured values; `amount` in the factor's unit of amounts
    (kg), `flow_amount` in m³; `…_before`: the mean that was reported for the same hour earlier.
    """

    source_id: str
    factor: str
    start_ms: int
    end_ms: int
    found_ms: int
    measured: float | None
    converted: float | None
    lowest: float | None
    highest: float | None
    amount: float | None
    flow_amount: float | None
    measured_before: float | None
    converted_before: float | None
    late: bool
    samples: tuple[Sample, ...]
    frames: tuple[int, ...]


class SilenceFact(msgspec.Struct, frozen=True, kw_only=True):
    """A source has been silent for so much alive time; `tier` counts from 1.

    `since_ms`: when anything came last. `skew_ms`: data do come, but so much later than the time they bear; they put
    the first tier off. 0 when none came within `due_ms`.
    """

    source_id: str
    tier: int
    silent_ms: int
    due_ms: int
    since_ms: int
    seen: bool
    found_ms: int
    frames: tuple[int, ...]
    skew_ms: int = 0


class ReturnFact(msgspec.Struct, frozen=True, kw_only=True):
    """A source that was reported silent sends again."""

    source_id: str
    found_ms: int


class RunFact(msgspec.Struct, frozen=True, kw_only=True):
    """A factor has repeated one value; `moves` counts the changes of flow, velocity and temperature meanwhile."""

    source_id: str
    factor: str
    value: float
    start_ms: int
    end_ms: int
    found_ms: int
    values: int
    moves: int
    companions: int
    late: bool
    samples: tuple[Sample, ...]
    frames: tuple[int, ...]


class RunEndFact(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a reported run has changed for good."""

    source_id: str
    factor: str
    value: float
    at_ms: int
    found_ms: int


class PastFact(msgspec.Struct, frozen=True, kw_only=True):
    """So much time of a source is over; `past` holds its hours and days up to then.

    `factor` is one of the rule's `factors`, '' for the source as a whole. `late`: a quarter or more of the hours looked
    at came more than two hours after their end. `frames` are those of about the last hour.
    """

    source_id: str
    factor: str
    start_ms: int
    end_ms: int
    found_ms: int
    past: Past
    late: bool
    frames: tuple[int, ...]


class SourceHourFact(PastFact, frozen=True, kw_only=True):
    """An hour is over, 20 minutes ago."""


class SourceDayFact(PastFact, frozen=True, kw_only=True):
    """A Beijing day is over, two hours and 20 minutes ago; `past.days(…)` ends with it."""

    day: int


class SourceMonthFact(PastFact, frozen=True, kw_only=True):
    """A Beijing month is over; `past.month(…)` is its count. Comes with the fact of its last day, after it."""

    month: int


class Signal(msgspec.Struct, frozen=True):
    """An episode of another rule at the same source."""

    rule_id: str
    factor: str
    start_ms: int
    end_ms: int
    open: bool
    severity: int
    confidence: float


class SignalsFact(msgspec.Struct, frozen=True, kw_only=True):
    """An episode of a source has changed; all that are open, and those that ended a short time ago."""

    source_id: str
    found_ms: int
    signals: tuple[Signal, ...]
    frames: tuple[int, ...]


class StatementFact(msgspec.Struct, frozen=True, kw_only=True):
    """A device says something of itself (site-events.v1); `factor` is empty for the logger.

    `before` is None where nothing was said before, the numbers where there is none. `kind` is that of `SiteEvent`:
    parameter, state, alarm, log, check, restart or identity.
    """

    source_id: str
    factor: str
    kind: str
    info: str
    text: str
    number: float | None
    before: str | None
    number_before: float | None
    time_ms: int
    found_ms: int
    frames: tuple[int, ...]


Fact = (
    HourFact
    | ReportedDayFact
    | OddHourFact
    | SilenceFact
    | ReturnFact
    | RunFact
    | RunEndFact
    | SourceHourFact
    | SourceDayFact
    | SourceMonthFact
    | SignalsFact
    | StatementFact
)
PAST_FACTS = (SourceHourFact, SourceDayFact, SourceMonthFact)


class Verdict(StrEnum):
    """What a rule says about a period."""

    BREACH = "breach"
    CLEAR = "clear"
    UNJUDGED = "unjudged"
    SUPPRESSED = "suppressed"


class LimitView(msgspec.Struct, frozen=True):
    """The limit a finding was judged against."""

    limit_id: str
    value: float
    reference_oxygen: float
    basis: str
    clause: str


class MarkView(msgspec.Struct, frozen=True):
    """An operator's statement that touches the period."""

    mark_id: str
    kind: str
    start_ms: int
    end_ms: int
    reason: str
    declared_ms: int


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's result for a source over a period. `weight` orders the findings of an episode; the heaviest is shown.

    `others`: sources the finding is about as well.
    """

    source_id: str
    factor: str
    verdict: Verdict
    reason: str
    start_ms: int
    end_ms: int
    found_ms: int
    retrospective: bool = False
    weight: float = 0.0
    confidence: float = 1.0
    inputs: dict[str, float] = {}
    limit: LimitView | None = None
    marks: tuple[MarkView, ...] = ()
    samples: tuple[Sample, ...] = ()
    frames: tuple[int, ...] = ()
    others: tuple[str, ...] = ()


class Episode(msgspec.Struct, kw_only=True):
    """Findings of one (source, rule, factor) from start to end. `clears` and `unjudged` count since the last breach.

    `joined`: other factors of the source with the same finding, which this one stands for.
    """

    rule_id: str
    rule_version: int
    source_id: str
    factor: str
    start_ms: int
    end_ms: int
    judged_ms: int
    found_ms: int
    retrospective: bool
    breaches: int = 1
    clears: int = 0
    unjudged: int = 0
    revision: int = 1
    reopened: int = 0
    weight: float = 0.0
    confidence: float = 1.0
    inputs: dict[str, float] = {}
    limit: LimitView | None = None
    marks: list[MarkView] = []
    samples: list[Sample] = []
    frames: list[int] = []
    end_reason: str = ""
    joined: list[str] = []
    told_ms: int = 0
    told_weight: float = 0.0
    others: list[str] = []


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When an episode opens and ends. Zero hours: never by quiet alone.

    `breaches`: so many, with no more than `clears` - 1 CLEAR findings in between, open it. `tell_hours`: an episode
    that goes on without a higher weight is told again only when it has become so much longer.
    """

    clears: int = 1
    unjudged: int = 6
    quiet_hours: float = 0.0
    reopen_hours: float = 0.0
    breaches: int = 1
    tell_hours: float = 0.0


class RuleKind(Protocol):
    """One kind of rule; its fields are the parameters of the catalogue."""

    kind: ClassVar[str]
    facts: ClassVar[tuple[type, ...]]

    @property
    def closing(self) -> Closing:
        """When its episodes end."""


class Rule(RuleKind, Protocol):
    """A rule over one source."""

    def judge(self, fact: Fact, site: Site) -> Finding | None:
        """Pure. None when the fact does not concern the rule."""


class Grading(Protocol):
    """A kind whose entries need not say `severity` and `summary` themselves."""

    def severity(self, episode: Episode) -> int:
        """1 minor to 4 grave, for an episode that is not retrospective."""

    def summary(self, episode: Episode) -> tuple[str, str]:
        """One sentence with its numbers, in Chinese and English."""


class Screens(Protocol):
    """A rule that reads facts of the past names its `factors`, and may sort out most sources of a block at once."""

    factors: tuple[str, ...]

    def screen(self, window: Window, factor: str) -> Array:
        """Which sources of the block have to be judged: true for every one that could be a breach. Pure."""


class Demands(Protocol):
    """A rule may also tell the loop what to look for; the strictest demand of all rules counts."""

    def demands(self) -> Demand:
        """Parameters of the loop."""
