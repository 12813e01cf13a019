"""Judges anew what a feed sent before the registry knew it: its frames lie in raw-frames.v1, refused."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from lantian_ingest.decoders.hj212.frame import Framer, Kind
from lantian_ingest.dialogue.exchange import ACCEPTED, EXECUTED, FAILED, REFUSED, Exchange
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds
from lantian_ingest.judge import PROTOCOL, Judge, Judgement
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Packer, Readings
from lantian_kit import kafka_security
from lantian_kit.bus import Delivered, DeliveryError, Publisher, partition_of
from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_kit.records import Record, record_of
from lantian_proto.events import header
from lantian_proto.readings import pointer
from lantian_proto.topics import RAW_FRAMES

FRAMES_AT_MOST: Final = 1_000_000
GROUP_FRAMES: Final = 500
TRIES: Final = 5


class Adoption(LoopPart):
    """A part of the process; one adoption at a time.

    Scans the feed's own partition from the time asked up to what lies there when it begins. Frames that were refused as
    unknown-feed are judged by the registry of now; the readings of those accepted point to the frame where it lies and
    carry the time it came in. The evidence keeps its first outcome. Doing it twice gives the same readings twice,
    which is harmless. Readings go at the pace of the lane of back-fill.
    """

    name = "adoption"

    def __init__(
        self,
        bootstrap: str,
        publisher: Publisher,
        packer: Packer,
        judge: Judge,
        feeds: Feeds,
        events: FeedEvents,
        clock: Clock,
        metrics: IngestMetrics,
        *,
        frames_per_second: int = 1000,
        largest_segment: int = 4096,
    ) -> None:
        super().__init__()
        self.changed: Callable[[Exchange], None] = lambda exchange: None
        self._bootstrap = bootstrap
        self._publisher = publisher
        self._packer = packer
        self._judge = judge
        self._feeds = feeds
        self._events = events
        self._clock = clock
        self._metrics = metrics
        self._pause = GROUP_FRAMES / frames_per_second
        self._largest = largest_segment
        self._waiting: asyncio.Queue[Exchange] = asyncio.Queue()
        self._log = structlog.get_logger()

    def ask(self, exchange: Exchange) -> None:
        """One more, by a command of kind adopt."""
        self._waiting.put_nowait(exchange)

    async def _run(self) -> None:
        while True:
            exchange = await self._waiting.get()
            feed = exchange.command.feed_id
            if self._feeds.find(feed, PROTOCOL, self._clock.now_ms()) is None:
                self._step(exchange, REFUSED, "the registry does not know the feed")
                continue
            exchange.attempts += 1
            self._step(exchange, ACCEPTED)
            try:
                adopted, refused = await self._adopt(feed, exchange.command.begin_ms)
            except (KafkaError, DeliveryError) as error:
                if exchange.attempts < TRIES:
                    self._log.warning("adoption failed, trying again", feed=feed, error=str(error))
                    await asyncio.sleep(1)
                    self._waiting.put_nowait(exchange)
                else:
                    self._step(exchange, FAILED, str(error))
                continue
            exchange.records = adopted
            self._step(exchange, EXECUTED, f"{adopted} frames adopted, {refused} refused again")
            self._events.adopted(feed, f"{adopted} frames since {exchange.command.begin_ms}, {refused} refused again")

    def _step(self, exchange: Exchange, state: str, reason: str = "") -> None:
        exchange.state, exchange.reason, exchange.since_ms = state, reason, self._clock.wall_ms()
        self.changed(exchange)

    async def _adopt(self, feed: str, since_ms: int) -> tuple[int, int]:
        key = feed.encode("utf-8", "surrogateescape")
        place = TopicPartition(RAW_FRAMES, partition_of(key, self._publisher.partitions(RAW_FRAMES)))
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            client_id="ingest-adoption",
            **kafka_security.options(),
        )
        await consumer.start()
        adopted = refused = 0
        try:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            found = (await consumer.offsets_for_times({place: self._clock.wall_of(since_ms)})).get(place)
            consumer.seek(place, end if found is None else found.offset)
            while await consumer.position(place) < end and adopted + refused < FRAMES_AT_MOST:
                fetched = await consumer.getmany(timeout_ms=500, max_records=GROUP_FRAMES)
                waiting: list[asyncio.Future[Delivered]] = []
                for record in map(record_of, fetched.get(place, ())):
                    if record.key != key or record.offset >= end or not _refused(record.headers):
                        continue
                    futures = self._again(record)
                    accepted = futures is not None
                    adopted, refused = adopted + accepted, refused + (not accepted)
                    self._metrics.adopted.labels("accepted" if accepted else "refused").inc()
                    waiting += futures or ()
                if waiting:
                    self._packer.flush()
                    await asyncio.gather(*waiting)
                    await asyncio.sleep(self._pause)
        finally:
            await consumer.stop()
        return adopted, refused

    def _again(self, record: Record) -> "list[asyncio.Future[Delivered]] | None":
        """The deliveries to wait for; None where the frame is refused again."""
        judgement = self._judged(record.value or b"")
        if judgement is None or judgement.decoded is None or judgement.feed is None:
            return None
        decoded, shape = judgement.decoded, judgement.decoded.shape
        if not decoded.values:
            return []
        received = header(record.headers, "received_ms") or ""
        batch = self._packer.add(
            Readings(
                source=judgement.feed.source_id,
                factors=shape.factors,
                stats=shape.stats,
                period=shape.period,
                time_ms=judgement.start_ms,
                values=decoded.values,
                flags=decoded.flags,
                received_ms=int(received) if received.isdecimal() else self._clock.now_ms(),
                edition=shape.head.edition,
                seq=pointer(record.partition, record.offset),
            )
        )
        return [asyncio.shield(batch)]

    def _judged(self, raw: bytes) -> Judgement | None:
        framer = Framer(self._largest)
        pieces = framer.feed(raw) + framer.expire()
        piece = next((piece for piece in pieces if piece.kind is Kind.FRAME), None)
        if piece is None:
            return None
        judgement = self._judge.judge(piece, self._clock.now_ms())
        return judgement if judgement.outcome is Outcome.ACCEPTED else None


def _refused(headers: tuple[tuple[str, bytes], ...]) -> bool:
    return header(headers, "outcome") == Outcome.UNKNOWN_FEED and header(headers, "ce_source") == f"/ingest/{PROTOCOL}"
