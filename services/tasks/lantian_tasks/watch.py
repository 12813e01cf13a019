"""Looks at the store now and then: for the gauges, and to know whether it can be reached."""

import time

from lantian_kit.clock import Clock
from lantian_proto.topics import ISSUE_EVENTS, LEDGER, REGISTRY, TASK_EVENTS
from lantian_tasks.ledger.issue import State
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.periodic import Periodic
from lantian_tasks.ports import Backlog, Store

SEEN_WITHIN_SECONDS = 15.0
SEVERITIES = (1, 2, 3, 4)


class StoreWatch(Periodic):
    """A part of a process; `probe` for readiness."""

    name = "store watch"

    def __init__(self, store: Store, clock: Clock, metrics: TasksMetrics, every_seconds: float) -> None:
        super().__init__(every_seconds)
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._seen: float | None = None

    async def look(self) -> None:
        """Sets the gauges. Raises Unavailable."""
        self._show(ISSUE_EVENTS, await self._store.issue_backlog())
        self._show(TASK_EVENTS, await self._store.case_backlog())
        self._show(REGISTRY, await self._store.record_backlog())
        self._metrics.outbox_pending.labels(LEDGER).set(await self._store.copy_backlog())
        # It answers, though the figures of a large ledger may have to wait for the cards of the local store.
        self._seen = time.monotonic()
        counts = await self._store.open_by_severity()
        for severity in SEVERITIES:
            self._metrics.issue_open.labels(str(severity)).set(counts.get(severity, 0))
        by_state = await self._store.by_state()
        for state in State:
            self._metrics.issue_stage.labels(str(state)).set(by_state.get(str(state), 0))
        self._metrics.issue_overdue.set(await self._store.overdue(self._clock.now_ms()))

    def _show(self, topic: str, backlog: Backlog) -> None:
        waited_ms = self._clock.now_ms() - backlog.oldest_ms if backlog.pending else 0
        self._metrics.outbox_pending.labels(topic).set(backlog.pending)
        self._metrics.outbox_oldest.labels(topic).set(max(0.0, waited_ms / 1000 / self._clock.rate))

    def probe(self) -> str | None:
        """None while the store answered within 15 s."""
        if self._seen is None:
            return "the store has not answered yet"
        away = time.monotonic() - self._seen
        return None if away < SEEN_WITHIN_SECONDS else f"the store has not answered for {away:.0f} s"
