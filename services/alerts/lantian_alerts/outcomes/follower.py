"""A table read beside everything else: outcomes are for people, so detection waits for none of them."""

import asyncio

from lantian_kit.table import CompactedTable


class Follower:
    """A part that has started when its reading has begun."""

    def __init__(self, table: CompactedTable) -> None:
        self.name = f"following {table.name}"
        self.failure: asyncio.Future[None] | None = None
        self._table = table
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to read; a failure of it ends the process."""
        self.failure = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._table.start(), name=self.name)
        self._reading.add_done_callback(self._told)

    def _told(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or self.failure is None or self.failure.done():
            return
        error = task.exception()
        if error is not None:
            self.failure.set_exception(error)

    async def stop(self) -> None:
        """Ends the reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        await self._table.stop()
