"""Compares sources with each other: reads source-hours.v1 from its beginning and publishes the leads that come of it.

Whoever owns partition 0 of readings.v1 does it. It keeps no state of its own: leads follow from the topic alone, so
that a new owner, or two at once for a moment, tells the same leads with the same ids. What was found in the last two
days is told again after a restart: nobody knows whether it was told before.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from lantian_alerts.core.across import Across
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.episodes import Change
from lantian_alerts.core.layout import HOUR_MS
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.sharing import decoded
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.telling import Teller
from lantian_kit.consumer import connected
from lantian_kit.deadletter import DeadLetters
from lantian_kit.loop import LoopPart
from lantian_kit.records import record_of
from lantian_kit.whole import places_of
from lantian_proto.readings import ReadingsError
from lantian_proto.topics import SOURCE_HOURS

GROUP: Final = "alerts-comparing"
AGAIN_HOURS: Final = 48
FETCH_MS: Final = 500
PAUSE_SECONDS: Final = 0.5


class Comparer(LoopPart):
    """A part of the process. `elected` names the assignment under which it compares, None while another one does."""

    name = "comparing"

    def __init__(
        self,
        bootstrap: str,
        catalogue: Catalogue,
        registry: Registry,
        teller: Teller,
        dead_letters: DeadLetters,
        metrics: AlertsMetrics,
        elected: Callable[[], int | None],
        failures: RuleFailures,
    ) -> None:
        super().__init__()
        self._bootstrap, self._catalogue, self._registry = bootstrap, catalogue, registry
        self._teller, self._dead_letters, self._metrics = teller, dead_letters, metrics
        self._elected, self._failures = elected, failures

    async def _run(self) -> None:
        while True:
            epoch = self._elected()
            if epoch is None:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            reader = await connected(
                self._bootstrap, GROUP, auto_offset_reset="earliest", isolation_level="read_committed"
            )
            try:
                await self._compare(reader, epoch)
            except KafkaError as error:
                structlog.get_logger().warning("comparing failed, beginning anew", error=repr(error))
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                await reader.stop()

    async def _compare(self, reader: AIOKafkaConsumer, epoch: int) -> None:
        places = await places_of(reader, SOURCE_HOURS)
        await reader.seek_to_beginning(*places)
        ends = await reader.end_offsets(places)
        across = Across(self._catalogue, self._registry, self._failures.guard)
        counted, early, behind = Counted(), list[Change](), True
        while self._elected() == epoch:
            for records in (await reader.getmany(timeout_ms=FETCH_MS)).values():
                for record in records:
                    changes = await self._take(across, record)
                    if behind:
                        early += changes
                    else:
                        await self._teller.tell(changes)
            if behind and all([await reader.position(place) >= end for place, end in ends.items()]):
                behind = False
                since_ms = (across.judged + 1 - AGAIN_HOURS) * HOUR_MS
                await self._teller.tell([change for change in early if change.found_ms >= since_ms])
                early.clear()
                structlog.get_logger().info("comparing sources", hour=across.judged, opened=across.opened)
            if not behind:
                counted.count(across, self._metrics)
            self._failures.collect()

    async def _take(self, across: Across, record: Any) -> list[Change]:
        try:
            shared = decoded(record.key, record.value)
        except ReadingsError as error:
            structlog.get_logger().error("dead letter", topic=SOURCE_HOURS, offset=record.offset, error=str(error))
            await self._dead_letters.put(record_of(record), "undecodable", str(error), group=GROUP, attempts=1)
            return []
        changes: list[Change] = []
        for piece in across.take(shared):
            changes += piece
            await asyncio.sleep(0)  # heartbeats and health checks stay on time
        return changes


class Counted:
    """What of a comparison has gone into the metrics; what is read again after a restart counts again."""

    def __init__(self) -> None:
        self._outcomes: dict[tuple[str, str], int] = {}
        self._suppressed: dict[str, int] = {}

    def count(self, across: Across, metrics: AlertsMetrics) -> None:
        """Adds what is new."""
        for (rule, outcome), number in across.outcomes.items():
            metrics.findings.labels(rule, outcome).inc(number - self._outcomes.get((rule, outcome), 0))
            self._outcomes[rule, outcome] = number
        for order, number in across.suppressed.items():
            metrics.suppressed.labels(order).inc(number - self._suppressed.get(order, 0))
            self._suppressed[order] = number
        metrics.compared_hour.set((across.judged + 1) * HOUR_MS / 1000)
