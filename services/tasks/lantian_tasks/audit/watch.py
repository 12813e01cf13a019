"""Examines every issue again and again, so that a changed history is noticed without anybody asking for it."""

import asyncio

import structlog

from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.audit.examine import examine
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.periodic import Periodic
from lantian_tasks.ports import IssueQuery, LedgerStore

AT_ONCE = 100
SHOWN = 5


class AuditWatch(Periodic):
    """A part of a process: a page of issues every `every_seconds`, newest first, then from the beginning again.

    `lantian_audit_chain_ok` is 1 while the last whole round and the round under way found nothing.
    """

    name = "audit watch"

    def __init__(self, store: LedgerStore, metrics: TasksMetrics, every_seconds: float) -> None:
        super().__init__(every_seconds)
        self._store = store
        self._metrics = metrics
        self._after: tuple[int, str] | None = None
        self._broken: list[str] = []
        self._broken_before: list[str] = []

    async def look(self) -> None:
        """Examines one page. Raises Unavailable."""
        heads = await self._store.heads(IssueQuery(EVERYTHING, AT_ONCE, after=self._after))
        for head in heads:
            issue = await self._store.issue(head.issue_id, EVERYTHING)
            found = None if issue is None else examine(issue)
            if found is not None and not found.intact:
                self._broken.append(head.issue_id)
                structlog.get_logger().error(
                    "history broken", issue=head.issue_id, entry=found.broken_entry, objections=list(found.objections)
                )
            self._metrics.audit_examined.labels("intact" if found is None or found.intact else "broken").inc()
            await asyncio.sleep(0)
        self._after = (heads[-1].registered_ms, heads[-1].issue_id) if len(heads) == AT_ONCE else None
        self._metrics.audit_chain_ok.set(0 if self._broken or self._broken_before else 1)
        if self._after is None:
            self._broken_before, self._broken = self._broken[:SHOWN], []
