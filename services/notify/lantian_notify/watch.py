"""Looks at the store every few seconds: gauges for Grafana, and whether the process is ready."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from lantian_kit.clock import Clock
from lantian_notify.deliveries.delivery import DeliveryStore, StoreAway
from lantian_notify.metrics import NotifyMetrics

EVERY_WALL_SECONDS = 5.0
SEEN_WITHIN_WALL_MS = 15_000


class StoreWatch:
    """A part of the process. Its start prepares the store and waits for it as long as it takes."""

    name = "store"

    def __init__(
        self,
        store: DeliveryStore,
        others: Sequence[Callable[[], Awaitable[None]]],
        clock: Clock,
        metrics: NotifyMetrics,
    ) -> None:
        """`others` prepare what lies beside the deliveries."""
        self.failure: asyncio.Future[None] | None = None
        self._store = store
        self._prepare = (store.prepare, *others)
        self._clock = clock
        self._metrics = metrics
        self._seen_wall_ms: int | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        while True:
            try:
                for prepare in self._prepare:
                    await prepare()
                break
            except StoreAway as error:
                structlog.get_logger().warning("waiting for the store", error=str(error))
                await self._sleep(0.5)
        self._seen_wall_ms = self._clock.wall_ms()
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def probe(self) -> str | None:
        """For readiness: None while the store answered within 15 s."""
        if self._seen_wall_ms is None:
            return "the store was not seen yet"
        away = self._clock.wall_ms() - self._seen_wall_ms
        return None if away < SEEN_WITHIN_WALL_MS else f"the store was not seen for {away // 1000} s"

    async def look(self) -> None:
        """Sets the gauges. Raises StoreAway."""
        backlog = await self._store.backlog()
        self._seen_wall_ms = self._clock.wall_ms()
        for state, count in backlog.counts.items():
            self._metrics.deliveries.labels(state).set(count)
        oldest = backlog.oldest_pending_ms
        age = 0.0 if oldest is None else (self._clock.now_ms() - oldest) / 1000
        self._metrics.oldest_pending.set(max(age, 0.0))

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except StoreAway as error:
                structlog.get_logger().warning("the store does not answer", error=str(error))
            await self._sleep(EVERY_WALL_SECONDS)

    async def _sleep(self, wall_seconds: float) -> None:
        await self._clock.sleep_until(self._clock.now_ms() + int(wall_seconds * self._clock.rate * 1000))
