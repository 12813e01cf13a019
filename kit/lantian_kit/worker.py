"""The one Faust door: whole batches for alerts, single records for the others, both at least once (ADR 2)."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import faust
import structlog
from faust.exceptions import NotReady

from lantian_kit import tracing
from lantian_kit.batch_consumer import BatchSchema, install
from lantian_kit.deadletter import DeadLetters, FailureLimit
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record, record_of
from lantian_kit.settings import ProcessSettings
from lantian_kit.whole_fetch import WholeFetch
from lantian_proto.events import ONLY_GROUP, header

PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0


class InvalidRecord(Exception):
    """The record itself is unusable: it becomes a dead letter with this reason and the stream goes on."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Unavailable(Exception):
    """A part that the handler needs is away: the record is tried again with a growing pause, never dead-lettered."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one partition in order; `records` are the client library's (offset, key, value, headers).

    A worker that was asked for whole fetches mostly gets `whole` instead, and no records.
    """

    partition: int
    records: list[Any]
    generation: int
    ack: Callable[[], None]
    """Commits up to the end of this batch; batches are acknowledged in order."""
    whole: WholeFetch | None = None


class BatchHandler(Protocol):
    """What alerts gives to BatchWorker. Calls never overlap for one partition."""

    async def on_assigned(self, partitions: set[int], generation: int) -> None:
        """Awaited before the first batch of an assignment; everything held before is void."""

    def on_revoked(self) -> None:
        """Forget parts, pending acknowledgements and the generation; write nothing any more."""

    async def on_batch(self, batch: Batch) -> None:
        """Takes a batch; acknowledges now or later. An exception ends the process with nothing acknowledged."""


class BatchWorker:
    """A Faust app with one agent over one topic; a part of a process."""

    def __init__(
        self,
        settings: ProcessSettings,
        *,
        group: str,
        topic: str,
        handler: BatchHandler,
        fetch_max_wait_ms: int = 20,
        fetch_min_bytes: int = 65536,
        leave_on_stop: bool = False,
        whole: bool = False,
        metadata_seconds: float = 15.0,
        metrics: KitMetrics | None = None,
    ) -> None:
        self.name = f"worker {group}"
        self._behind = 0
        if metrics is not None:
            metrics.lag.labels(group, topic).set_function(self.behind)
        self.failure: asyncio.Future[None] | None = None
        self._settings = settings
        self._group = group
        self._topic = topic
        self._handler = handler
        self._fetch = {"fetch_max_wait_ms": fetch_max_wait_ms, "fetch_min_bytes": fetch_min_bytes}
        self._leave_on_stop = leave_on_stop
        self._whole = whole
        self._metadata_ms = int(metadata_seconds * 1000)
        self._app: faust.App | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._assigned = False
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    async def start(self) -> None:
        self.failure = asyncio.get_running_loop().create_future()
        self._scratch = tempfile.TemporaryDirectory(prefix="lantian-faust-")
        app: Any = self._make_app(Path(self._scratch.name))
        self._app = app
        install(app, **self._fetch, leave_on_stop=self._leave_on_stop, whole=self._whole)
        app.on_rebalance_complete.connect(self._on_rebalance_complete, weak=False)
        app.on_partitions_revoked.connect(self._on_partitions_revoked, weak=False)
        app.agent(app.topic(self._topic, schema=BatchSchema()), name=self._group)(self._agent)
        app.finalize()
        await app.start()
        self._watcher = asyncio.create_task(self._watch(app), name=f"watch {self._group}")

    def _make_app(self, scratch: Path) -> faust.App:
        static: dict[str, Any] = (
            {"consumer_group_instance_id": self._settings.instance} if self._settings.instance else {}
        )
        brokers = ";".join(f"kafka://{address}" for address in self._settings.kafka_bootstrap.split(","))
        return faust.App(
            self._group,
            broker=brokers,
            broker_credentials=self._credentials(),
            datadir=scratch,
            loop=asyncio.get_running_loop(),
            web_enabled=False,
            table_standby_replicas=0,
            topic_disable_leader=True,
            topic_allow_declare=False,
            stream_wait_empty=False,
            consumer_auto_offset_reset="earliest",
            # A group that was formed before its topic was known owns nothing until the topics are asked for again,
            # which the library does every five minutes.
            consumer_metadata_max_age_ms=self._metadata_ms,
            agent_supervisor="mode.CrashingSupervisor",
            broker_commit_interval=0.5,
            broker_commit_every=1_000_000_000,  # by the timer alone: an inline commit stalls the fetch loop
            broker_session_timeout=10.0,
            broker_heartbeat_interval=3.0,
            broker_request_timeout=30.0,
            **static,
        )

    def _credentials(self) -> Any:
        settings = self._settings
        if settings.kafka_security.startswith("SASL"):
            return faust.SASLCredentials(
                username=settings.kafka_user,
                password=settings.kafka_password.get_secret_value(),
                ssl_context=settings.context(),
                mechanism=settings.kafka_mechanism,
            )
        return faust.SSLCredentials(context=settings.context()) if settings.kafka_security == "SSL" else None

    async def _agent(self, stream: Any) -> None:
        app = self._app
        assert app is not None
        # noack: Faust would acknowledge a batch whose agent raised.
        async for event in stream.noack().events():
            message = event.message
            whole = event.value if isinstance(event.value, WholeFetch) else None
            records = event.value if whole is None else []
            batch = Batch(message.partition, records, message.generation_id, event.ack, whole)
            await self._handler.on_batch(batch)
            app.consumer.processed()  # type: ignore[attr-defined]  # BatchConsumer's own

    async def _on_rebalance_complete(self, app: Any, **kwargs: Any) -> None:
        partitions = {tp.partition for tp in app.consumer.assignment() if tp.topic == self._topic}
        await self._handler.on_assigned(partitions, app.consumer_generation_id)
        self._assigned = True

    async def _on_partitions_revoked(self, app: Any, *args: Any, **kwargs: Any) -> None:
        self._assigned = False
        self._handler.on_revoked()

    @property
    def generation(self) -> int:
        """The assignment in force; a batch of another generation must be neither applied nor acknowledged."""
        return -1 if self._app is None else int(self._app.consumer_generation_id)

    def behind(self) -> int:
        """Records of the owned partitions that are not acknowledged yet, as the last fetch saw their ends."""
        if self._app is None or not self._assigned:
            return 0
        consumer: Any = self._app.consumer
        total = 0
        try:
            for tp in consumer.assignment():
                if tp.topic == self._topic:
                    total += max(0, (consumer.highwater(tp) or 0) - (consumer._committed_offset.get(tp) or 0))
        except (AssertionError, NotReady):  # the fetching thread is just losing the partition
            return self._behind
        self._behind = total
        return total

    async def _watch(self, app: faust.App) -> None:
        while not app.crashed:  # noqa: ASYNC110  # Faust offers no future for a crash
            await asyncio.sleep(0.2)
        if self.failure is not None and not self.failure.done():
            self.failure.set_exception(app.crash_reason or RuntimeError(f"{self.name} crashed"))

    async def stop(self) -> None:
        """Stops fetching, commits what was acknowledged, leaves the group (a static member stays a member)."""
        if self._watcher is not None:
            self._watcher.cancel()
        if self._app is not None:
            await self._app.stop()
        if self._scratch is not None:
            self._scratch.cleanup()

    def probe(self) -> str | None:
        """For readiness: None while partitions are assigned and restored."""
        return None if self._assigned else "no partitions assigned yet"


