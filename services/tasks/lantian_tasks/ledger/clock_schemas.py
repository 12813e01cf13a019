"""What the API says about the clocks of issues and leads: when each step is due, and why."""

from collections.abc import Sequence
from dataclasses import asdict

from pydantic import BaseModel, Field

from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.policy import ClockRule
from lantian_tasks.clocks.timers import clocks, pending
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Subject


class ClockOut(BaseModel):
    """A clock of an issue or a lead and why it is due when it is."""

    name: str = Field(examples=["assign"])
    title: str = Field(description="In Chinese", examples=["交办"])
    key: str = Field(description="Names this run of the clock: rule and the entry that began it")
    running: bool = Field(description="False: what it waited for has happened")
    start_ms: int
    end_ms: int = Field(description="When what it waited for came, by the ledger's time; 0: it runs")
    happened_ms: int = Field(description="When that was done by the phone; 0: no phone spoke")
    due_ms: int | None = Field(description="null: it stands still")
    basis: str = Field(description="Where the rule comes from")
    why: list["WhyOut"]
    next: list["TimerOut"] = Field(description="Reminders and escalations to come")


class WhyOut(BaseModel):
    """One step of the reckoning."""

    zh: str
    en: str
    from_ms: int
    to_ms: int


class TimerOut(BaseModel):
    """What happens by itself unless the clock stops before."""

    at_ms: int
    kind: str = Field(description="remind or escalate")
    step: str
    title: str
    to: str = Field(description="unit, city, province or ministry")
    cc: str


class ClocksOut(BaseModel):
    """The clocks of an issue."""

    policy: str = Field(description="Version of the rules")
    clocks: list[ClockOut]


def clocks_of(subject: Subject, rules: Sequence[ClockRule], facts: Facts) -> ClocksOut:
    """The clocks of an issue or a lead as the API shows them."""
    timers = pending(subject, rules, facts)
    shown = [
        ClockOut(
            name=clock.rule.name,
            title=clock.rule.zh,
            key=clock.key,
            running=clock.running,
            start_ms=clock.start_ms,
            end_ms=clock.end["at_ms"] if clock.end is not None else 0,
            happened_ms=_by_phone(clock.end),
            due_ms=clock.due.at_ms,
            basis=clock.rule.basis,
            why=[WhyOut(**asdict(step)) for step in clock.due.why],
            next=[
                TimerOut(at_ms=t.at_ms, kind=t.kind, step=t.step, title=t.zh, to=t.to, cc=t.cc)
                for t in timers
                if t.clock == clock.key
            ],
        )
        for clock in clocks(subject, rules, facts)
    ]
    return ClocksOut(policy=str(facts.policy.version), clocks=shown)


def _by_phone(end: SealedEntry | None) -> int:
    device = end.get("device") if end is not None else None
    return device["happened_ms"] if device is not None else 0
