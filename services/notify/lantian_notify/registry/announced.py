"""Keeps what the registry announced: compaction leaves a team's last revision only, which may lie in the future."""

import asyncio

import structlog

from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_notify.deliveries.delivery import StoreAway
from lantian_notify.parked.event import ParkedStore
from lantian_notify.registry.teams import KEPT, Teams, read_change

PAUSE_WALL_SECONDS = 1.0


class Announced(LoopPart):
    """A part of the process, between the table of registry.v1 and `Teams`: its start restores, `apply` keeps."""

    name = "announced changes"

    def __init__(self, store: ParkedStore, teams: Teams, clock: Clock) -> None:
        super().__init__()
        self._store = store
        self._teams = teams
        self._clock = clock
        self._news: asyncio.Queue[tuple[str, bytes | None]] = asyncio.Queue()

    async def start(self) -> None:
        while True:
            try:
                kept = await self._store.kept_changes()
                break
            except StoreAway as error:
                structlog.get_logger().warning("waiting for the store", error=str(error))
                await self._pause()
        for key, value in kept:
            self._teams.apply(key, value)
        await super().start()

    def apply(self, key: str, value: bytes | None) -> None:
        """Takes one record of registry.v1, as `Teams.apply` does. Raises ValueError."""
        self._teams.apply(key, value)
        if key.partition("/")[0] in KEPT:
            self._news.put_nowait((key, value))

    async def drained(self) -> None:
        """Waits until everything applied so far is kept."""
        await self._news.join()

    async def _run(self) -> None:
        while True:
            key, value = await self._news.get()
            while True:
                try:
                    await self._keep(key, value)
                    break
                except StoreAway as error:
                    structlog.get_logger().warning("the store is away, a change is kept later", error=str(error))
                    await self._pause()
            self._news.task_done()

    async def _keep(self, key: str, value: bytes | None) -> None:
        if value is None:
            await self._store.drop_changes(key, 1 << 62)
            return
        kind, _, entity_id = key.partition("/")
        change = read_change(kind, entity_id, value)
        await self._store.keep_change(key, change.revision, value)
        if change.valid_from_ms <= self._clock.now_ms():
            await self._store.drop_changes(key, change.revision)

    async def _pause(self) -> None:
        await self._clock.sleep_until(self._clock.now_ms() + int(PAUSE_WALL_SECONDS * self._clock.rate * 1000))
