"""Reminders and escalations at their time: durable timers over the documents themselves. Part of a process.

The next timer of an issue, lead or round stands in its document. Whoever finds it due takes a lease, which raises the
fence of the document, and writes each step on the revision it was decided on and under that fence. A move of a person
raises the revision: a step decided before it is not written, and is decided again on what is there now. So nothing
leaves after a stop was committed; two keepers write nothing twice; and after downtime every missed step is written, in
its order.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_kit.worker import Unavailable
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.timers import RUN_OUT, Timer, pending
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.issue import Issue, Step
from lantian_tasks.ledger.machine import Refused
from lantian_tasks.ledger.moves import Command
from lantian_tasks.ledger.standing import standing_of
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import LedgerStore

AT_ONCE = 200
LEASE_MS = 30_000
"""Wall time a keeper has for one document."""


def command_of(timer: Timer, at_ms: int) -> Command:
    """The move a timer makes."""
    fields = {name: value for name, value in timer.fields().items() if value != ""}
    return Command(timer.kind, SYSTEM, at_ms, timer.zh, fields)


def next_step(issue: Issue, now_ms: int, facts: Facts) -> Step | None:
    """The first step that is due, or None. Pure. Raises ValueError when the table has no way for a timer."""
    timers = pending(issue, facts.policy.clocks, facts)
    if not timers or timers[0].at_ms > now_ms:
        return None
    step = act(issue, command_of(timers[0], now_ms), "", facts)
    if isinstance(step, Refused):
        raise ValueError(f"issue {issue.issue_id}: {timers[0]} is refused: {step.detail}")
    return step


class Keeper(Protocol):
    """Something with timers: the keeper of issues, or that of leads and rounds."""

    async def look(self) -> int:
        """Does what is due; returns the number of steps. Raises Unavailable."""


class IssueKeeper:
    """Timers of issues; `written` is called after each write."""

    def __init__(
        self, store: LedgerStore, clock: Clock, metrics: TasksMetrics, facts: Facts, written: Callable[[], None]
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._facts = facts
        self._written = written

    async def look(self) -> int:
        due = await self._store.due_issues(self._clock.now_ms(), self._clock.wall_ms(), AT_ONCE)
        return sum([await self._serve(issue_id) for issue_id in due])

    async def adopt(self) -> int:
        """Gives the issues of schema 1 their standing and timers; returns their number."""
        adopted = 0
        while old := await self._store.outdated_issues(AT_ONCE):
            for issue_id in old:
                issue = await self._store.issue(issue_id, EVERYTHING)
                if issue is not None:
                    adopted += await self._store.settle_issue(issue_id, issue.head.rev, standing_of(issue, self._facts))
        return adopted

    async def _serve(self, issue_id: str) -> int:
        wall_ms = self._clock.wall_ms()
        fence = await self._store.lease_issue(issue_id, wall_ms, wall_ms + LEASE_MS)
        if fence is None:
            return 0
        steps = 0
        while (issue := await self._store.issue(issue_id, EVERYTHING)) is not None:
            step = next_step(issue, self._clock.now_ms(), self._facts)
            if step is None:
                # Without a step the time kept may still be an old one: the rules or the calendar have changed.
                await self._store.settle_issue(issue_id, issue.head.rev, standing_of(issue, self._facts))
                break
            if await self._store.advance(step, fence):
                steps += 1
                self._written()
                fields = step.entries[0]["fields"]
                self._metrics.clock_steps.labels("issue", str(fields["step"])).inc()
                if fields["step"] == RUN_OUT:
                    self._metrics.sla_breached.labels("issue").inc()
                late_ms = self._clock.now_ms() - int(fields["for_ms"])
                self._metrics.clock_lateness.set(late_ms / 1000 / self._clock.rate)
            elif self._clock.wall_ms() > wall_ms + LEASE_MS:
                return steps  # the lease is over: another keeper may be at it
        await self._store.release_issue(issue_id, fence)
        return steps


class Timekeeper(LoopPart):
    """Looks at what is due every `every_seconds` of wall time."""

    name = "timekeeper"

    def __init__(self, keepers: list[Keeper], issues: IssueKeeper, every_seconds: float) -> None:
        super().__init__()
        self._keepers = keepers
        self._issues = issues
        self._every_seconds = every_seconds

    async def _run(self) -> None:
        adopted = False
        while True:
            steps = 0
            try:
                if not adopted:
                    await self._issues.adopt()
                    adopted = True
                for keeper in self._keepers:
                    steps += await keeper.look()
            except Unavailable as error:
                structlog.get_logger().warning("timers wait", reason=str(error))
            if not steps:
                await asyncio.sleep(self._every_seconds)
