"""The store whose lists are answered from cards in memory: for the local suite (ADR 0003).

SecantusDB decodes every document that its one index leaves before it sorts and limits, and counts by reading all: at
100,000 issues a wide list takes minutes there. MongoDB walks its indexes and stops, so production has no cards.

The cards of what is there already are written while the process is at work. Meanwhile the newest page is answered as
soon as its cards are there, a narrow list by the store, and what needs every card waits, or is told to come back.
"""

import asyncio
from collections.abc import Callable, Sequence

from pymongo import IndexModel

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.carded_cases import CardedCases
from lantian_tasks.cards import in_order
from lantian_tasks.case_store import CASE_INDEXES, MotorCases
from lantian_tasks.catching_up import CatchingUp, Window
from lantian_tasks.conditions import Document, by_id, chunks, sees_nothing
from lantian_tasks.issue_cards import IssueCards
from lantian_tasks.issue_queries import ISSUE_INDEXES
from lantian_tasks.leases import reaching_the_store
from lantian_tasks.ledger.document import HEAD_KEYS, head_document
from lantian_tasks.ledger.issue import Standing, Step
from lantian_tasks.ports import IssueQuery
from lantian_tasks.store import OPEN, MotorStore

NO_LIMIT = -1
NARROW = ("source_id", "enterprise_id", "round_id", "parent_id")
"""Filters that leave few issues: the store's own index answers."""
WITHOUT_CARDS = ("episode", "newest", "newest_of_enterprise_id", "round", "parent", "timer", "outbox")
CASES_WITHOUT_CARDS = ("newest", "source", "enterprise", "round", "dedupe", "timer", "outbox")
"""Indexes that something besides lists needs; each more makes every write slower (a millisecond and more, measured)."""


def _named(indexes: Sequence[IndexModel], names: Sequence[str]) -> list[IndexModel]:
    return [index for index in indexes if index.document["name"] in names]


class CardedStore(MotorStore):
    """LedgerStore of the one process that writes issues. `now_ms` is the clock by which issues are registered."""

    issue_indexes = _named(ISSUE_INDEXES, WITHOUT_CARDS)
    case_indexes = _named(CASE_INDEXES, CASES_WITHOUT_CARDS)

    def __init__(self, url: str, database: str, now_ms: Callable[[], int], *, patience_seconds: float = 5.0) -> None:
        super().__init__(url, database, patience_seconds=patience_seconds)
        self._cards = IssueCards()
        self._now_ms = now_ms
        self._catching_up = CatchingUp("issues", self._read)
        self._moving = asyncio.Lock()
        self._writing: asyncio.Task[None] | None = None

    def _cases_of(self) -> MotorCases:
        self._carded_cases = CardedCases(lambda: self._collection("cases"))
        return self._carded_cases

    async def start(self) -> None:
        """Connects; a card for everything that is there follows."""
        await super().start()
        self.failure = asyncio.get_running_loop().create_future()
        self._writing = asyncio.create_task(self._write_cards(), name="cards")
        self._writing.add_done_callback(self._ended)

    async def _write_cards(self) -> None:
        await self._catching_up.run(self._now_ms())
        await self._carded_cases.catch_up(self._now_ms())

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self.failure is not None and not self.failure.done():
            self.failure.set_exception(error)

    async def carded(self) -> None:
        """Waits until everything has its card."""
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def stop(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await super().stop()
        self._cards.close()
        self._carded_cases.close()

    async def _read(self, window: Window) -> int:
        # Not while an enterprise moves: what was read before would be put down after.
        async with self._moving:
            with reaching_the_store():
                cursor = self._issues.find({"registered_ms": window}, dict.fromkeys(HEAD_KEYS, 1))
                found = await cursor.to_list(length=None)
            await asyncio.to_thread(self._cards.fill, found)
        return len(found)

    async def open(self, step: Step) -> bool:
        with self._cards.doubting([step.issue.issue_id]):
            written = await super().open(step)
        if written:
            self._cards.keep([head_document(step.issue.head)])
        return written

    async def advance(self, step: Step, fence: int | None = None) -> bool:
        with self._cards.doubting([step.issue.issue_id]):
            written = await super().advance(step, fence)
        if written:
            self._cards.keep([head_document(step.issue.head)])
        return written

    async def settle_issue(self, issue_id: str, rev: int, standing: Standing) -> bool:
        with self._cards.doubting([issue_id]):
            written = await super().settle_issue(issue_id, rev, standing)
            await self._look_up([issue_id])
        return written

    async def move_enterprise(self, enterprise_id: str, division_code: str) -> None:
        async with self._moving:
            ids = await self._ids_of(enterprise_id)
            with self._cards.doubting(ids):
                await super().move_enterprise(enterprise_id, division_code)
                # Once more: what was opened or advanced meanwhile may have put down a card of before.
                await self._look_up(await self._ids_of(enterprise_id))

    async def _ids_of(self, enterprise_id: str) -> list[str]:
        return [id_ for id_, _ in await self._cards.page(IssueQuery(EVERYTHING, NO_LIMIT, enterprise_id=enterprise_id))]

    async def _look_up(self, ids: Sequence[str]) -> None:
        self._cards.keep(await self._documents(ids, HEAD_KEYS))

    async def _documents(self, ids: Sequence[str], keys: Sequence[str]) -> list[Document]:
        found: list[Document] = []
        with reaching_the_store():
            for some in chunks(ids):
                found += await self._issues.find(by_id(some), dict.fromkeys(keys, 1)).to_list(length=None)
        return found

    async def _page_of_issues(self, query: IssueQuery, keys: Sequence[str]) -> list[Document]:
        if sees_nothing(query.scope):
            return []
        await self._look_up(self._cards.in_doubt)
        if _is_beside(query) or (_is_narrow(query) and not self._catching_up.is_whole):
            return await super()._page_of_issues(query, keys)
        full = query.limit if query.order == "newest" else 0
        rows = await self._catching_up.page(lambda: self._cards.page(query), full=full)
        ids = [id_ for id_, _ in rows]
        found = in_order(ids, await self._documents(ids, keys))
        # The card says where to look, the document who may see it.
        return [row for row in found if query.scope.covers(row["division_code"], row["enterprise_id"])]

    async def count_issues(self, query: IssueQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        if sees_nothing(query.scope):
            return {}
        if _is_beside(query):
            return await super().count_issues(query, by)
        if not self._catching_up.is_whole:
            if _is_narrow(query):
                return await super().count_issues(query, by)
            await self._catching_up.whole()
        await self._look_up(self._cards.in_doubt)
        return await self._cards.count(query, by)

    async def open_sources(self) -> list[str]:
        return sorted(source for (source,) in await self.count_issues(OPEN, ("source_id",)))


def _is_beside(query: IssueQuery) -> bool:
    # A card joins the texts that are searched, of people too: who may not find by those is answered by the store.
    return bool(query.text) and not query.people


def _is_narrow(query: IssueQuery) -> bool:
    return any(getattr(query, name) for name in NARROW)
