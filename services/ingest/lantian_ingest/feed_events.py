"""What the gateway notices about senders, as records of feed-events.v1."""

import asyncio
from typing import Final

import structlog

from lantian_ingest.metrics import IngestMetrics
from lantian_kit.bus import Delivered, DeliveryError, Publisher
from lantian_kit.clock import Clock
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.topics import FEED_EVENTS
from lantian_proto.v1.feed_event_pb2 import FeedEvent

TYPE: Final = "cn.lantian.feed-event.v1"
SOURCE: Final = "/ingest"
SHOWN: Final = 64
STRANGERS_AN_HOUR: Final = 1000  # anybody can make up names
HOUR_MS: Final = 3_600_000


class FeedEvents:
    """Publishes, counts and logs; an event that Kafka does not take is counted and logged, and not tried again."""

    def __init__(self, publisher: Publisher, clock: Clock, metrics: IngestMetrics) -> None:
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._hour = -1
        self._strangers = 0
        self._log = structlog.get_logger()

    def two_addresses(self, feed: str, before: str, now: str) -> None:
        """A feed speaks from two addresses by turns."""
        self._put(feed, "two-addresses", [before, now], f"sent from {now}, then {before}, then {now} again")

    def stranger(self, feed: str, address: str, reason: str) -> None:
        """A sender that may not send was seen for the first time; at most 1000 an hour are published, all counted."""
        hour = self._clock.now_ms() // HOUR_MS
        if hour != self._hour:
            self._hour, self._strangers = hour, 0
        self._strangers += 1
        if self._strangers <= STRANGERS_AN_HOUR:
            self._put(feed, "stranger", [address], reason)
        else:
            self._metrics.feed_events.labels("stranger").inc()

    def packets_missing(self, feed: str, detail: str) -> None:
        """Of a message in several packets some did not come in time."""
        self._put(feed, "packets-missing", [], detail)

    def activation(self, feed: str, detail: str) -> None:
        """A vehicle's terminal asked to be activated; what it was told."""
        self._put(feed, "activation", [], detail)

    def adopted(self, feed: str, detail: str) -> None:
        """Frames refused before the feed was known were judged anew."""
        self._put(feed, "adopted", [], detail)

    def _put(self, feed: str, kind: str, addresses: list[str], detail: str) -> None:
        now = self._clock.now_ms()
        shown = feed.encode("utf-8", "replace").decode()[:SHOWN]
        event = FeedEvent(
            event_id=content_id(shown, kind, str(now)),
            feed_id=shown,
            kind=kind,
            at_ms=now,
            addresses=addresses,
            detail=detail,
        )
        self._metrics.feed_events.labels(kind).inc()
        self._log.info("feed event", kind=kind, feed=shown, addresses=addresses, detail=detail)
        sent = self._publisher.enqueue(
            FEED_EVENTS,
            event.SerializeToString(),
            key=shown.encode(),
            headers=headers(TYPE, event.event_id, SOURCE, now, PROTOBUF),
        )
        sent.add_done_callback(self._told)

    def _told(self, future: "asyncio.Future[Delivered]") -> None:
        error = future.exception()
        if isinstance(error, DeliveryError):
            self._metrics.delivery_failures.labels(FEED_EVENTS).inc()
            self._log.warning("feed event not acknowledged by Kafka", error=str(error))
