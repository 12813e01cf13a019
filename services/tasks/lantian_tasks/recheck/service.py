"""Draws against the store: which closed issues, at which rate, and their move to spot-check."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Principal
from lantian_tasks.access.scope import Scope, prefix_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.moves import LEAD, Stage
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.case import Case, CaseStep
from lantian_tasks.ledger.case import act as act_on_case
from lantian_tasks.ledger.guards import last
from lantian_tasks.ledger.issue import Head, State, Step
from lantian_tasks.ledger.machine import Command
from lantian_tasks.pages import pages, place_of_case, place_of_head
from lantian_tasks.ports import CaseQuery, IssueQuery, Store
from lantian_tasks.recheck.sample import Conduct, conduct_of, draw, rate

PAGE = 500
HASTY_MS = 30 * 60_000
"""A lead called unfounded sooner than this after receipt counts as looked at in passing [P]."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw of one city: of how many, at which rate and why, and which. `leads`: of those called unfounded (T6)."""

    division_code: str
    seed: str
    eligible: int
    rate: float
    conduct: Conduct
    issues: tuple[str, ...]
    leads_eligible: int
    leads_rate: float
    leads: tuple[str, ...]


class Rechecks:
    """`written` is called after each write."""

    def __init__(self, store: Store, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._written = written

    async def conduct(self, scope: Scope, division_code: str) -> Conduct:
        """How a city has done, from all its issues and leads in the scope. Raises Unavailable."""
        prefix = prefix_of(division_code)
        heads = [head async for head in self._heads(scope, prefix, ())]
        unfounded = await self._store.cases(CaseQuery(scope, "lead", 1000, (Stage.UNFOUNDED,), division_prefix=prefix))
        counts: Counter[str] = Counter(unfounded=len(unfounded))
        for found in await self._store.cases(
            CaseQuery(scope, "lead", 1000, (Stage.CONFIRMED,), division_prefix=prefix)
        ):
            if found.data.get("overturned"):
                counts["overturned"] += 1
        for found in unfounded:
            counts["hasty"] += int(found.data.get("judged_after_ms", HASTY_MS)) < HASTY_MS
        judged = counts["unfounded"] + counts["overturned"]
        return conduct_of(heads, judged, counts["overturned"], counts["hasty"])

    async def draw(self, principal: Principal, division_code: str, seed: str) -> Drawn:
        """Draws among the closed issues of a city that were not drawn since they closed, and among its leads called
        unfounded, and moves them. Raises Unavailable.

        Every entry says seed, rate and the number drawn from, so that anybody draws the same again from the ledger. A
        draw that ended in between goes on with the same seed, and moves nothing twice.
        """
        scope, prefix = principal.scope, prefix_of(division_code)
        conduct = await self.conduct(scope, division_code)
        rules, at_ms = self._facts.policy.recheck, self._clock.now_ms()
        share = rate(conduct, rules)
        closed = [
            head.issue_id
            async for head in self._heads(scope, prefix, (State.CLOSED,))
            if "rechecked" not in head.standing.flags or await self._closed_anew(head, scope)
        ]
        command = _command(principal, at_ms, seed, share, len(closed))
        moved = []
        for issue_id in draw(closed, share, seed):
            issue = await self._store.issue(issue_id, scope)
            step = act(issue, command, f"draw-{seed}", self._facts) if issue is not None else None
            if isinstance(step, Step) and await self._store.advance(step):
                moved.append(issue_id)
        unfounded = {lead.id: lead async for lead in self._unfounded(scope, prefix) if not lead.data.get("drawn")}
        higher = min(rules.highest_rate, max(share, rules.unfounded_rate))
        command = _command(principal, at_ms, seed, higher, len(unfounded))
        leads = []
        for lead_id in draw(unfounded, higher, seed):
            lead = await self._store.case(unfounded[lead_id].case_id, scope)
            case_step = act_on_case(lead, command, f"draw-{seed}", LEAD, self._facts) if lead is not None else None
            if isinstance(case_step, CaseStep) and await self._store.advance_case(case_step):
                leads.append(lead_id)
        if moved or leads:
            self._written()
        return Drawn(
            division_code, seed, len(closed), share, conduct, tuple(moved), len(unfounded), higher, tuple(leads)
        )

    async def _closed_anew(self, head: Head, scope: Scope) -> bool:
        """Whether a recheck found it unsolved, so that its next closing may be looked at again."""
        if "false-rectification" not in head.standing.flags:
            return False
        issue = await self._store.issue(head.issue_id, scope)
        checked = last(issue.history, "draw", "fail-recheck") if issue is not None else None
        return checked is not None and checked["move"] == "fail-recheck"

    async def _unfounded(self, scope: Scope, prefix: str) -> AsyncIterator[Case]:
        query = CaseQuery(scope, "lead", PAGE, (Stage.UNFOUNDED,), division_prefix=prefix)
        async for page in pages(lambda after: self._store.cases(replace(query, after=after)), PAGE, place_of_case):
            for lead in page:
                yield lead

    async def _heads(self, scope: Scope, prefix: str, states: tuple[State, ...]) -> AsyncIterator[Head]:
        query = IssueQuery(scope, PAGE, states=states, division_prefix=prefix)
        async for page in pages(lambda after: self._store.heads(replace(query, after=after)), PAGE, place_of_head):
            for head in page:
                yield head


def _command(principal: Principal, at_ms: int, seed: str, share: float, eligible: int) -> Command:
    return Command("draw", principal.actor, at_ms, "", {"seed": seed, "rate": f"{share:.6f}", "eligible": eligible})
