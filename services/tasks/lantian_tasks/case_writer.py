"""How a person's move on a case reaches the store, the same for leads, rounds, letters, plans and changes."""

from collections.abc import Callable

from lantian_tasks.access.scope import Scope
from lantian_tasks.ledger.case import Case, CaseStep
from lantian_tasks.ledger.machine import Refused
from lantian_tasks.ports import CaseStore


class CaseWriter:
    """`written` is called after each write."""

    def __init__(self, store: CaseStore, written: Callable[[], None]) -> None:
        self._store = store
        self._written = written

    async def opened(self, step: CaseStep) -> CaseStep | None:
        """A new case; None: its id exists. Raises Unavailable."""
        if not await self._store.open_case(step):
            return None
        self._written()
        return step

    async def seen(self, scope: Scope, case_id: str, rev: int) -> Case | int:
        """The case on the revision that somebody saw, or the revision that is there now.

        Raises LookupError when there is no such case in the scope, Unavailable.
        """
        case = await self._store.case(case_id, scope)
        if case is None:
            raise LookupError(case_id)
        return case if case.rev == rev else case.rev

    async def advanced(self, step: CaseStep | Refused) -> CaseStep | Refused | int:
        """The step that was written, why it is refused, or the revision that somebody faster has made.

        Raises Unavailable.
        """
        if isinstance(step, Refused):
            return step
        if not await self._store.advance_case(step):
            return step.case.rev
        self._written()
        return step
