"""Now and then: forgets sessions and attempts that ended long ago, and counts broken glass."""

from lantian_tasks.access.glass import Glasses
from lantian_tasks.access.sessions import Sessions
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.periodic import Periodic


class Upkeep(Periodic):
    """A part of a process."""

    name = "access upkeep"

    def __init__(self, sessions: Sessions, glasses: Glasses, metrics: TasksMetrics, every_seconds: float) -> None:
        super().__init__(every_seconds)
        self._sessions = sessions
        self._glasses = glasses
        self._metrics = metrics

    async def look(self) -> None:
        """Counts and tidies. Raises Unavailable."""
        self._metrics.glasses_open.set(await self._glasses.open_count())
        await self._sessions.tidy()
