"""The one clock of the suite: it has an epoch and a rate, so that a demo runs a day in two minutes on the same code."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Suite time for everything that is decided; wall time only for signatures, logs and network time-outs."""

    @property
    def rate(self) -> float:
        """Suite seconds in one wall second."""

    def now_ms(self) -> int:
        """Suite time, ms since 1970 UTC."""

    def wall_ms(self) -> int:
        """Wall time, ms since 1970 UTC."""

    def wall_of(self, suite_ms: int) -> int:
        """Wall time at which the suite's clock shows `suite_ms`."""

    async def sleep(self, suite_seconds: float) -> None:
        """Waits for a span of suite time."""

    async def sleep_until(self, suite_ms: int) -> None:
        """Waits for a moment of suite time; one that has passed is not waited for."""


class SuiteClock:
    """`suite_epoch_ms` is shown at `wall_epoch_ms`; both 0 and rate 1 give plain wall time."""

    def __init__(self, rate: float = 1.0, wall_epoch_ms: int = 0, suite_epoch_ms: int = 0) -> None:
        if rate <= 0:
            raise ValueError(f"a clock's rate is positive, not {rate}")
        self.rate = rate
        self._wall_epoch_ms = wall_epoch_ms
        self._suite_epoch_ms = suite_epoch_ms

    def now_ms(self) -> int:
        return self._suite_epoch_ms + int((time.time() * 1000 - self._wall_epoch_ms) * self.rate)

    def wall_ms(self) -> int:
        return int(time.time() * 1000)

    def wall_of(self, suite_ms: int) -> int:
        return self._wall_epoch_ms + int((suite_ms - self._suite_epoch_ms) / self.rate)

    async def sleep(self, suite_seconds: float) -> None:
        await asyncio.sleep(max(0.0, suite_seconds) / self.rate)

    async def sleep_until(self, suite_ms: int) -> None:
        await self.sleep((suite_ms - self.now_ms()) / 1000)


class ManualClock:
    """A clock for tests: it stands until `advance` is called; sleepers wake when their time has come."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self.rate = 1.0
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return self._now_ms

    def wall_ms(self) -> int:
        return self._now_ms

    def wall_of(self, suite_ms: int) -> int:
        return suite_ms

    async def sleep(self, suite_seconds: float) -> None:
        await self.sleep_until(self._now_ms + int(suite_seconds * 1000))

    async def sleep_until(self, suite_ms: int) -> None:
        if suite_ms <= self._now_ms:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((suite_ms, future))
        await future

    def advance(self, seconds: float) -> None:
        """Moves time on and wakes whoever is due."""
        self._now_ms += int(seconds * 1000)
        due = [future for at, future in self._sleepers if at <= self._now_ms]
        self._sleepers = [(at, future) for at, future in self._sleepers if at > self._now_ms]
        for future in due:
            if not future.done():
                future.set_result(None)
