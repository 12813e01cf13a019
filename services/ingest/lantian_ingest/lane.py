"""The lane of back-fill: a month of old records takes its share of the gateway and no more."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from lantian_ingest.flight import Flight
from lantian_ingest.metrics import IngestMetrics

TURN_SECONDS: Final = 0.05


class Lane:
    """Lets at most `frames_per_second` go, and at most `under_way` be without outcome; the rest waits, unanswered.

    Waiting frames are bounded by back-pressure: a sender whose frame finds the lane full is not read until its frames
    are settled. They are in order, so one feed's back-fill keeps its own.
    """

    def __init__(
        self, metrics: IngestMetrics, *, frames_per_second: int = 1000, under_way: int = 1000, waiting: int = 5000
    ) -> None:
        self.launch: Callable[[Flight], None] = lambda flight: flight.failed()
        self._metrics = metrics
        self._share = frames_per_second
        self._under_way_limit = under_way
        self._waiting_limit = waiting
        self._waiting: deque[Flight] = deque()
        self._under_way: deque[Flight] = deque()
        self._task: asyncio.Task[None] | None = None
        self._filled = asyncio.Event()
        self._allowance = 0.0
        self._last = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """True when as many wait as may."""
        return len(self._waiting) >= self._waiting_limit

    def put(self, flight: Flight) -> None:
        """One more; its time begins when it is let go."""
        self._waiting.append(flight)
        self._metrics.late_waiting.set(len(self._waiting))
        self._filled.set()

    async def start(self) -> None:
        """Begins to let go."""
        self._task = asyncio.create_task(self._run(), name="lane of back-fill")

    async def stop(self) -> None:
        """What still waits gets no answer; the device sends it again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        while self._waiting:
            self._waiting.popleft().failed()

    async def _run(self) -> None:
        while True:
            if not self._waiting:
                self._filled.clear()
                await self._filled.wait()
            self.turn(time.monotonic())
            await asyncio.sleep(TURN_SECONDS)

    def turn(self, now: float) -> None:
        """Lets go what is due at `now`, seconds; an allowance not used within two turns is lost."""
        self._allowance += max(0.0, now - self._last) * self._share
        self._last = now
        self._allowance = min(self._allowance, max(1.0, 2 * TURN_SECONDS * self._share))
        while self._under_way and self._under_way[0].ended:
            self._under_way.popleft()
        while self._waiting and self._allowance >= 1 and len(self._under_way) < self._under_way_limit:
            self._allowance -= 1
            flight = self._waiting.popleft()
            flight.begun = now
            self._under_way.append(flight)
            self.launch(flight)
        self._metrics.late_waiting.set(len(self._waiting))
