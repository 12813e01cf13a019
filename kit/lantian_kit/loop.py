"""A part of a process whose whole life is one loop."""

import asyncio
from abc import ABC, abstractmethod


class LoopPart(ABC):
    """Starts with its loop and stops by cancelling it; an error of the loop fails the part, which ends the process.

    What the loop was at is left: whoever reads or claims it next goes on.
    """

    name: str

    def __init__(self) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    @abstractmethod
    async def _run(self) -> None:
        """The loop; never returns."""

    async def start(self) -> None:
        """Begins the loop."""
        self.failure = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(), name=self.name)
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Returns when the loop has ended."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self.failure is not None and not self.failure.done():
            self.failure.set_exception(error)
