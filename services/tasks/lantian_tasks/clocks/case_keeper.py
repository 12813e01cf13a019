"""Timers of leads, rounds and changes: what a move has left to do, reminders and escalations, the start of a round.

See keeper.py.
"""

from collections.abc import Callable

from lantian_kit.clock import Clock
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.changes.moves import KIND as CHANGE
from lantian_tasks.changes.service import Changes
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.keeper import AT_ONCE, LEASE_MS, command_of
from lantian_tasks.clocks.timers import RUN_OUT, pending
from lantian_tasks.leads.moves import BECOMES_ISSUE, LEAD, Stage
from lantian_tasks.leads.service import Leads
from lantian_tasks.ledger.case import Case, CaseStep, act
from lantian_tasks.ledger.machine import Refused
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import CaseStore
from lantian_tasks.rounds.service import Rounds

LEAVES_WORK = (*BECOMES_ISSUE, Stage.TRANSFERRED)


def next_step(case: Case, now_ms: int, facts: Facts) -> CaseStep | None:
    """The first reminder or escalation of a lead that is due, or None. Pure. Raises ValueError as for issues."""
    timers = pending(case, facts.policy.lead_clocks, facts)
    if not timers or timers[0].at_ms > now_ms:
        return None
    step = act(case, command_of(timers[0], now_ms), "", LEAD, facts)
    if isinstance(step, Refused):
        raise ValueError(f"{case.case_id}: {timers[0]} is refused: {step.detail}")
    return step


class CaseKeeper:
    """`written` is called after each write."""

    def __init__(
        self,
        store: CaseStore,
        clock: Clock,
        metrics: TasksMetrics,
        facts: Facts,
        leads: Leads,
        rounds: Rounds,
        changes: Changes,
        written: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._facts = facts
        self._leads = leads
        self._rounds = rounds
        self._changes = changes
        self._written = written

    async def look(self) -> int:
        due = await self._store.due_cases(self._clock.now_ms(), self._clock.wall_ms(), AT_ONCE)
        return sum([await self._serve(case_id) for case_id in due])

    async def _serve(self, case_id: str) -> int:
        wall_ms = self._clock.wall_ms()
        fence = await self._store.lease_case(case_id, wall_ms, wall_ms + LEASE_MS)
        if fence is None:
            return 0
        steps = 0
        while (case := await self._store.case(case_id, EVERYTHING)) is not None:
            if case.timer_ms == 0 or case.timer_ms > self._clock.now_ms():
                break
            if case.kind == "round":
                if outcome := await self._rounds.by_itself(case, fence):
                    steps += 1
                    self._metrics.clock_steps.labels(case.kind, outcome).inc()
                elif self._clock.wall_ms() > wall_ms + LEASE_MS:
                    return steps
                continue
            if case.kind == CHANGE:
                await self._changes.settle(case, fence)
                steps += 1
                continue
            if case.state in LEAVES_WORK:
                await self._leads.settle(case)
                steps += 1
                continue
            step = next_step(case, self._clock.now_ms(), self._facts)
            if step is None:
                break
            if await self._store.advance_case(step, fence):
                steps += 1
                self._written()
                fields = step.entries[0]["fields"]
                self._metrics.clock_steps.labels(case.kind, str(fields["step"])).inc()
                if fields["step"] == RUN_OUT:
                    self._metrics.sla_breached.labels(case.kind).inc()
            elif self._clock.wall_ms() > wall_ms + LEASE_MS:
                return steps  # the lease is over: another keeper may be at it
        await self._store.release_case(case_id, fence)
        return steps
