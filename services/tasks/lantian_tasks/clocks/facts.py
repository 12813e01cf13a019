"""What decisions rest on besides the subject itself: rules, calendar, and what the data say. Pure."""

from dataclasses import dataclass
from functools import cache

from lantian_tasks.clocks.calendar import Calendar
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
class Facts:
    """`compliance` None: the data were not asked. `enterprise_lists`: the lists of its enterprise, where asked for."""

    policy: Policy
    calendar: Calendar
    compliance: Verdict | None = None
    enterprise_lists: tuple[str, ...] = ()


@cache
def shipped_facts() -> Facts:
    """The shipped policy and calendar."""
    return Facts(shipped(), Calendar.load())
