"""What decisions rest on besides the subject itself: rules, calendar, and what the data say. Pure."""

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from lantian_tasks.clocks import check_lists
from lantian_tasks.clocks.calendar import Calendar
from lantian_tasks.clocks.check_lists import CheckLists
from lantian_tasks.clocks.policy import Policy, shipped


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the hour data after the fix show. `needed` and `found` count hours; `detail` says it in one sentence."""

    holds: bool
    needed: int
    found: int
    share: float
    detail: str


@dataclass(frozen=True, slots=True)
class Site:
    """Where the registry places a source, else its enterprise; degrees of WGS 84. A vehicle lies nowhere."""

    of: Literal["source", "enterprise", "vehicle"]
    latitude: float = 0.0
    longitude: float = 0.0

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude; None: it moves about."""
        return None if self.of == "vehicle" else (self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Facts:
    """`compliance` None: the data were not asked. `enterprise_lists`: the lists of its enterprise, where asked for.
    `site` None: not asked, or the registry has no coordinates.
    """

    policy: Policy
    calendar: Calendar
    compliance: Verdict | None = None
    enterprise_lists: tuple[str, ...] = ()
    check_lists: CheckLists = field(default_factory=check_lists.shipped)
    site: Site | None = None


@cache
def shipped_facts() -> Facts:
    """The shipped policy and calendar."""
    return Facts(shipped(), Calendar.load())
