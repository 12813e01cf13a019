"""Packs readings of many frames into one Arrow record a partition: what makes the topic cheap to read."""

import asyncio
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Protocol

import numpy as np

from lantian_ingest.metrics import IngestMetrics
from lantian_kit.bus import Delivered, Publisher, partition_of
from lantian_kit.clock import Clock
from lantian_proto.events import ARROW, content_id, headers
from lantian_proto.readings import Columns, Edition, Period, encode
from lantian_proto.readings import tick as tick_columns
from lantian_proto.topics import READINGS

TYPE: Final = "cn.lantian.readings.v1"
SOURCE: Final = "/ingest"
ROW_BYTES: Final = 42  # of one reading in a record, with its share of the dictionary
TICK: Final = tick_columns(0)


@dataclass(slots=True)
class Readings:
    """Readings of one frame, one source and one time; `flags` and `stats` have one byte a value."""

    source: str
    factors: tuple[int, ...]
    stats: bytes
    period: Period
    time_ms: int
    values: tuple[float, ...]
    flags: bytes
    received_ms: int
    edition: Edition
    seq: int


class Told(Protocol):
    """Hears of all readings of a record that were added under its name: their tags; lost when Kafka has not got it."""

    def __call__(self, tags: list[Any], /, *, lost: bool) -> None: ...


@dataclass(slots=True)
class _Batch:
    sent: "asyncio.Future[Delivered] | None" = None  # made when somebody asks for it
    frames: list[Readings] = field(default_factory=list)
    told: dict[Told, list[Any]] = field(default_factory=dict)
    rows: int = 0
    timer: asyncio.TimerHandle | None = None


def pack(frames: list[Readings]) -> Columns:
    """The columns of a record, in the order of the frames."""
    numbers: dict[str, int] = {}
    index = [numbers.setdefault(frame.source, len(numbers)) for frame in frames]
    counts = [len(frame.values) for frame in frames]

    def each(values: list[int], dtype: type[np.generic]) -> Any:
        return np.repeat(np.array(values, dtype), counts)

    return Columns(
        sources=list(numbers),
        source=each(index, np.int32),
        factor=np.array(list(chain.from_iterable(frame.factors for frame in frames)), np.uint16),
        stat=np.frombuffer(b"".join(frame.stats for frame in frames), np.uint8),
        period=each([frame.period for frame in frames], np.uint8),
        time=each([frame.time_ms for frame in frames], np.int64),
        value=np.array(list(chain.from_iterable(frame.values for frame in frames)), np.float64),
        flag=np.frombuffer(b"".join(frame.flags for frame in frames), np.uint8),
        received=each([frame.received_ms for frame in frames], np.int64),
        edition=each([frame.edition for frame in frames], np.uint8),
        seq=each([frame.seq for frame in frames], np.int64),
    )


class Packer:
    """One open batch a partition, sent after `batch_seconds` (wall) or when it would fill `batch_bytes`."""

    def __init__(
        self,
        publisher: Publisher,
        clock: Clock,
        metrics: IngestMetrics,
        *,
        batch_seconds: float = 0.05,
        batch_bytes: int = 65_536,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._seconds = batch_seconds
        self._rows = max(1, batch_bytes // ROW_BYTES)
        self._open: dict[int, _Batch] = {}
        self._partition: dict[str, int] = {}

    @property
    def partitions(self) -> int:
        """Number of partitions of the readings."""
        return self._publisher.partitions(READINGS)

    def load(self, readings: Readings, told: Told, tag: object) -> None:
        """Adds readings to their source's partition; `told` hears of `tag`, with others of the same record."""
        partition = self._partition_of(readings.source)
        batch = self._open.get(partition) or self._opened(partition)
        tags = batch.told.get(told)
        if tags is None:
            batch.told[told] = [tag]
        else:
            tags.append(tag)
        self._take(partition, batch, readings)

    def add(self, readings: Readings) -> "asyncio.Future[Delivered]":
        """The same for those who wait; the future ends as the record's delivery does.

        The future is shared: await it through `asyncio.shield`.
        """
        return self.put(self._partition_of(readings.source), readings)

    def put(self, partition: int, readings: Readings) -> "asyncio.Future[Delivered]":
        """Adds readings to a partition, whatever their source: ticks go to all."""
        batch = self._open.get(partition) or self._opened(partition)
        if batch.sent is None:
            batch.sent = asyncio.get_running_loop().create_future()
        sent = batch.sent
        self._take(partition, batch, readings)
        return sent

    def _partition_of(self, source: str) -> int:
        partition = self._partition.get(source)
        if partition is None:
            partition = self._partition[source] = partition_of(source.encode(), self.partitions)
        return partition

    def _opened(self, partition: int) -> _Batch:
        batch = self._open[partition] = _Batch()
        batch.timer = asyncio.get_running_loop().call_later(self._seconds, self._send, partition)
        return batch

    def _take(self, partition: int, batch: _Batch, readings: Readings) -> None:
        batch.frames.append(readings)
        batch.rows += len(readings.values)
        if batch.rows >= self._rows:
            self._send(partition)

    def flush(self) -> None:
        """Sends every open batch."""
        for partition in list(self._open):
            self._send(partition)

    def _send(self, partition: int) -> None:
        batch = self._open.pop(partition, None)
        if batch is None:
            return
        if batch.timer is not None:
            batch.timer.cancel()
        value = encode(pack(batch.frames))
        event = headers(TYPE, content_id(value), SOURCE, self._clock.now_ms(), ARROW)
        key = b"%d" % partition
        delivery = self._publisher.enqueue(READINGS, value, key=key, headers=event, partition=partition)
        rows = batch.rows

        def settle(delivered: "asyncio.Future[Delivered]") -> None:
            error = delivered.exception()
            if error is None:
                self._metrics.readings.inc(rows)
                self._metrics.batches.inc()
            else:
                self._metrics.delivery_failures.labels(READINGS).inc()
            if batch.sent is not None and not batch.sent.done():
                if error is None:
                    batch.sent.set_result(delivered.result())
                else:
                    batch.sent.set_exception(error)
                    batch.sent.exception()  # seen: the frames of the batch look for themselves, a tick has nobody
            for told, tags in batch.told.items():
                told(tags, lost=error is not None)

        delivery.add_done_callback(settle)
