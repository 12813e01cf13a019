"""Judges anew what a feed sent before the registry knew it: its frames lie in raw-frames.v1, refused."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from lantian_ingest.again import Adoptable, Turn
from lantian_ingest.dialogue.exchange import ACCEPTED, EXECUTED, FAILED, REFUSED, Exchange
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Packer
from lantian_ingest.site_events import records
from lantian_kit import kafka_security
from lantian_kit.bus import Delivered, DeliveryError, Publisher, partition_of
from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_kit.records import Record, record_of
from lantian_proto.events import header
from lantian_proto.readings import pointer
from lantian_proto.topics import RAW_FRAMES, SITE_EVENTS

FRAMES_AT_MOST: Final = 1_000_000
GROUP_FRAMES: Final = 500
TRIES: Final = 5


class Adoption(LoopPart):
    """A part of the process; one adoption at a time.

    Scans the feed's own partition from the time asked up to what lies there when it begins. Frames that were refused as
    unknown-feed are judged by the registry of now; readings and statements of those accepted point to the frame where
    it lies and carry the time it came in. The evidence keeps its first outcome. Doing it twice gives the same readings
    twice, which is harmless, and the same statements under the same ids. All goes at the pace of the lane of back-fill.
    """

    name = "adoption"

    def __init__(
        self,
        bootstrap: str,
        publisher: Publisher,
        packer: Packer,
        protocols: Sequence[Adoptable],
        events: FeedEvents,
        clock: Clock,
        metrics: IngestMetrics,
        *,
        frames_per_second: int = 1000,
    ) -> None:
        super().__init__()
        self.changed: Callable[[Exchange], None] = lambda exchange: None
        self._bootstrap = bootstrap
        self._publisher = publisher
        self._packer = packer
        self._protocols = protocols
        self._events = events
        self._clock = clock
        self._metrics = metrics
        self._pause = GROUP_FRAMES / frames_per_second
        self._waiting: asyncio.Queue[Exchange] = asyncio.Queue()
        self._log = structlog.get_logger()

    def ask(self, exchange: Exchange) -> None:
        """One more, by a command of kind adopt."""
        self._waiting.put_nowait(exchange)

    async def _run(self) -> None:
        while True:
            exchange = await self._waiting.get()
            feed, now = exchange.command.feed_id, self._clock.now_ms()
            found = next((each for each in self._protocols if each.knows(feed, now)), None)
            if found is None:
                self._step(
                    exchange, REFUSED, "the registry does not know the feed, or its frames are not kept to adopt"
                )
                continue
            exchange.attempts += 1
            self._step(exchange, ACCEPTED)
            try:
                adopted, refused = await self._adopt(feed, exchange.command.begin_ms, found)
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

    async def _adopt(self, feed: str, since_ms: int, protocol: Adoptable) -> tuple[int, int]:
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
        turn = protocol.begin()
        try:
            consumer.assign([place])
            end = (await consumer.end_offsets([place]))[place]
            found = (await consumer.offsets_for_times({place: self._clock.wall_of(since_ms)})).get(place)
            consumer.seek(place, end if found is None else found.offset)
            while await consumer.position(place) < end and adopted + refused < FRAMES_AT_MOST:
                fetched = await consumer.getmany(timeout_ms=500, max_records=GROUP_FRAMES)
                waiting: list[asyncio.Future[Delivered]] = []
                for record in map(record_of, fetched.get(place, ())):
                    if record.key != key or record.offset >= end or not _refused(record.headers, protocol.protocol):
                        continue
                    futures = self._again(record, turn)
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

    def _again(self, record: Record, turn: Turn) -> "list[asyncio.Future[Delivered]] | None":
        """The deliveries to wait for; None where the frame is refused again."""
        found = turn.judged(record, self._clock.now_ms())
        if found is None:
            return None
        waiting = [asyncio.shield(self._packer.add(part)) for part in found.readings]
        for key, value, sent in records(found.site_events, pointer(record.partition, record.offset)):
            waiting.append(self._publisher.enqueue(SITE_EVENTS, value, key=key, headers=sent))
        return waiting


def _refused(headers: tuple[tuple[str, bytes], ...], protocol: str) -> bool:
    return header(headers, "outcome") == Outcome.UNKNOWN_FEED and header(headers, "ce_source") == f"/ingest/{protocol}"
