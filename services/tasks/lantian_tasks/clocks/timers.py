"""The clocks of one subject, and the reminders and escalations that they lead to. Pure.

A clock runs while its subject is in the states of its rule. `key` names one run of it (rule and the entry that began
it), so that each step of a run happens once, however late and however often it is looked at.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from lantian_tasks.clocks.calendar import DAY_MS, LOCAL, day_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.policy import ClockRule
from lantian_tasks.clocks.sla import Due, Happened, Span, Why, due
from lantian_tasks.ledger.device_time import SENT_LATER
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.machine import Subject

URGENT = ("emergency", "fire")
"""Categories with the shorter spans of a rule."""
DATED = ("assign", "reassign", "fail-recheck", "reopen")
"""Moves that set a due date."""

RESUMING = ("resume", "decide-case")
"""A case that is decided lets the clocks run again; see ledger/cases.py."""

RUN_OUT = f"{1:.0%}"
"""The reminder of a clock that has run out."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One run of a clock."""

    rule: ClockRule
    key: str
    events: tuple[Happened, ...]
    span: Span | None
    due: Due
    running: bool
    end: SealedEntry | None = None
    """What stopped it."""

    @property
    def start_ms(self) -> int:
        """When it began."""
        return self.events[0].at_ms


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that happens by itself at `at_ms` unless its clock stops before."""

    at_ms: int
    kind: Literal["remind", "escalate"]
    clock: str
    step: str
    zh: str
    due_ms: int
    to: str
    cc: str

    def fields(self) -> dict[str, Any]:
        """As they stand in the entry; `for_ms` is when it should have happened."""
        return {
            "clock": self.clock,
            "step": self.step,
            "title": self.zh,
            "due_ms": self.due_ms,
            "for_ms": self.at_ms,
            "to": self.to,
            "cc": self.cc,
        }


def clocks(subject: Subject, rules: Sequence[ClockRule], facts: Facts, *, running: bool = False) -> list[Clock]:
    """The last run of each clock that ever ran; with `running` only of those that run."""
    wanted = (r for r in rules if (not running or subject.state in r.states) and _applies(r, subject, facts))
    found = (_clock(subject, rule, facts) for rule in wanted)
    return [clock for clock in found if clock is not None and (clock.running or not running)]


def pending(subject: Subject, rules: Sequence[ClockRule], facts: Facts) -> list[Timer]:
    """Everything the running clocks will still do, in order."""
    return timers_of(subject, clocks(subject, rules, facts, running=True), facts)


def timers_of(subject: Subject, running: Iterable[Clock], facts: Facts) -> list[Timer]:
    """The same for clocks that were reckoned already."""
    done = {(e["fields"].get("clock"), e["fields"].get("step")) for e in subject.history if "clock" in e["fields"]}
    timers = [timer for clock in running for timer in _timers(clock, facts) if (timer.clock, timer.step) not in done]
    return sorted(timers, key=lambda timer: (timer.at_ms, timer.clock, timer.step))


def rectify_due(subject: Subject, facts: Facts) -> int | None:
    """When rectifying is due, extensions and suspensions counted in; None without a date or while suspended."""
    rules = [rule for rule in facts.policy.clocks if rule.span is None]
    return next((clock.due.at_ms for clock in clocks(subject, rules, facts)), None)


def needs_plan(subject: Subject, facts: Facts) -> bool:
    """Whether rectifying needs an approved plan."""
    return subject.gravity >= facts.policy.issue.plan_required_from


def province_due(subject: Subject, facts: Facts) -> bool:
    """Whether the province verifies too: pushed by the ministry, fraud, or grave (T14)."""
    grave = subject.gravity >= facts.policy.issue.province_from
    return grave or subject.category == "fraud" or subject.by_ministry


def _applies(rule: ClockRule, subject: Subject, facts: Facts) -> bool:
    if rule.only == "plan-required":
        return needs_plan(subject, facts)
    if rule.only == "province-due":
        return province_due(subject, facts)
    return True


def _clock(subject: Subject, rule: ClockRule, facts: Facts) -> Clock | None:
    begun = _begun(subject.history, rule)
    if begun is None:
        return None
    running = subject.state in rule.states and not _stopped(subject.history, rule, begun)
    until_ms = int(begun["fields"].get("due_ms", 0)) if rule.span is None else 0
    events = [Happened("start", begun["at_ms"], until_ms=until_ms, reason=begun["reason"])]
    moved = _after(subject.history, begun)
    events += [event for event in moved if event.kind != "extend" or rule.span is None]
    wanted = rule.emergency if rule.emergency and subject.category in URGENT else rule.span
    span = wanted.span if wanted else None
    key = f"{rule.name}@{begun['sequence']}"
    found, end = due(events, facts.calendar, span), None if running else _end(subject.history, rule, begun)
    said = _said_by_phone(found.at_ms, end)
    return Clock(rule, key, tuple(events), span, replace(found, why=(*found.why, *said)), running, end)


def _begun(history: Sequence[SealedEntry], rule: ClockRule) -> SealedEntry | None:
    """The entry that began the last run."""
    if rule.span is None:
        # A reopening in documents of schema 1 set no date: the assignment's stays.
        dated = (e for e in reversed(history) if e["move"] in DATED and e["fields"].get("due_ms"))
        return next(dated, None)
    begun = None
    for entry in history:
        inside = entry["to_state"] in rule.states
        if inside and (entry["from_state"] not in rule.states or entry["move"] in DATED):
            begun = entry
    return begun


def _end(history: Sequence[SealedEntry], rule: ClockRule, begun: SealedEntry) -> SealedEntry | None:
    after = history[begun["sequence"] :]
    return next((e for e in after if e["move"] in rule.stops_on or e["to_state"] not in rule.states), None)


def _said_by_phone(due_ms: int | None, end: SealedEntry | None) -> Iterator[Why]:
    """What was done without a network may have been in time, whatever the clock says, which counts by the ledger."""
    device = end.get("device") if end is not None else None
    if end is None or device is None or SENT_LATER not in device["flags"]:
        return
    done_ms, came_ms = device["happened_ms"], end["at_ms"]
    in_time = due_ms is None or done_ms <= due_ms
    by_phone = "未超时" if in_time else "已超时"
    zh = f"手机记录{_local(done_ms)}办理，{_local(came_ms)}送达，按办理时间{by_phone}；时限按系统时间计"
    en = f"by the phone done {_local(done_ms)}, came {_local(came_ms)}: {'in time' if in_time else 'late'} by the phone"
    yield Why(zh, f"{en}; the clock counts by the ledger's time", done_ms, came_ms)


def _local(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, LOCAL):%Y-%m-%d %H:%M}"


def _stopped(history: Sequence[SealedEntry], rule: ClockRule, begun: SealedEntry) -> bool:
    return any(entry["move"] in rule.stops_on for entry in history[begun["sequence"] :])


def _after(history: Sequence[SealedEntry], begun: SealedEntry) -> Iterator[Happened]:
    """Pauses and extensions of a run; a case that was suspended before it began pauses it from the start."""
    paused = False
    for entry in history:
        at_ms = max(entry["at_ms"], begun["at_ms"])
        if entry["move"] == "suspend":
            paused = True
        elif entry["move"] in RESUMING:
            paused = False
        if entry["sequence"] <= begun["sequence"]:
            if entry is begun and paused:
                yield Happened("pause", at_ms, reason=entry["reason"])
            continue
        if entry["move"] == "suspend":
            yield Happened("pause", at_ms, reason=entry["reason"])
        elif entry["move"] in RESUMING:
            yield Happened("resume", at_ms, reason=entry["reason"])
        elif entry["move"] == "grant-extension":
            yield Happened("extend", at_ms, amount_ms=int(entry["fields"]["days"]) * DAY_MS, reason=entry["reason"])


def _timers(clock: Clock, facts: Facts) -> Iterator[Timer]:
    due_ms = clock.due.at_ms
    if due_ms is None:
        return
    parts = facts.policy.reminders if clock.rule.reminders is None else clock.rule.reminders
    for part in parts:
        at = due(clock.events, facts.calendar, clock.span, part).at_ms
        if at is not None:
            title = f"{clock.rule.zh}时限已到" if part >= 1 else f"{clock.rule.zh}时限已用{part:.0%}"
            yield Timer(at, "remind", clock.key, f"{part:.0%}", title, due_ms, clock.rule.whose, "")
    for step in facts.policy.ladder(clock.rule.ladder, day_of(clock.start_ms)):
        at = due_ms + step.after_days * DAY_MS
        to = clock.rule.whose if step.to == "unit" else step.to
        yield Timer(at, "escalate", clock.key, step.step, step.zh, due_ms, to, "" if step.cc == to else step.cc)
