"""Delivers what is due: looks for it, claims it in lanes and sends each delivery through the stages.

Every endpoint has a lane of its own, so one that is slow or dead delays nobody else.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from lantian_kit.clock import Clock
from lantian_notify.channels.base import ChannelKind
from lantian_notify.deliveries.delivery import DeliveryStore, StoreAway, finite_wait_seconds
from lantian_notify.deliveries.stages import Passage, Stages
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.nap import nap

POLL_WALL_SECONDS = 5.0
STORE_PAUSE_WALL_SECONDS = 1.0
STOP_WALL_SECONDS = 17.0


@dataclass(frozen=True, slots=True)
class _Lane:
    task: asyncio.Task[None]
    news: asyncio.Event


class Deliverer:
    """A part of the process; several replicas share one store.

    A crash between the receiver's answer and the record sends the message again, with the same id, once the lease has
    run out. `kick` makes an endpoint's lane look at once instead of at the next poll.
    """

    name = "deliverer"

    def __init__(
        self,
        store: DeliveryStore,
        stages: Stages,
        kinds: Mapping[str, ChannelKind],
        clock: Clock,
        metrics: NotifyMetrics,
        *,
        owner: str,
        per_endpoint: int = 4,
        lease_seconds: float = 30.0,
    ) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._store = store
        self._stages = stages
        self._kinds = kinds
        self._clock = clock
        self._metrics = metrics
        self._owner = owner
        self._per_endpoint = per_endpoint
        self._lease_ms = int(lease_seconds * 1000)
        self._lanes: dict[str, _Lane] = {}
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._stopping = False
        self._cut_off = False

    async def start(self) -> None:
        self.failure = asyncio.get_running_loop().create_future()
        self._pump = asyncio.create_task(self._run(), name=self.name)
        self._pump.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Claims nothing more, lets attempts under way end, then cuts them off: their leases run out."""
        self._stopping = True
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        lanes = {lane.task for lane in self._lanes.values()}
        if lanes:
            await asyncio.wait(lanes, timeout=STOP_WALL_SECONDS)
            self.cut_off()
            await asyncio.gather(*lanes, return_exceptions=True)

    def cut_off(self) -> None:
        """Ends the attempts under way at once; whoever holds their lease next sends them again, with the same id."""
        self._stopping = self._cut_off = True
        for lane in self._lanes.values():
            lane.task.cancel()

    def kick(self, endpoint_ids: Iterable[str]) -> None:
        """New work for these endpoints."""
        for endpoint_id in endpoint_ids:
            self._open_lane(endpoint_id)

    def wake(self) -> None:
        """Something may be due that the deliverer does not know of."""
        self._wake.set()

    async def _run(self) -> None:
        released = False
        while True:
            self._wake.clear()
            try:
                if not released:
                    # What a former life of this replica had claimed is free at once, not when its lease ends.
                    await self._store.release(self._owner)
                    released = True
                next_ms = await self._look()
            except StoreAway as error:
                await self._pause(error)
                continue
            await self._nap(next_ms)

    async def _look(self) -> int | None:
        """Opens a lane for everything due; returns when the next thing is."""
        now, wall = self._clock.now_ms(), self._clock.wall_ms()
        expired = await self._store.expire(now, wall)
        if expired:
            self._metrics.settled.labels("failed").inc(expired)
            structlog.get_logger().error("deliveries given up at their deadline", count=expired)
        next_ms = await self._store.next_due_ms(now)
        for endpoint_id in await self._store.due_endpoints(now, wall):
            health = await self._store.health(endpoint_id)
            if health.not_before_ms > now:
                next_ms = min(health.not_before_ms, next_ms or health.not_before_ms)
            else:
                self._open_lane(endpoint_id)
        return next_ms

    async def _nap(self, until_ms: int | None) -> None:
        seconds = finite_wait_seconds(until_ms, self._clock.now_ms(), POLL_WALL_SECONDS * self._clock.rate)
        await nap(self._wake, self._clock, seconds)

    async def _pause(self, error: StoreAway) -> None:
        self._metrics.store_trouble.inc()
        structlog.get_logger().warning("the store is away, deliveries wait", error=str(error))
        pause_ms = int(STORE_PAUSE_WALL_SECONDS * self._clock.rate * 1000)
        await self._clock.sleep_until(self._clock.now_ms() + pause_ms)

    def _open_lane(self, endpoint_id: str) -> None:
        if self._stopping:
            return
        lane = self._lanes.get(endpoint_id)
        if lane is not None:
            lane.news.set()
            return
        news = asyncio.Event()
        task = asyncio.create_task(self._serve(endpoint_id, news), name=f"lane {endpoint_id}")
        self._lanes[endpoint_id] = _Lane(task, news)
        task.add_done_callback(self._ended)

    async def _serve(self, endpoint_id: str, news: asyncio.Event) -> None:
        """Empties what is due for one endpoint, as many at a time as its health allows."""
        under_way: set[asyncio.Task[None]] = set()
        worked = False
        try:
            while True:
                news.clear()
                fresh = [] if self._stopping else await self._claim(endpoint_id, len(under_way))
                under_way.update(asyncio.create_task(self._stages.pass_through(passage)) for passage in fresh)
                worked = worked or bool(fresh)
                if under_way:
                    await self._first(under_way, news)
                elif not news.is_set():
                    break
        except StoreAway as error:
            worked = True
            await self._pause(error)
        finally:
            # The neighbours of one that failed come to their own end, unless the lane itself is cut off.
            if self._cut_off:
                for task in under_way:
                    task.cancel()
            for end in await asyncio.gather(*under_way, return_exceptions=True):
                if isinstance(end, Exception) and not isinstance(end, StoreAway):
                    self._fail(end)
            self._lanes.pop(endpoint_id, None)
        if worked:
            self._wake.set()  # what was rescheduled may be due before the pump's nap ends

    async def _claim(self, endpoint_id: str, under_way: int) -> list[Passage]:
        now, wall = self._clock.now_ms(), self._clock.wall_ms()
        health = await self._store.health(endpoint_id)
        kind = self._kinds.get(endpoint_id.partition(":")[0])
        widest = 1 if kind is not None and kind.rate is not None else self._per_endpoint
        free = health.width(now, widest) - under_way
        if free <= 0:
            return []
        claimed = await self._store.claim(
            endpoint_id, now, wall, limit=free, owner=self._owner, until_wall_ms=wall + self._lease_ms
        )
        return [Passage(delivery, health) for delivery in claimed]

    async def _first(self, under_way: set[asyncio.Task[None]], news: asyncio.Event) -> None:
        """Waits for an attempt to end or for more work; takes what has ended out. Raises what an attempt raised."""
        bell = asyncio.create_task(news.wait())
        try:
            done, _ = await asyncio.wait({*under_way, bell}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()
        under_way -= done
        for task in done - {bell}:
            task.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """A fault of ours ends the process: silence would look like peace."""
        if self.failure is not None and not self.failure.done():
            self.failure.set_exception(error)
