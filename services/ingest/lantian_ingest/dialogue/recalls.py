"""Asks devices for what is missing, by themselves: gaps become commands."""

import asyncio
from typing import Final

from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.gaps import KIND, Gap, Gaps
from lantian_ingest.metrics import IngestMetrics
from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_proto.events import content_id
from lantian_proto.v1.command_pb2 import Command

LOOK_SECONDS: Final = 5.0


class Recalls(LoopPart):
    """A part of the process. `delay_seconds` after a gap was noticed it is asked for, again after four times that."""

    name = "recalls"

    def __init__(
        self, gaps: Gaps, desk: Desk, clock: Clock, metrics: IngestMetrics, *, delay_seconds: float = 1800.0
    ) -> None:
        super().__init__()
        self._gaps = gaps
        self._desk = desk
        self._clock = clock
        self._metrics = metrics
        self._delay_ms = int(delay_seconds * 1000)

    async def _run(self) -> None:
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Turns the gaps that are due into commands."""
        now = self._clock.now_ms()
        for gap in self._gaps.due(now, self._delay_ms, 4 * self._delay_ms):
            self._desk.give(_command(gap, now))
        self._metrics.missing_records.set(len(self._gaps))


def _command(gap: Gap, now_ms: int) -> Command:
    kind = KIND[gap.period]
    return Command(
        command_id=content_id(gap.feed, kind, str(gap.begin_ms), str(gap.end_ms), str(gap.attempt)),
        feed_id=gap.feed,
        kind=kind,
        begin_ms=gap.begin_ms,
        end_ms=gap.end_ms,
        requested_by="ingest",
        requested_ms=now_ms,
    )
