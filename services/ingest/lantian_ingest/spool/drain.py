"""Sends records of the spool to Kafka: evidence first, then its readings, as intake does."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from lantian_ingest.arrival import Arrival
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer
from lantian_ingest.site_events import records
from lantian_ingest.spool.record import decode
from lantian_kit.bus import Delivered, DeliveryError, Publisher
from lantian_proto.readings import pointer
from lantian_proto.topics import RAW_FRAMES, SITE_EVENTS

TRIES_BEFORE_ASIDE: Final = 20


@dataclass(slots=True)
class _Open:
    number: int
    arrival: Arrival
    seq: int | None  # points to its bytes, once Kafka has them
    tries: int = 0


class Drain:
    """One batch at a time; `once` is called until it says that all of the batch lies in Kafka.

    A record that fails again and again while others of its batch get through is given up, counted and logged.
    """

    def __init__(self, publisher: Publisher, packer: Packer, late_packer: Packer, metrics: IngestMetrics) -> None:
        self._publisher = publisher
        self._packers = (packer, late_packer)
        self._metrics = metrics
        self._skipped: set[int] = set()
        self._places: dict[int, int] = {}
        self._batch: list[_Open] = []
        self._log = structlog.get_logger()

    def skip(self, number: int) -> None:
        """This record has got to Kafka by another way."""
        self._skipped.add(number)
        self._places.pop(number, None)

    def placed(self, number: int, seq: int) -> None:
        """The bytes of this record lie where `seq` points already; its readings may not."""
        self._places[number] = seq

    def load(self, records: Sequence[tuple[int, bytes]]) -> None:
        """The next batch."""
        self._batch = []
        for number, payload in records:
            if number in self._skipped:
                self._skipped.discard(number)
                continue
            try:
                arrival = decode(payload)
            except ValueError as error:
                self._metrics.spool_damaged.labels("records").inc()
                self._log.error("a spooled record can not be read", number=number, error=str(error))
                continue
            self._batch.append(_Open(number, arrival, self._places.pop(number, None)))

    async def once(self) -> bool:
        """Tries what is left of the batch; True when nothing is."""
        left = [(each, self._evidence(each.arrival)) for each in self._batch if each.seq is None]
        await _ended(future for _, future in left)
        for each, future in left:
            each.seq = None if _failed(future) else pointer(future.result().partition, future.result().offset)
        sent = [(each, self._readings(each.arrival, each.seq)) for each in self._batch if each.seq is not None]
        await _ended(future for _, futures in sent for future in futures)
        done = {each.number for each, futures in sent if not any(map(_failed, futures))}
        self._metrics.spool_records.labels("drained").inc(len(done))
        self._batch = [each for each in self._batch if each.number not in done]
        if done:
            for each in self._batch:
                each.tries += 1
            self._give_up()
        return not self._batch

    def _give_up(self) -> None:
        lost = [each for each in self._batch if each.tries >= TRIES_BEFORE_ASIDE]
        for each in lost:
            self._metrics.spool_damaged.labels("records").inc()
            self._log.error("Kafka takes others, but not this spooled record", number=each.number)
            self._batch.remove(each)

    def _evidence(self, arrival: Arrival) -> "asyncio.Future[Delivered]":
        return self._publisher.enqueue(RAW_FRAMES, arrival.raw, key=arrival.key, headers=arrival.headers())

    def _readings(self, arrival: Arrival, seq: int) -> "list[asyncio.Future[Delivered]]":
        """Deliveries of the readings, those of a batch shared by many frames, and of what else the frame says."""
        sent = []
        for part in arrival.readings:
            part.seq = seq
            sent.append(self._packers[arrival.late].add(part))
        for key, value, headers in records(arrival.site_events, seq):
            sent.append(self._publisher.enqueue(SITE_EVENTS, value, key=key, headers=headers))
        return sent


async def _ended(futures: "Iterable[asyncio.Future[Delivered]]") -> None:
    """Returns when all have a result or an error; cancels none of them."""
    if waiting := set(futures):
        await asyncio.wait(waiting)


def _failed(future: "asyncio.Future[Delivered]") -> bool:
    """True for one that Kafka did not acknowledge; other errors are raised."""
    error = future.exception()
    if error is not None and not isinstance(error, DeliveryError):
        raise error
    return error is not None
