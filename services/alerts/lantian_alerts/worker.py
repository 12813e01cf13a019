"""The detector: batches of readings in, leads out, state saved, input acknowledged after both.

Leads are published at once and awaited before the batch counts as taken, and a snapshot is never cut while a batch is
being taken: so the state never holds the effect of a reading whose leads are not on the broker.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping

import structlog

from lantian_alerts.changelog import Changelog, Fenced
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.fetched import Fetched, of_batches, of_values
from lantian_alerts.core.layout import LAST_TICK
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.sharing import encoded, key_of
from lantian_alerts.core.state import LayoutChanged, StateError, dirty_blocks, restored
from lantian_alerts.core.together import SharedHour
from lantian_alerts.core.unpack import Piece, Unpacker
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.settings import AlertsSettings
from lantian_alerts.telling import Teller
from lantian_kit.bus import Publisher, partition_of
from lantian_kit.clock import Clock
from lantian_kit.deadletter import DeadLetters, FailureLimit
from lantian_kit.records import Record, record_of
from lantian_kit.worker import Batch
from lantian_proto.readings import ReadingsError
from lantian_proto.topics import READINGS, SOURCE_HOURS

GROUP = "alerts"
STAGE = "alerts"
PART_BYTES = 1 << 18  # half of a small second-level cache
CHUNK_BYTES = 1 << 22  # some ten milliseconds of work
UNSAVED_AT_MOST_SECONDS = 30.0


def fetched_of(batch: Batch) -> Iterator[Fetched]:
    """A batch's records by their places, part by part: each is decompressed when it is asked for and read while the
    processor's cache holds it. Raises BrokenBatch.
    """
    if batch.whole is None:
        yield of_values([found.offset for found in batch.records], [found.value for found in batch.records])
        return
    held, size = [], 0
    for part in batch.whole.batches:
        held.append((part.base_offset, part.count, part.records()))
        size += len(held[-1][2])
        if size >= PART_BYTES:
            yield of_batches(held, batch.whole.first)
            held, size = [], 0
    if held:
        yield of_batches(held, batch.whole.first)


def record_at(batch: Batch, offset: int) -> Record:
    """One record of a batch as it lies in the topic."""
    if batch.whole is not None:
        return record_of(batch.whole.record(offset))
    return record_of(next(found for found in batch.records if found.offset == offset))


class Owned:
    """One owned partition: its engine, what waits for the next snapshot, and what was counted so far."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.waiting: list[Callable[[], None]] = []
        self.saved_offset = engine.offset
        self.results: dict[str, int] = {}
        self.outcomes: dict[tuple[str, str], int] = {}
        self.suppressed: dict[str, int] = {}
        self.screened = 0
        self.away_ms = engine.away_ms


