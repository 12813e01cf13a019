"""Statements of devices as records of site-events.v1; what a feed said before is remembered, so that changes show."""

from collections.abc import Sequence
from typing import Final

from lantian_ingest.decoders.hj212.decode import Decoded
from lantian_ingest.decoders.hj212.site import Kind
from lantian_proto.events import PROTOBUF, Headers, content_id, headers
from lantian_proto.v1.site_event_pb2 import SiteEvent

TYPE: Final = "cn.lantian.site-event.v1"
SOURCE: Final = "/ingest/hj212"
FEEDS: Final = 65_536
STATEMENTS: Final = 512  # of one feed
REPEATED: Final = frozenset({Kind.STATE, Kind.ALARM})  # sent with every packet by some; only a change is news

Record = tuple[bytes, bytes, Headers]  # key, value, headers


class Statements:
    """What each feed said last; forgets the feed known longest when there are too many."""

    def __init__(self, feeds: int = FEEDS) -> None:
        self._limit = feeds
        self._feeds: dict[str, dict[tuple[str, str, str], str]] = {}

    def news(self, decoded: Decoded, raw: bytes, feed_id: str, source_id: str, received_ms: int) -> list[SiteEvent]:
        """The statements of a packet that are to be published, without the place of their frame.

        A state or an alarm that was said before in the same words is left out: the frame holds it. Everything else is
        published each time, with what was said before.
        """
        said = self._feeds.get(feed_id)
        if said is None:
            if len(self._feeds) >= self._limit:
                del self._feeds[next(iter(self._feeds))]
            said = self._feeds[feed_id] = {}
        found = []
        for place, event in enumerate(decoded.events):
            key = (event.kind, event.code, event.info)
            before = None if event.kind is Kind.LOG else said.pop(key, None)
            if event.kind is not Kind.LOG:
                said[key] = event.text  # the last one said stands last
                if len(said) > STATEMENTS:
                    del said[next(iter(said))]
            if before == event.text and event.kind in REPEATED:
                continue
            found.append(
                SiteEvent(
                    event_id=content_id(raw, str(received_ms), str(place)),
                    source_id=source_id,
                    feed_id=_printable(feed_id),
                    kind=event.kind,
                    code=_printable(event.code),
                    info=_printable(event.info),
                    text=_printable(event.text),
                    number=event.number,
                    time_ms=event.time_ms or received_ms,
                    received_ms=received_ms,
                    previous=None if before is None else _printable(before),
                )
            )
        return found

    def forget(self, feed_id: str) -> None:
        """What a feed said did not get into the topic: its resend must be taken as new."""
        self._feeds.pop(feed_id, None)


def records(events: Sequence[SiteEvent], seq: int) -> list[Record]:
    """The records of site-events.v1, now that the frame has its place; `seq` points to it."""
    found = []
    for event in events:
        event.seq = seq
        value = event.SerializeToString()
        sent = headers(TYPE, event.event_id, SOURCE, event.received_ms, PROTOBUF)
        found.append((event.feed_id.encode(), value, sent))
    return found


def _printable(text: str) -> str:
    """Text as Protobuf takes it: bytes that are no UTF-8 become question marks; the frame holds them as sent."""
    return text.encode("utf-8", "replace").decode()
