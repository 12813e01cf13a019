"""Kafka is away: frames are fsynced here and acknowledged, and go on in order when it is back."""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Final

import structlog

from lantian_ingest.flight import NOWHERE, Flight
from lantian_ingest.intake import Intake
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.spool.drain import Drain
from lantian_ingest.spool.log import SpoolLog
from lantian_ingest.spool.record import encode

LOOK_SECONDS: Final = 0.1
STUCK_TIMES: Final = 5
GROUP_BYTES: Final = 4 * 1024 * 1024
GROUP_RECORDS: Final = 4000
HANDOVER_RECORDS: Final = 1000
HELD_AT_MOST: Final = 10_000
LATE_SHARE: Final = 0.5  # of the spool; the rest is kept for what is new
READY_SHARE: Final = 0.9
RETRY_SECONDS: Final = 0.25


class Shelter:
    """The refuge of intake, see there; a part of the process.

    It begins when Kafka has acknowledged nothing for `after_seconds` while frames wait, when one waits for five times
    that, or when the producer gives one up. Being slow is no reason: the disk would only add to the work. From then on
    every frame goes to the log first, so that none overtakes another. When few are left in the log new ones are held
    back for a moment, the last ones go out, and it ends. A frame that found no room, or that the disk did not take, is
    not acknowledged.
    """

    name = "spool"

    def __init__(
        self,
        intake: Intake,
        log: SpoolLog,
        drain: Drain,
        metrics: IngestMetrics,
        *,
        limit_bytes: int = 512 * 1024 * 1024,
        after_seconds: float = 2.0,
    ) -> None:
        self.failure: asyncio.Future[None] | None = None
        self.active = False
        self._intake = intake
        self._log = log
        self._drain = drain
        self._metrics = metrics
        self._limit = limit_bytes
        self._after = after_seconds
        self._pending: deque[tuple[Flight, bytes]] = deque()
        self._pending_bytes = 0
        self._size = 0  # of the log, as last seen from the thread
        self._held: deque[Flight] | None = None  # not None while the last records go out
        self._with_producer: set[Flight] = set()  # sheltered, and the producer has not said its last word
        self._filled = asyncio.Event()
        self._began = asyncio.Event()
        self._disk_failed = ""
        self._damage_seen = (0, 0)
        self._turn = asyncio.Lock()  # of the log: its calls never overlap
        self._tasks: list[asyncio.Task[None]] = []
        self._logger = structlog.get_logger()
        intake.shelter_in(self)

    async def start(self) -> None:
        """Opens the log; what a process before has left goes out first. Raises OSError."""
        self.failure = asyncio.get_running_loop().create_future()
        repair = await asyncio.to_thread(self._log.open)
        self._metrics.spool_torn_bytes.inc(repair.torn_bytes)
        if repair.records or repair.torn_bytes:
            self._logger.warning("spool found", records=repair.records, torn_bytes=repair.torn_bytes)
        self._show()
        for run in (self._watch, self._write, self._empty):
            task = asyncio.create_task(run(), name=f"spool {run.__name__}")
            task.add_done_callback(self._ended)
            self._tasks.append(task)
        if repair.records:
            self._begin("frames of an earlier process lie in the spool")

    async def stop(self) -> None:
        """Writes what is pending; what lies in the log goes out with the next process."""
        for _ in range(200):
            if not self._pending:
                break
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for flight in self._held or ():
            flight.failed()
        async with self._turn:
            await asyncio.to_thread(self._log.close)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None and self.failure is not None:
            with suppress(asyncio.InvalidStateError):
                self.failure.set_exception(error)

    @property
    def full(self) -> bool:
        """True when it takes no more, or the disk does not."""
        return bool(self._disk_failed) or self._size + self._pending_bytes >= self._limit

    def probe(self) -> str | None:
        """For readiness: None while there is room."""
        if self._disk_failed:
            return f"the disk does not take frames: {self._disk_failed}"
        used = (self._size + self._pending_bytes) / self._limit
        return None if used < READY_SHARE else f"{used:.0%} full"

    def shelter(self, flight: Flight) -> None:
        if not self.active:
            self._begin()
            if flight.sheltered:  # it was among the ones taken over
                return
        flight.sheltered = True
        if self._held is not None and len(self._held) >= HELD_AT_MOST:
            self._let_go()
        if self._held is not None:
            self._held.append(flight)
        else:
            self._put(flight)

    def rescued(self, flight: Flight) -> None:
        self._with_producer.discard(flight)
        if flight.record >= 0 and not flight.lost:
            self._drain.skip(flight.record)
            self._metrics.spool_records.labels("rescued").inc()

    def _begin(self, why: str = "Kafka does not acknowledge") -> None:
        """Takes over everything that is on its way."""
        self.active = True
        self._metrics.spooling.set(1)
        self._logger.warning("frames go to the spool", reason=why)
        for flight in self._intake.flights:
            if not flight.sheltered:
                flight.sheltered = True
                self._put(flight)
        self._began.set()

    def _put(self, flight: Flight) -> None:
        late_full = flight.arrival.late and self._size + self._pending_bytes >= self._limit * LATE_SHARE
        if late_full or self.full:
            self._refuse(flight)
            return
        payload = encode(flight.arrival)
        self._pending.append((flight, payload))
        self._pending_bytes += len(payload)
        if not flight.done:
            self._with_producer.add(flight)
        self._filled.set()

    def _refuse(self, flight: Flight) -> None:
        """Not safe here: it stays with the producer where it is with one, else it fails."""
        self._metrics.spool_refused.inc()
        self._with_producer.discard(flight)
        if flight.done:
            flight.failed()
        else:
            flight.sheltered = False
            flight.refused = True

    async def _watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)
            if self.active or time.monotonic() - before > LOOK_SECONDS + self._after / 2:
                continue  # this process had no time itself: answers of Kafka may wait to be heard
            stuck = self._intake.oldest_seconds > STUCK_TIMES * self._after  # one partition without its leader
            if self._intake.silent_seconds > self._after or stuck:
                self._begin()

    async def _write(self) -> None:
        while True:
            if not self._pending:
                self._filled.clear()
                await self._filled.wait()
            group: list[tuple[Flight, bytes]] = []
            size = 0
            while self._pending and size < GROUP_BYTES and len(group) < GROUP_RECORDS:
                group.append(self._pending.popleft())
                size += len(group[-1][1])
            try:
                async with self._turn:
                    first = await asyncio.to_thread(self._log.append, [payload for _, payload in group])
            except OSError as error:
                self._failed_to_write(group, size, error)
                await asyncio.sleep(RETRY_SECONDS)
                self._disk_failed = ""
                self._intake.make_room_if_any()
                continue
            self._pending_bytes -= size
            self._metrics.spool_records.labels("written").inc(len(group))
            self._show()
            for index, (flight, _) in enumerate(group):
                flight.record = first + index
                if flight.seq != NOWHERE:
                    self._drain.placed(flight.record, flight.seq)
                if flight.done and flight.ended:
                    self.rescued(flight)  # Kafka was faster than the disk
            self._intake.landed([flight for flight, _ in group])

    def _failed_to_write(self, group: list[tuple[Flight, bytes]], size: int, error: OSError) -> None:
        self._disk_failed = str(error)
        self._pending_bytes -= size
        self._metrics.spool_errors.inc()
        self._logger.error("the spool could not be written", error=str(error), frames=len(group))
        for flight, _ in group:
            self._refuse(flight)

    async def _empty(self) -> None:
        while True:
            if not self.active:
                self._began.clear()
                await self._began.wait()
            self._with_producer = {flight for flight in self._with_producer if not flight.done}
            if self._with_producer:  # they may still get there by themselves
                await asyncio.sleep(RETRY_SECONDS / 5)
                continue
            try:
                async with self._turn:
                    records = await asyncio.to_thread(self._log.read, GROUP_RECORDS // 4)
            except OSError as error:
                self._metrics.spool_errors.inc()
                self._logger.error("the spool could not be read, trying again", error=str(error))
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self._damage()
            if records:
                await self._send(records)
            elif not self._pending_bytes and not self._log.backlog:
                self._end()
            else:
                await asyncio.sleep(0.005)

    async def _send(self, records: list[tuple[int, bytes]]) -> None:
        self._drain.load(records)
        while not await self._drain.once():
            self._let_go()
            await asyncio.sleep(RETRY_SECONDS)
        async with self._turn:
            await asyncio.to_thread(self._log.release, records[-1][0])
        self._show()
        self._intake.make_room_if_any()
        if self._held is None and self._log.backlog + len(self._pending) <= HANDOVER_RECORDS:
            self._held = deque()

    def _let_go(self) -> None:
        """Kafka went away again while the last ones went out: what was held goes to the log."""
        held, self._held = self._held, None
        for flight in held or ():
            self._put(flight)

    def _end(self) -> None:
        """The log is empty and nothing is under way to it."""
        self.active = False
        held, self._held = self._held, None
        self._metrics.spooling.set(0)
        self._logger.info("the spool is empty: frames go straight to Kafka again")
        for flight in held or ():
            flight.sheltered = False
            self._intake.launch(flight)
        self._intake.make_room_if_any()

    def _damage(self) -> None:
        stretches, records = self._log.damaged_stretches, self._log.damaged_records
        self._metrics.spool_damaged.labels("stretches").inc(stretches - self._damage_seen[0])
        self._metrics.spool_damaged.labels("records").inc(records - self._damage_seen[1])
        if (stretches, records) != self._damage_seen:
            self._logger.error("damage in the spool, put aside", stretches=stretches, records=records)
        self._damage_seen = (stretches, records)

    def _show(self) -> None:
        self._size = self._log.size_bytes
        self._metrics.spool_bytes.set(self._size)
        self._metrics.spool_backlog.set(self._log.backlog)
