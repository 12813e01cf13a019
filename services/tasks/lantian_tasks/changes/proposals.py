"""What waits for a second person is written down, once: the same wish again finds the change that waits already."""

from collections.abc import Callable

from lantian_kit.clock import Clock
from lantian_kit.worker import Unavailable
from lantian_proto.both import Both
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.changes.moves import CHANGE, KIND, WAITING, first_entry, proposal, says
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.ledger.case import Case, write
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ports import CaseQuery, CaseStore
from lantian_tasks.registry.plan import Refusal
from lantian_tasks.registry.second_person import Held

ATTEMPTS = 20
EARLIER = 50
"""Changes of one entity that are looked at, the latest first: at most one of them waits."""
ANOTHER = Both("another change of this entity waits for a second person", "该登记项已有另一项变更待他人决定")


class Proposals:
    """`written` is called after each write."""

    def __init__(self, store: CaseStore, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._written = written

    async def propose(self, actor: Actor, held: Held) -> Case | Refusal:
        """The change that waits, new or as it was proposed before. Raises Unavailable."""
        for _ in range(ATTEMPTS):
            alike = CaseQuery(EVERYTHING, KIND, EARLIER, keys={"dedupe": held.wish.key})
            earlier = await self._store.cases(alike)
            waiting = next((case for case in earlier if case.state in WAITING), None)
            if waiting is not None:
                return waiting if says(waiting, held) else Refusal(409, ANOTHER)
            number = 1 + max((int(case.data["number"]) for case in earlier), default=0)
            case = proposal(held, number, actor, self._clock.now_ms(), self._facts)
            step = write(case, first_entry(case, actor), CHANGE, self._facts)
            if await self._store.open_case(step):
                self._written()
                return step.case
        raise Unavailable(f"changes of {held.wish.key} were proposed {ATTEMPTS} times while this one was written")
