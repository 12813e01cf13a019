"""Broken glass is told at once: an event for each division, to whoever wants to hear of it (teams' `event_kinds`).

It is written before the glass opens: nobody can look without the notice being on its way.
"""

from collections.abc import Callable

from lantian_kit.clock import Clock
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case, Kind, write
from lantian_tasks.ledger.history import Actor, Entry
from lantian_tasks.ports import CaseStore

TOLD = "told"


def _never(case: Case, facts: Facts) -> int:
    del case, facts
    return 0


GLASS = Kind({}, _never)
"""Nothing is done to it: it is told, and stays."""


class GlassNotices:
    """`written` wakes the outbox."""

    def __init__(self, store: CaseStore, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._written = written

    async def tell(self, glass_id: str, actor: Actor, divisions: list[str], reason: str, end_ms: int) -> None:
        """Writes the notices; one that is there already stays. `end_ms` is wall time. Raises Unavailable."""
        now_ms = self._clock.now_ms()
        for code in dict.fromkeys(divisions):
            case = Case(
                case_id=f"glass/{glass_id}-{code}",
                rev=0,
                state="",
                keys={"division_code": code, "enterprise_id": "", "category": "glass"},
                data={"end_wall_ms": end_ms},
                created_ms=now_ms,
                changed_ms=now_ms,
            )
            fields = {**case.data, "division_code": code}
            entry = Entry("glass-broken", "", TOLD, actor, now_ms, reason=reason, fields=fields)
            await self._store.open_case(write(case, entry, GLASS, self._facts))
        self._written()
