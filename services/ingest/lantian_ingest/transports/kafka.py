"""external-readings.v1: batches that outside publishers write to Kafka themselves, as JSON or Protobuf."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any, Final

import structlog
from google.protobuf.message import DecodeError

from lantian_ingest.decoders.records.documents import Document, DocumentError, Media
from lantian_ingest.decoders.records.documents import read as read_document
from lantian_ingest.outcome import Outcome
from lantian_ingest.publishers.desk import Desk, Report, Sender
from lantian_kit.bus import DeliveryError
from lantian_kit.deadletter import DeadLetters
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record, record_of
from lantian_kit.settings import ProcessSettings
from lantian_kit.worker import Batch, BatchWorker
from lantian_proto.events import PROTOBUF, header
from lantian_proto.topics import EXTERNAL_READINGS
from lantian_proto.v1.external_pb2 import ExternalReadings

PROTOCOL: Final = "kafka"
GROUP: Final = "ingest"
PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 5.0
SAFE: Final = (Outcome.ACCEPTED, Outcome.DUPLICATE)


class ExternalReadingsWorker:
    """Judges, keeps and packs each record; the offset is committed when all of a fetch is safe.

    A record that is refused lies in raw-frames.v1 like any refused frame, and in the dead letters with its reason. Who
    may write is the broker's to say; kinds with identities are refused, because they would lie in the topic in clear.
    """

    def __init__(
        self,
        settings: ProcessSettings,
        desk: Desk,
        dead_letters: DeadLetters,
        *,
        body_bytes: int,
        metrics: KitMetrics | None = None,
    ) -> None:
        self._metrics = metrics
        self._desk = desk
        self._dead_letters = dead_letters
        self._body_bytes = body_bytes
        self._settings = settings
        self._worker: BatchWorker | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.name = f"worker {EXTERNAL_READINGS}"
        self.failure: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Begins to join the group and returns at once: the gateway serves devices with or without it."""
        self._keeper = asyncio.create_task(self._keep(), name=self.name)

    async def stop(self) -> None:
        """Leaves the group; what was not committed comes again."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _keep(self) -> None:
        """A consumer that can not go on is replaced; it must not take the listeners with it."""
        pause = PAUSE_SECONDS
        while True:
            worker = BatchWorker(
                self._settings,
                group=GROUP,
                topic=EXTERNAL_READINGS,
                handler=self,
                leave_on_stop=True,
                metrics=self._metrics,
            )
            self._worker = worker
            try:
                await worker.start()
                assert worker.failure is not None
                await worker.failure
            except Exception as error:  # noqa: BLE001  # whatever ended it, the next one starts at the committed offset
                structlog.get_logger().warning("external readings: a new consumer", error=repr(error))
            finally:
                await worker.stop()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def probe(self) -> str | None:
        """None while partitions are assigned."""
        return "not started" if self._worker is None else self._worker.probe()

    async def on_assigned(self, partitions: set[int], generation: int) -> None:
        structlog.get_logger().info("assigned", topic=EXTERNAL_READINGS, partitions=sorted(partitions))

    def on_revoked(self) -> None:
        structlog.get_logger().info("revoked", topic=EXTERNAL_READINGS)

    async def on_batch(self, batch: Batch) -> None:
        records = [record_of(found) for found in batch.records]
        tasks = []
        for record in records:
            await self._room()
            tasks.append(asyncio.create_task(self.take(record, await self._judge(record))))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
        batch.ack()

    async def _room(self) -> None:
        intake = self._desk.intake
        while intake.full or intake.late_full:
            freed = asyncio.Event()
            intake.when_room(freed.set)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(freed.wait(), PAUSE_SECONDS)

    async def _judge(self, record: Record) -> Report:
        body = record.value or b""
        sender = Sender(PROTOCOL, PROTOCOL, f"{record.topic}:{record.partition}:{record.offset}", _anybody, False)
        if len(body) > self._body_bytes:
            return self._desk.too_large(body, sender, f"at most {self._body_bytes} bytes")
        try:
            document = document_of(record, self._desk.rows_at_most)
        except DocumentError as error:
            return self._desk.unreadable(body, sender, error)
        return await self._desk.judge_rows(body, document, sender)

    async def take(self, record: Record, report: Report) -> None:
        """Hands over until it is safe, then writes the dead letter of one that was refused."""
        pause = PAUSE_SECONDS
        while True:
            outcome = await self._desk.take(report)
            try:
                if outcome is not Outcome.UNDELIVERED:
                    if outcome not in SAFE:
                        await self._refuse(record, report)
                    return
            except DeliveryError as error:
                structlog.get_logger().warning("dead letter not acknowledged, trying again", error=str(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _refuse(self, record: Record, report: Report) -> None:
        kept = record if report.arrival is None else replace(record, value=report.arrival.raw)
        first = next(iter(report.errors), None)
        detail = report.detail or ("" if first is None else f"row {first.row} {first.field}: {first.detail}")
        await self._dead_letters.put(kept, report.reason, detail, group=GROUP, attempts=1)


def _anybody(feed: str) -> bool:
    return True


def document_of(record: Record, rows_at_most: int) -> Document:
    """The rows of a record; its form by the header content-type, JSON where there is none. Raises DocumentError."""
    body = record.value
    if body is None:
        raise DocumentError("shape", "the record has no value")
    type_ = (header(record.headers, "content-type") or Media.JSON.value).partition(";")[0].strip().casefold()
    if type_ == Media.JSON.value:
        return read_document(body, Media.JSON, rows_at_most)
    if type_ not in (PROTOBUF, "application/x-protobuf"):
        raise DocumentError("media-type", f"{type_[:80]!r}; {Media.JSON.value} or {PROTOBUF}")
    try:
        message = ExternalReadings.FromString(body)
    except DecodeError as error:
        raise DocumentError("protobuf", "no ExternalReadings") from error
    if not message.records:
        raise DocumentError("shape", "there is no record")
    if len(message.records) > rows_at_most:
        raise DocumentError("too-many-rows", f"at most {rows_at_most} records in one batch")
    return Document([_row(message.kind, found) for found in message.records], message.kind)


def _row(kind: str, record: Any) -> dict[str, Any]:
    row: dict[str, Any] = {"feed": record.feed_id, "time": record.time_ms}
    row |= {name: value for name, value in (("kind", kind), ("period", record.period), ("flag", record.flag)) if value}
    for found in record.values:
        sent = found.text if found.WhichOneof("value") == "text" else found.number
        name = found.field if found.field not in row else f"{found.field} (again)"
        row[name] = {"value": sent, "unit": found.unit, "flag": found.flag}
    return row
