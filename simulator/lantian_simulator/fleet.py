"""Many data loggers in one process, with a journal of every frame that was acknowledged."""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lantian_kit.clock import Clock
from lantian_simulator.logger import Acknowledged, Counters, Logger, Station, Timing

_SPREAD_MS = 240_000
"""Loggers upload within four minutes after a period's end, each at its own moment, so that no burst comes."""


@dataclass(frozen=True)
class Progress:
    """Where a fleet stands: its counters and the uploads not acknowledged yet."""

    counters: Counters
    backlog: int


class Fleet:
    """Runs loggers against one platform and writes `sent.jsonl`, one acknowledged frame a line."""

    def __init__(
        self,
        stations: Sequence[Station],
        *,
        clock: Clock,
        host: str,
        port: int,
        journal: Path,
        timing: Timing | None = None,
    ) -> None:
        self._clock = clock
        self._journal = journal.open("a", encoding="utf-8")
        self._tasks: list[asyncio.Task[None]] = []
        self._answered = asyncio.Event()
        self._loggers = [
            Logger(
                station,
                clock=clock,
                host=host,
                port=port,
                acknowledged=self._write,
                delay_ms=2_000 + index * _SPREAD_MS // max(1, len(stations)),
                timing=timing,
            )
            for index, station in enumerate(stations)
        ]

    def start(self, start_ms: int) -> None:
        """Start every logger; the first samples are those of the ten-minute mark at or after `start_ms`."""
        self._tasks = [asyncio.create_task(logger.run(start_ms)) for logger in self._loggers]

    def progress(self) -> Progress:
        """Return the sum over all loggers. Raises what a logger died of, because none may die."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error
        total = Counters()
        for logger in self._loggers:
            total.add(logger.counters)
        return Progress(total, sum(logger.backlog for logger in self._loggers))

    async def drain(self, seconds: float) -> int:
        """Measure no more and deliver for at most `seconds` of wall time; returns what is still not acknowledged."""
        for logger in self._loggers:
            logger.stop_measuring()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.progress().backlog:
                    self._answered.clear()
                    await self._answered.wait()
        return self.progress().backlog

    async def stop(self) -> None:
        """Cut every connection and close the journal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._journal.close()

    def _write(self, frame: Acknowledged) -> None:
        self._journal.write(json.dumps(asdict(frame)) + "\n")
        self._journal.flush()
        self._answered.set()


def read_journal(path: Path) -> list[Acknowledged]:
    """Read what a fleet wrote."""
    return [Acknowledged(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
