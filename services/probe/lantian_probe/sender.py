"""The probe's device: one connection a round, the frame, the gateway's answer."""

import asyncio
import time

import structlog

from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_probe.book import Book
from lantian_probe.metrics import ProbeMetrics
from lantian_probe.rounds import Round, round_after
from lantian_simulator.frames import FrameError, read_reply

HEAD_BYTES, TAIL_BYTES = 6, 6
ANSWER_SECONDS = 15.0
LOOK_SECONDS = 1.0


class Sender(LoopPart):
    """A part of a process: waits for each round, sends it, and keeps the gauge of what waits."""

    name = "sender"

    def __init__(self, gateway: str, an_hour: int, book: Book, clock: Clock, metrics: ProbeMetrics) -> None:
        super().__init__()
        self._host, _, port = gateway.rpartition(":")
        self._port = int(port)
        self._an_hour = an_hour
        self._book = book
        self._clock = clock
        self._metrics = metrics

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch())
            while True:
                coming = round_after(self._clock.now_ms(), self._an_hour)
                await self._clock.sleep_until(coming.at_ms)
                await self._take(coming)

    async def _take(self, coming: Round) -> None:
        self._book.sent(coming, time.monotonic())
        self._metrics.rounds.labels("sent").inc()
        try:
            await self.send(coming.frame())
        except (OSError, TimeoutError, FrameError, asyncio.IncompleteReadError, ValueError) as error:
            # It may have arrived all the same; if not, the round goes on waiting and the alert says so.
            self._metrics.rounds.labels("unanswered").inc()
            structlog.get_logger().warning("no answer", source=coming.source_id, error=repr(error))

    async def send(self, frame: bytes) -> None:
        """Returns when the gateway has answered. Raises OSError, TimeoutError, FrameError, IncompleteReadError."""
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(self._host, self._port)
            try:
                writer.write(frame)
                await writer.drain()
                head = await reader.readexactly(HEAD_BYTES)
                read_reply(head + await reader.readexactly(int(head[2:]) + TAIL_BYTES))
            finally:
                writer.close()

    async def _watch(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Sets the gauge."""
        now = time.monotonic()
        self._metrics.rounds.labels("lost").inc(self._book.given_up(now))
        self._metrics.waiting.set(self._book.oldest(now))
