"""Letters to cities against the store."""

from collections.abc import Callable

from lantian_kit.clock import Clock
from lantian_tasks.access.scope import Scope
from lantian_tasks.case_writer import CaseWriter
from lantian_tasks.city_letters.moves import LETTER, first_entry
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case, CaseStep, act, write
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.machine import Command, Refused
from lantian_tasks.ports import CaseStore


class CityLetters:
    """`written` is called after each write."""

    def __init__(self, store: CaseStore, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._clock = clock
        self._facts = facts
        self._writer = CaseWriter(store, written)

    async def create(self, case: Case, actor: Actor) -> CaseStep | None:
        """A new letter; None: its id exists. Raises Unavailable."""
        step = write(case, first_entry(case, actor, self._clock.now_ms()), LETTER, self._facts)
        return await self._writer.opened(step)

    async def move(self, scope: Scope, case_id: str, command: Command, rev: int, key: str) -> CaseStep | Refused | int:
        """The step, why it is refused, or the revision that the letter has now.

        Raises LookupError when there is no such letter in the scope, Unavailable.
        """
        case = await self._writer.seen(scope, case_id, rev)
        if isinstance(case, int):
            return case
        return await self._writer.advanced(act(case, command, key, LETTER, self._facts))
