"""Now and then: forgets sessions and attempts that ended long ago, and counts broken glass."""

import asyncio

import structlog

from lantian_kit.loop import LoopPart
from lantian_kit.worker import Unavailable
from lantian_tasks.access.glass import Glasses
from lantian_tasks.access.sessions import Sessions
from lantian_tasks.metrics import TasksMetrics


class Upkeep(LoopPart):
    """A part of a process."""

    name = "access upkeep"

    def __init__(self, sessions: Sessions, glasses: Glasses, metrics: TasksMetrics, every_seconds: float) -> None:
        super().__init__()
        self._sessions = sessions
        self._glasses = glasses
        self._metrics = metrics
        self._every_seconds = every_seconds

    async def _run(self) -> None:
        while True:
            try:
                self._metrics.glasses_open.set(await self._glasses.open_count())
                await self._sessions.tidy()
            except Unavailable as error:
                structlog.get_logger().warning("store away", reason=str(error))
            await asyncio.sleep(self._every_seconds)
