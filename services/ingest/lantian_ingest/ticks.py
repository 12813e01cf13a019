"""Ticks: ingest writes the time into every partition of the readings, so that silence can be seen in the stream."""

import asyncio
from collections.abc import Callable

from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer, Readings
from lantian_kit.bus import Delivered
from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_proto.readings import TICK_FACTOR, TICK_SOURCE, Edition, Period, Stat


class Ticks(LoopPart):
    """A tick into every partition each `seconds` of suite time, but not oftener than each `wall_seconds`.

    The tick goes through the packer, behind the readings taken in before it: it never overtakes them. The first comes
    at once, so the time is known as soon as ingest runs; without ticks no silence is ever noticed.
    """

    name = "ticks"

    def __init__(
        self,
        packer: Packer,
        clock: Clock,
        metrics: IngestMetrics,
        *,
        seconds: float = 10.0,
        wall_seconds: float = 0.5,
        held_back: Callable[[], bool] = lambda: False,
    ) -> None:
        """`held_back` is true while readings wait in the spool, which a tick must not overtake."""
        super().__init__()
        self._packer = packer
        self._clock = clock
        self._metrics = metrics
        self._held_back = held_back
        self._seconds = max(seconds, wall_seconds * clock.rate)
        self._waiting: dict[int, asyncio.Future[Delivered]] = {}

    async def _run(self) -> None:
        while True:
            self.tick()
            await self._clock.sleep(self._seconds)

    def tick(self) -> None:
        """One tick into every partition but those where the last one still waits for Kafka.

        A tick says that ingest runs and that what it takes in gets through. Were ticks of an outage of Kafka kept and
        delivered afterwards, every source would seem to have been silent meanwhile.
        """
        if self._held_back():
            return
        now = self._clock.now_ms()
        for partition in range(self._packer.partitions):
            waiting = self._waiting.get(partition)
            if waiting is not None and not waiting.done():
                continue
            self._waiting[partition] = self._packer.put(
                partition,
                Readings(
                    source=TICK_SOURCE,
                    factors=(TICK_FACTOR,),
                    stats=bytes([Stat.RTD]),
                    period=Period.REAL_TIME,
                    time_ms=now,
                    values=(0.0,),
                    flags=b"\0",
                    received_ms=now,
                    edition=Edition.E2017,
                    seq=0,
                ),
            )
        self._metrics.ticks.inc()
