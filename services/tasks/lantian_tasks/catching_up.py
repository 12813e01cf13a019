"""Writing the cards of what is in the store already, newest first, while the process is at work."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from lantian_kit.worker import Unavailable
from lantian_tasks.cards import Row

FIRST_WINDOW_MS = 3_600_000
VERY_FEW, FEW, MANY = 50, 500, 2000
"""Documents read at once: the store holds all of them in its memory."""
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 10.0
"""How long a question waits that needs every card."""
NOT_YET = 1 << 62
Window = dict[str, int]


class CatchingUp:
    """`read` reads the documents that began in a window, writes their cards and says how many there were."""

    def __init__(self, what: str, read: Callable[[Window], Awaitable[int]]) -> None:
        self._what = what
        self._read = read
        self._since_ms = NOT_YET
        self._count = 0
        self._whole = asyncio.Event()
        self._further = asyncio.Event()

    async def run(self, now_ms: int) -> None:
        """Until every document has its card; waits for a store that is away."""
        until_ms: int | None = None
        window_ms = FIRST_WINDOW_MS
        while until_ms is None or until_ms > 0:
            since_ms = max(0, (now_ms if until_ms is None else until_ms) - window_ms)
            try:
                # The first has no end: a clock may have been set back.
                found = await self._read({"$gte": since_ms} | ({} if until_ms is None else {"$lt": until_ms}))
            except Unavailable as error:
                structlog.get_logger().warning("cards wait", what=self._what, reason=str(error))
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self._count += found
            self._since_ms = until_ms = since_ms
            window_ms = _next_window(window_ms, found)
            self._get_further()
        self._whole.set()
        self._get_further()
        structlog.get_logger().info("cards written", what=self._what, count=self._count)

    def _get_further(self) -> None:
        self._further.set()
        self._further = asyncio.Event()

    @property
    def is_whole(self) -> bool:
        """Whether every document has its card."""
        return self._whole.is_set()

    def covers(self, at_ms: int) -> bool:
        """Whether every document that began at this time or later has its card."""
        return at_ms >= self._since_ms

    async def whole(self) -> None:
        """Waits a while. Raises Unavailable when cards are missing still."""
        await self._wait_for(self._whole, PATIENCE_SECONDS)

    async def page(self, ask: Callable[[], Awaitable[list[Row]]], *, full: int) -> list[Row]:
        """What `ask` finds once all of it is there: with a page of the newest of `full` rows before the others are.

        `full` 0: another order, which needs every card. Raises Unavailable when cards are missing still.
        """
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            whole, since_ms, further = self.is_whole, self._since_ms, self._further
            rows = await ask() if full or whole else []
            if whole or (full and len(rows) == full and rows[-1][1] >= since_ms):
                return rows
            await self._wait_for(further if full else self._whole, ends - time.monotonic())

    async def _wait_for(self, event: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            raise Unavailable(f"cards of {self._what} are being written, {self._count} so far") from None


def _next_window(window_ms: int, found: int) -> int:
    if found > MANY:
        return max(window_ms // 2, 1)
    return window_ms * (8 if found < VERY_FEW else 2 if found < FEW else 1)