Handle = Callable[[Record], Awaitable[str]]


class RecordWorker:
    """One record at a time through `handle`, which returns the outcome that is counted.

    At least once and in the order of each key; records of up to `keys_at_once` keys of a batch are handled side by
    side. A batch is acknowledged when every record of it was handled or lies in the dead letters. InvalidRecord becomes
    a dead letter with its reason; Unavailable is tried again without end; any other exception becomes a dead letter
    "handler-error". Too many dead letters end the process.
    """

    failure: "asyncio.Future[None] | None"

    def __init__(
        self,
        settings: ProcessSettings,
        *,
        group: str,
        topic: str,
        handle: Handle,
        dead_letters: DeadLetters,
        metrics: KitMetrics,
        limit: FailureLimit | None = None,
        keys_at_once: int = 1,
    ) -> None:
        self._group = group
        self._keys_at_once = keys_at_once
        self._handle = handle
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._limit = limit or FailureLimit()
        self._worker = BatchWorker(
            settings, group=group, topic=topic, handler=self, leave_on_stop=True, metrics=metrics
        )
        self.name = self._worker.name

    async def start(self) -> None:
        await self._worker.start()
        self.failure = self._worker.failure

    async def stop(self) -> None:
        await self._worker.stop()

    def probe(self) -> str | None:
        """For readiness."""
        return self._worker.probe()

    async def on_assigned(self, partitions: set[int], generation: int) -> None:
        structlog.get_logger().info("assigned", group=self._group, partitions=sorted(partitions))

    def on_revoked(self) -> None:
        structlog.get_logger().info("revoked", group=self._group)

    async def on_batch(self, batch: Batch) -> None:
        turns = asyncio.Semaphore(self._keys_at_once)
        lanes: dict[bytes | None, list[Record]] = {}
        for found in batch.records:
            record = record_of(found)
            lanes.setdefault(record.key if self._keys_at_once > 1 else None, []).append(record)

        async def lane(records: list[Record]) -> bool:
            async with turns:
                for record in records:
                    if not await self._take(record, batch.generation):
                        return False  # the partition has another owner now, who will do the rest
            return True

        working = [asyncio.create_task(lane(records)) for records in lanes.values()]
        try:
            whole = await asyncio.gather(*working)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        if all(whole):
            batch.ack()

    async def _take(self, record: Record, generation: int) -> bool:
        if header(record.headers, ONLY_GROUP) not in (None, self._group):
            self._metrics.events.labels(self._group, "for-another-group").inc()
            return True
        attempts, pause = 0, PAUSE_SECONDS
        while generation == self._worker.generation:
            attempts += 1
            try:
                with tracing.going_on(f"{self._group} {record.topic}", record.headers):
                    outcome = await self._handle(record)
            except Unavailable as error:
                self._metrics.retries.labels(self._group).inc()
                structlog.get_logger().warning("waiting", group=self._group, offset=record.offset, reason=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            except InvalidRecord as error:
                await self._give_up(record, error.reason, error.detail, attempts)
                outcome = "dead-letter"
            except Exception as error:  # noqa: BLE001  # the guard: a poison record must not stop its neighbours
                structlog.get_logger().exception("handler failed", group=self._group, offset=record.offset)
                await self._give_up(record, "handler-error", repr(error), attempts)
                outcome = "dead-letter"
            self._metrics.events.labels(self._group, outcome).inc()
            self._limit.note(outcome == "dead-letter")
            return True
        return False

    async def _give_up(self, record: Record, reason: str, detail: str, attempts: int) -> None:
        structlog.get_logger().error(
            "dead letter", topic=record.topic, offset=record.offset, reason=reason, detail=detail
        )
        await self._dead_letters.put(record, reason, detail, group=self._group, attempts=attempts)
