"""Leads and rounds whose lists are answered from cards in memory, as those of issues (`carded_store.py`)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from lantian_tasks.access.scope import EVERYTHING, Scope
from lantian_tasks.cards import in_order
from lantian_tasks.case_cards import CARD_KEYS, CaseCards, answerable
from lantian_tasks.case_store import HEAVY, MotorCases
from lantian_tasks.catching_up import CatchingUp, Window
from lantian_tasks.conditions import Document, by_id, chunks, sees_nothing
from lantian_tasks.leases import Collection, reaching_the_store
from lantian_tasks.ledger.case import Case, CaseStep, case_of
from lantian_tasks.ports import CaseQuery

KINDS = ("lead", "round", "letter", "plan-document", "change")
NO_LIMIT = -1
NARROW = frozenset({"source_id", "enterprise_id", "round_id", "dedupe"})
"""Keys that leave few cases: the store's own index answers."""


class CardedCases(MotorCases):
    """CaseStore of the one process that writes cases."""

    def __init__(self, collection: Callable[[], Collection]) -> None:
        super().__init__(collection)
        self._cards = CaseCards()
        self._moving = asyncio.Lock()
        self._catching_up = {kind: CatchingUp(f"{kind}s", self._reader(kind)) for kind in KINDS}

    async def catch_up(self, now_ms: int) -> None:
        """Writes a card for every case that is there."""
        for one in self._catching_up.values():
            await one.run(now_ms)

    def close(self) -> None:
        """Ends the cards."""
        self._cards.close()

    def _reader(self, kind: str) -> Callable[[Window], Awaitable[int]]:
        async def read(window: Window) -> int:
            wanted = {"kind": kind, "created_ms": window}
            async with self._moving:
                with reaching_the_store():
                    found = await self._collection().find(wanted, dict.fromkeys(CARD_KEYS, 1)).to_list(length=None)
                await asyncio.to_thread(self._cards.fill, found)
            return len(found)

        return read

    async def open_case(self, step: CaseStep) -> bool:
        with self._cards.doubting([step.case.case_id]):
            written = await super().open_case(step)
        if written:
            self._cards.keep([_card_document(step.case)])
        return written

    async def advance_case(self, step: CaseStep, fence: int | None = None) -> bool:
        with self._cards.doubting([step.case.case_id]):
            written = await super().advance_case(step, fence)
        if written:
            self._cards.keep([_card_document(step.case)])
        return written

    async def move_cases(self, enterprise_id: str, division_code: str) -> None:
        everything = [CaseQuery(EVERYTHING, kind, NO_LIMIT, keys={"enterprise_id": enterprise_id}) for kind in KINDS]
        async with self._moving:
            with self._cards.doubting([id_ for query in everything for id_, _ in await self._cards.page(query)]):
                await super().move_cases(enterprise_id, division_code)
                await self._look_up([id_ for query in everything for id_, _ in await self._cards.page(query)])

    async def cases(self, query: CaseQuery) -> list[Case]:
        if sees_nothing(query.scope):
            return []
        if not answerable(query):
            return await super().cases(query)
        await self._look_up(self._cards.in_doubt)
        catching_up = self._catching_up[query.kind]
        if _is_narrow(query) and not catching_up.is_whole:
            return await super().cases(query)
        full = query.limit if query.order == "newest" else 0
        rows = await catching_up.page(lambda: self._cards.page(query), full=full)
        ids = [id_ for id_, _ in rows]
        found = map(case_of, in_order(ids, await self._documents(ids, dict(HEAVY))))
        # The card says where to look, the document who may see it.
        return [case for case in found if _sees(query.scope, case.keys)]

    async def count_cases(self, query: CaseQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        if sees_nothing(query.scope):
            return {}
        if not answerable(query, by):
            return await super().count_cases(query, by)
        catching_up = self._catching_up[query.kind]
        if not catching_up.is_whole:
            if _is_narrow(query):
                return await super().count_cases(query, by)
            await catching_up.whole()
        await self._look_up(self._cards.in_doubt)
        return await self._cards.count(query, by)

    async def _look_up(self, ids: Sequence[str]) -> None:
        self._cards.keep(await self._documents(ids, dict.fromkeys(CARD_KEYS, 1)))

    async def _documents(self, ids: Sequence[str], projection: Document) -> list[Document]:
        found: list[Document] = []
        with reaching_the_store():
            for some in chunks(ids):
                found += await self._collection().find(by_id(some), projection).to_list(length=None)
        return found


def _card_document(case: Case) -> Document:
    return {
        "_id": case.case_id,
        "rev": case.rev,
        "kind": case.kind,
        "state": case.state,
        "created_ms": case.created_ms,
        "keys": case.keys,
        "data": case.data,
    }


def _is_narrow(query: CaseQuery) -> bool:
    return not NARROW.isdisjoint(query.keys)


def _sees(scope: Scope, keys: Mapping[str, Any]) -> bool:
    return scope.covers(keys["division_code"], keys["enterprise_id"])
