"""A part of the process that looks at the store every so often."""

import asyncio
from abc import abstractmethod

import structlog

from lantian_kit.loop import LoopPart
from lantian_kit.worker import Unavailable


class Periodic(LoopPart):
    """Calls `look` every `every_seconds` of wall time; a store that is away is only said."""

    def __init__(self, every_seconds: float) -> None:
        super().__init__()
        self._every_seconds = every_seconds

    @abstractmethod
    async def look(self) -> None:
        """One look. Raises Unavailable."""

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Unavailable as error:
                structlog.get_logger().warning("store away", reason=str(error))
            await asyncio.sleep(self._every_seconds)
