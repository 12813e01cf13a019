"""Changes that wait for a second person against the store: decided, put in force, lapsed.

Confirming is one write of the change; putting it in force is a second, of the registry. A timer of the change stands
until that was done, so a process that ends in between loses nothing, and doing it again changes nothing.
"""

from collections.abc import Callable

from lantian_kit.clock import Clock
from lantian_tasks.access.scope import Scope
from lantian_tasks.case_writer import CaseWriter
from lantian_tasks.changes.moves import CHANGE, ChangeState, confirmed
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case, CaseStep, act
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.ledger.machine import Command, ProblemCode, Refused
from lantian_tasks.ports import CaseStore
from lantian_tasks.registry.plan import Refusal
from lantian_tasks.registry.service import Registry


class Changes:
    """`written` is called after each write."""

    def __init__(
        self, store: CaseStore, registry: Registry, clock: Clock, facts: Facts, written: Callable[[], None]
    ) -> None:
        self._store = store
        self._registry = registry
        self._clock = clock
        self._facts = facts
        self._written = written
        self._writer = CaseWriter(store, written)

    async def move(self, scope: Scope, case_id: str, command: Command, rev: int, key: str) -> CaseStep | Refused | int:
        """The step, why it is refused, or the revision that the change has now.

        Raises LookupError when there is no such change in the scope, Unavailable.
        """
        case = await self._writer.seen(scope, case_id, rev)
        if isinstance(case, int):
            return case
        step = act(case, command, key, CHANGE, self._facts)
        if command.move == "confirm" and isinstance(step, CaseStep):
            would = await self._registry.put_in_force(confirmed(case, command.actor), dry_run=True)
            if isinstance(would, Refusal):
                return Refused(ProblemCode.GUARD, would.detail)
        answer = await self._writer.advanced(step)
        if isinstance(answer, CaseStep) and answer.case.state == ChangeState.CONFIRMED:
            await self.settle(answer.case)
        return answer

    async def settle(self, case: Case, fence: int | None = None) -> bool:
        """Puts in force what was confirmed, lets lapse what nobody decided; False: it has moved on.

        Raises Unavailable.
        """
        move, reason = "lapse", ""
        if case.state == ChangeState.CONFIRMED:
            answer = await self._registry.put_in_force(confirmed(case, _confirmer(case)))
            move, reason = ("outdate", answer.detail) if isinstance(answer, Refusal) else ("carry-out", "")
        step = act(case, Command(move, SYSTEM, self._clock.now_ms(), reason), "", CHANGE, self._facts)
        if isinstance(step, Refused) or not await self._store.advance_case(step, fence):
            return False
        self._written()
        return True


def _confirmer(case: Case) -> Actor:
    entry = next(entry for entry in reversed(case.history) if entry["move"] == "confirm")
    return Actor(**entry["actor"])
