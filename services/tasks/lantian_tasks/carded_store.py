"""The store whose lists of issues are answered from cards in memory: for the local suite (ADR 0003).

SecantusDB decodes every document that its one index leaves before it sorts and limits, and counts by reading all: at
100,000 issues a wide list takes minutes there. MongoDB walks its indexes and stops, so production has no cards.
"""

from collections.abc import Callable, Sequence

import structlog

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.conditions import Document, by_id, chunks, sees_nothing
from lantian_tasks.issue_cards import IssueCards, in_order
from lantian_tasks.leases import reaching_the_store
from lantian_tasks.ledger.document import HEAD_KEYS, head_document
from lantian_tasks.ledger.issue import Standing, Step
from lantian_tasks.ports import IssueQuery
from lantian_tasks.store import OPEN, MotorStore

FIRST_WINDOW_MS = 3_600_000
FEW, MANY = 500, 2000
"""Documents read at once while the cards are written: the store holds all of them in its memory."""
NO_LIMIT = -1


class CardedStore(MotorStore):
    """LedgerStore of the one process that writes issues. `now_ms` is the clock by which issues are registered."""

    def __init__(self, url: str, database: str, now_ms: Callable[[], int], *, patience_seconds: float = 5.0) -> None:
        super().__init__(url, database, patience_seconds=patience_seconds)
        self._cards = IssueCards()
        self._now_ms = now_ms

    async def start(self) -> None:
        """Connects, and writes a card for every issue that is there."""
        await super().start()
        with reaching_the_store():
            total = await self._issues.estimated_document_count()
        until_ms, window_ms, count = 0, FIRST_WINDOW_MS, 0
        while count < total and until_ms >= 0:
            since_ms = (until_ms or self._now_ms()) - window_ms
            window: Document = {"$gte": since_ms, "$lt": until_ms} if until_ms else {"$gte": since_ms}
            with reaching_the_store():
                found = await self._issues.find({"registered_ms": window}, dict.fromkeys(HEAD_KEYS, 1)).to_list(
                    length=None
                )
            self._cards.keep(found)
            count += len(found)
            until_ms = since_ms
            window_ms = (
                window_ms * 2 if len(found) < FEW else max(window_ms // 2, 1) if len(found) > MANY else window_ms
            )
        structlog.get_logger().info("cards written", issues=count)

    async def stop(self) -> None:
        await super().stop()
        self._cards.close()

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
        ids = await self._cards.page(IssueQuery(EVERYTHING, NO_LIMIT, enterprise_id=enterprise_id))
        with self._cards.doubting(ids):
            await super().move_enterprise(enterprise_id, division_code)
            await self._look_up(ids)

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
        ids = await self._cards.page(query)
        found = in_order(ids, await self._documents(ids, keys))
        # The card says where to look, the document who may see it.
        return [row for row in found if query.scope.covers(row["division_code"], row["enterprise_id"])]

    async def count_issues(self, query: IssueQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        if sees_nothing(query.scope):
            return {}
        await self._look_up(self._cards.in_doubt)
        return await self._cards.count(query, by)

    async def open_sources(self) -> list[str]:
        return sorted(source for (source,) in await self.count_issues(OPEN, ("source_id",)))