class Detector:
    """Handler of the batch worker, and a part of the process: it saves the state every so many wall seconds."""

    name = "detector"

    def __init__(
        self,
        catalogue: Catalogue,
        registry: Registry,
        changelog: Changelog,
        publisher: Publisher,
        dead_letters: DeadLetters,
        metrics: AlertsMetrics,
        clock: Clock,
        settings: AlertsSettings,
        generation: Callable[[], int],
        failures: RuleFailures,
    ) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._catalogue = catalogue
        self._registry = registry
        self._changelog = changelog
        self._publisher = publisher
        self._failures = failures
        self._teller = Teller(Rulebook(catalogue, registry), publisher, metrics, failures)
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._clock = clock
        self._settings = settings
        self._generation = generation
        self._limit = FailureLimit()
        self._unpacker = Unpacker()
        self._owned: dict[int, Owned] = {}
        self._epoch: int | None = None
        self._turn = asyncio.Lock()  # batches and the cutting of snapshots take turns
        self._writing = asyncio.Lock()  # so do saves: a producer knows one transaction at a time
        self._stopping = asyncio.Event()
        self._saver: asyncio.Task[None] | None = None
        self._saved_at = time.monotonic()
        metrics.tick_gap.set_function(self._tick_gap)
        metrics.sources.set_function(lambda: sum(len(one.engine.partition.ids) for one in self._owned.values()))
        metrics.episodes.set_function(lambda: sum(one.engine.episodes.opened for one in self._owned.values()))

    # A part of the process ------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begins to save."""
        self.failure = asyncio.get_running_loop().create_future()
        self._saver = asyncio.create_task(self._save_regularly(), name="snapshots")

    async def stop(self) -> None:
        """Saves once more, then takes nothing any more. To be stopped before the worker, which then commits."""
        self._stopping.set()
        if self._saver is not None:
            await asyncio.gather(self._saver, return_exceptions=True)
        self.on_revoked()
        await self._changelog.close()

    def compares(self) -> int | None:
        """The assignment under which this process owns partition 0, whose owner compares sources; None otherwise."""
        return self._epoch if 0 in self._owned and self._epoch == self._generation() else None

    def probe(self) -> str | None:
        """For readiness: partitions restored, state written lately."""
        if self._epoch is None:
            return "no state restored yet"
        unsaved = time.monotonic() - self._saved_at
        return None if unsaved < UNSAVED_AT_MOST_SECONDS else f"no state written for {unsaved:.0f} s"

    # Handler of the batch worker ------------------------------------------------------------------------------------

    async def on_assigned(self, partitions: set[int], generation: int) -> None:
        """Restores everything again: another process may have owned a kept partition in between."""
        self.on_revoked()
        began = time.monotonic()
        fresh = {}
        async with self._writing:  # a save under way ends, or is fenced, before its producer is let go
            blocks = await self._changelog.open(partitions)
            for partition in sorted(partitions):
                fresh[partition] = Owned(await self._restore(partition, blocks.pop(partition)))
                await asyncio.sleep(0)
        if generation != self._generation() or self._stopping.is_set():
            return  # another assignment is on its way
        self._owned, self._epoch, self._saved_at = fresh, generation, time.monotonic()
        self._metrics.restore_seconds.observe(time.monotonic() - began)
        structlog.get_logger().info(
            "restored",
            partitions=sorted(partitions),
            sources=sum(len(one.engine.partition.ids) for one in fresh.values()),
            seconds=round(time.monotonic() - began, 3),
        )

    async def _restore(self, partition: int, blocks: Mapping[int, bytes]) -> Engine:
        def owns(source_id: str) -> bool:
            return partition_of(source_id.encode(), self._publisher.partitions(READINGS)) == partition

        gap_ms, guard = self._settings.tick_gap_ms, self._failures.guard
        try:
            return restored(blocks, self._catalogue, self._registry, owns, tick_gap_ms=gap_ms, guard=guard)
        except StateError as error:
            reason = "layout" if isinstance(error, LayoutChanged) else "unreadable"
            structlog.get_logger().error("state discarded", partition=partition, reason=reason, error=str(error))
            self._metrics.discarded.labels(reason).inc()
            await self._changelog.write(partition, dict.fromkeys(blocks))
            return restored({}, self._catalogue, self._registry, owns, tick_gap_ms=gap_ms, guard=guard)

    def on_revoked(self) -> None:
        """Forgets everything; nothing is applied, written or acknowledged until the next assignment."""
        self._owned, self._epoch = {}, None

    def _holds(self, batch: Batch) -> bool:
        return batch.generation == self._epoch == self._generation() and batch.partition in self._owned

    async def on_batch(self, batch: Batch) -> None:
        """Takes a batch in chunks. A batch of another assignment is neither applied nor acknowledged."""
        async with self._turn:
            if not self._holds(batch):
                return
            owned = self._owned[batch.partition]
            parts = self._fresh(owned, batch)
            while pieces := self._unpacker.read(parts, CHUNK_BYTES):
                await self._take(owned, batch, pieces)
                await asyncio.sleep(0)  # health checks and heartbeats stay on time during a long catch-up
                if not self._holds(batch):
                    return
            owned.waiting.append(batch.ack)

    def _fresh(self, owned: Owned, batch: Batch) -> Iterator[Fetched]:
        """What the state does not know yet, in parts of a chunk at most."""
        for fetched in fetched_of(batch):
            fresh = fetched.after(owned.engine.offset)
            if fresh is not fetched:
                self._metrics.events.labels(STAGE, "skipped").inc(len(fetched.offsets) - len(fresh.offsets))
            yield from fresh.chunks(CHUNK_BYTES)

    async def _take(self, owned: Owned, batch: Batch, pieces: list[Piece]) -> None:
        offsets, readings = [], []
        for piece in pieces:
            if isinstance(piece.columns, ReadingsError):
                self._limit.note(True)
                await self._give_up(record_at(batch, piece.last), piece.columns)
                continue
            self._limit.note(False, piece.records)
            self._metrics.events.labels(STAGE, "taken").inc(piece.records)
            offsets.append(piece.last)
            readings.append(piece.columns)
        if not readings:
            return
        with self._metrics.step_seconds.time():
            changes = owned.engine.step_many(offsets, readings)
        self._failures.collect()
        if changes:
            await self._teller.tell(changes)
        if shared := owned.engine.take_shared():
            await self._share(batch.partition, shared)
        self._count(owned)
        newest = max((int(columns.received.max()) for columns in readings if len(columns)), default=None)
        if newest is not None:
            age = (self._clock.now_ms() - newest) / 1000 / self._clock.rate
            self._metrics.event_age.labels(STAGE).observe(max(0.0, age))

    async def _give_up(self, found: Record, error: ReadingsError) -> None:
        structlog.get_logger().error("dead letter", partition=found.partition, offset=found.offset, error=str(error))
        await self._dead_letters.put(found, "undecodable", str(error), group=GROUP, attempts=1)
        self._metrics.events.labels(STAGE, "dead-letter").inc()

    async def _share(self, partition: int, hours: list[SharedHour]) -> None:
        """Closed hours for whoever compares sources; acknowledged, as leads are, before the batch counts as taken."""
        key = key_of(partition, self._publisher.partitions(READINGS))
        for hour in hours:
            await asyncio.gather(
                *(self._publisher.enqueue(SOURCE_HOURS, value, key=key, partition=0) for value in encoded(hour))
            )

    def _count(self, owned: Owned) -> None:
        engine = owned.engine
        for result, number in engine.results().items():
            self._metrics.readings.labels(result).inc(number - owned.results.get(result, 0))
            owned.results[result] = number
        for (rule, outcome), number in engine.outcomes.items():
            self._metrics.findings.labels(rule, outcome).inc(number - owned.outcomes.get((rule, outcome), 0))
            owned.outcomes[rule, outcome] = number
        for order, number in engine.suppressed.items():
            self._metrics.suppressed.labels(order).inc(number - owned.suppressed.get(order, 0))
            owned.suppressed[order] = number
        self._metrics.screened.inc(engine.screened - owned.screened)
        owned.screened = engine.screened
        self._metrics.ingest_away.inc((engine.away_ms - owned.away_ms) / 1000)
        owned.away_ms = engine.away_ms

    def _tick_gap(self) -> float:
        ticks = [int(one.engine.partition.state.scalars[LAST_TICK]) for one in self._owned.values()]
        known = [tick for tick in ticks if tick > 0]
        return max(0.0, (self._clock.now_ms() - min(known)) / 1000) if known else 0.0

    # Snapshots ------------------------------------------------------------------------------------------------------

    async def _save_regularly(self) -> None:
        """Ends the process on any error but fencing: what was not acknowledged is taken again by the next one."""
        try:
            while not self._stopping.is_set():
                try:
                    async with asyncio.timeout(self._settings.snapshot_seconds):
                        await self._stopping.wait()
                except TimeoutError:
                    pass
                await self.save()
        except Exception as error:  # whatever it is, going on without saving would hold all input back for ever
            if self.failure is None or self.failure.done():
                raise
            self.failure.set_exception(error)

    async def save(self) -> None:
        """Writes what has changed since the last time, then acknowledges those batches; one call at a time."""
        async with self._writing:
            epoch = self._epoch
            if epoch is None:
                return
            await asyncio.gather(*(self._save_one(partition, epoch) for partition in sorted(self._owned)))
            self._saved_at = time.monotonic()

    async def _save_one(self, partition: int, epoch: int) -> None:
        async with self._turn:
            owned = self._owned.get(partition)
            if owned is None or not epoch == self._epoch == self._generation():
                return  # between an assignment and the end of its restore nothing is written
            waiting, owned.waiting = owned.waiting, []
            offset = owned.engine.offset
            blocks = dirty_blocks(owned.engine) if offset > owned.saved_offset else {}
        if blocks:
            try:
                with self._metrics.snapshot_seconds.time():
                    await self._changelog.write(partition, blocks)
            except Fenced as error:
                self._metrics.fenced.inc()
                structlog.get_logger().warning("fenced", partition=partition, error=str(error))
                self.on_revoked()
                return
            self._metrics.snapshot_bytes.inc(sum(len(block) for block in blocks.values()))
            owned.saved_offset = offset
        if epoch == self._epoch == self._generation():
            for ack in waiting:
                ack()
