"""Draws against the store: which closed issues, at which rate, and their move to spot-check."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from lantian_kit.clock import Clock
from lantian_tasks.access.principals import Principal
from lantian_tasks.access.scope import Scope, prefix_of
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.moves import Stage
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.issue import Head, State
from lantian_tasks.ledger.machine import Command, Refused
from lantian_tasks.ports import CaseQuery, IssueQuery, Store
from lantian_tasks.recheck.sample import Conduct, conduct_of, draw, rate

PAGE = 500
HASTY_MS = 30 * 60_000
"""A lead called unfounded sooner than this after receipt counts as looked at in passing [P]."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw of one city: of how many, at which rate and why, and which."""

    division_code: str
    seed: str
    eligible: int
    rate: float
    conduct: Conduct
    issues: tuple[str, ...]


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
        """Draws among the closed issues of a city that were never drawn, and moves them. Raises Unavailable.

        Drawn again with the same seed it finds the same ones gone already, and moves nothing twice.
        """
        scope = principal.scope
        conduct = await self.conduct(scope, division_code)
        share = rate(conduct, self._facts.policy.recheck)
        closed = [
            head.issue_id
            async for head in self._heads(scope, prefix_of(division_code), (State.CLOSED,))
            if "rechecked" not in head.standing.flags
        ]
        moved = []
        for issue_id in draw(closed, share, seed):
            issue = await self._store.issue(issue_id, scope)
            if issue is None:
                continue
            command = Command("draw", principal.actor, self._clock.now_ms(), "", {"seed": seed})
            step = act(issue, command, f"draw-{seed}", self._facts)
            if not isinstance(step, Refused) and await self._store.advance(step):
                moved.append(issue_id)
        if moved:
            self._written()
        return Drawn(division_code, seed, len(closed), share, conduct, tuple(moved))

    async def _heads(self, scope: Scope, prefix: str, states: tuple[State, ...]) -> AsyncIterator[Head]:
        after = None
        while True:
            query = IssueQuery(scope, PAGE, states=states, division_prefix=prefix, after=after)
            page = await self._store.heads(query)
            for head in page:
                yield head
            if len(page) < PAGE:
                return
            after = (page[-1].registered_ms, page[-1].issue_id)
