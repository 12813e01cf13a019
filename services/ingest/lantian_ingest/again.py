"""Frames that were refused because nobody knew their feed, judged by the registry of now; one class a protocol."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple, Protocol

from lantian_ingest.decoders.hj212.frame import Framer, Kind
from lantian_ingest.decoders.records.documents import DocumentError
from lantian_ingest.decoders.records.kinds import kinds
from lantian_ingest.decoders.records.rows import check
from lantian_ingest.decoders.vehicle import frame as vehicle
from lantian_ingest.decoders.vehicle.reader import Reader
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feeds import Feeds
from lantian_ingest.identity_keys import Keys
from lantian_ingest.judge import PROTOCOL as HJ212
from lantian_ingest.judge import Judge
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Readings
from lantian_ingest.publishers.desk import PROTOCOL as RECORDS
from lantian_ingest.publishers.desk import readings_of
from lantian_ingest.sealing import BOX_HEADER, SealError
from lantian_ingest.site_events import Statements
from lantian_ingest.transports.mqtt import PROTOCOL as MQTT
from lantian_ingest.transports.mqtt_mapping import MqttMapping
from lantian_ingest.transports.vehicle_judge import PROTOCOL as VEHICLE
from lantian_ingest.transports.vehicle_judge import VehicleFeeds, VehicleJudge
from lantian_kit.records import Record
from lantian_proto.events import header
from lantian_proto.readings import pointer
from lantian_proto.v1.site_event_pb2 import SiteEvent

PEER: Final = "peer"


class Again(NamedTuple):
    """What an adopted frame gives: both point to the frame where it lies and carry the time it came in."""

    readings: Sequence[Readings]
    site_events: Sequence[SiteEvent] = ()


class Turn(Protocol):
    """One adoption under way: frames in the order in which they came."""

    def judged(self, record: Record, now_ms: int) -> Again | None:
        """A frame anew; None where it is refused again."""


class Adoptable(Protocol):
    """A protocol whose refused frames can be judged anew."""

    protocol: str

    def knows(self, feed: str, at_ms: int) -> bool:
        """True when the registry has the feed in force at a time."""

    def begin(self) -> Turn:
        """A new adoption; what it remembers from frame to frame ends with it."""


def received_ms(record: Record, otherwise_ms: int) -> int:
    """When a frame came in."""
    sent = header(record.headers, "received_ms") or ""
    return int(sent) if sent.isdecimal() else otherwise_ms


class Hj212Frames:
    """HJ 212: readings and what devices said of themselves, each with what was said before it in this adoption."""

    protocol = HJ212

    def __init__(self, judge: Judge, feeds: Feeds, *, largest_segment: int) -> None:
        self._judge = judge
        self._feeds = feeds
        self._largest = largest_segment

    def knows(self, feed: str, at_ms: int) -> bool:
        return self._feeds.find(feed, HJ212, at_ms) is not None

    def begin(self) -> Turn:
        return _Hj212Turn(self._judge, self._largest)


class _Hj212Turn:
    def __init__(self, judge: Judge, largest: int) -> None:
        self._judge = judge
        self._largest = largest
        self._statements = Statements()

    def judged(self, record: Record, now_ms: int) -> Again | None:
        raw = record.value or b""
        framer = Framer(self._largest)
        pieces = framer.feed(raw) + framer.expire()
        piece = next((piece for piece in pieces if piece.kind is Kind.FRAME), None)
        if piece is None:
            return None
        judgement = self._judge.judge(piece, now_ms)
        decoded, feed = judgement.decoded, judgement.feed
        if judgement.outcome is not Outcome.ACCEPTED or decoded is None or feed is None:
            return None
        shape, received = decoded.shape, received_ms(record, now_ms)
        readings = Readings(
            source=feed.source_id,
            factors=shape.factors,
            stats=shape.stats,
            period=shape.period,
            time_ms=judgement.start_ms,
            values=decoded.values,
            flags=decoded.flags,
            received_ms=received,
            edition=shape.head.edition,
            seq=pointer(record.partition, record.offset),
        )
        said = self._statements.news(decoded, raw, shape.head.mn, feed.source_id, received)
        return Again((readings,) if decoded.values else (), said)


class MqttFrames:
    """Messages of a broker, which hears of no refusal and forgets what was taken: read by the mapping of now."""

    protocol = MQTT

    def __init__(self, mapping: MqttMapping, feeds: Feeds, keys: Keys | None) -> None:
        self._mapping = mapping
        self._feeds = feeds
        self._keys = keys

    def knows(self, feed: str, at_ms: int) -> bool:
        found = self._feeds.find(feed, RECORDS, at_ms)
        return found is not None and found.protocol == RECORDS and found.record_kind in kinds()

    def begin(self) -> Turn:
        return self

    def judged(self, record: Record, now_ms: int) -> Again | None:
        feed = self._feeds.find((record.key or b"").decode("utf-8", "replace"), RECORDS, now_ms)
        if feed is None or feed.record_kind not in kinds():
            return None
        received = received_ms(record, now_ms)
        _, _, topic = (header(record.headers, PEER) or "").partition("/")
        try:
            document = self._mapping.document(topic, self._opened(record), received)
        except (DocumentError, SealError):
            return None
        kind = kinds()[feed.record_kind]
        key = None if self._keys is None else self._keys.identity
        checked = check(document.rows, lambda name: kind if name == feed.feed_id else None, received, key)
        if checked.errors or not checked.records:
            return None
        seq = pointer(record.partition, record.offset)
        readings = [readings_of(found, feed, received) for found in checked.records if found.factors]
        return Again([replace(part, seq=seq) for part in readings])

    def _opened(self, record: Record) -> bytes:
        """What is not known yet may be anything, so it was sealed whole where there is a key."""
        box = _box(record)
        if not box or self._keys is None:
            return record.value or b""
        return self._keys.sealer.unseal(record.value or b"", box)[0]


def _box(record: Record) -> bytes:
    return next((value for name, value in record.headers if name == BOX_HEADER), b"")


class VehicleFrames:
    """Vehicles: their evidence is opened with the key it was sealed under, read, and closed again."""

    protocol = VEHICLE

    def __init__(self, vehicles: VehicleFeeds, judge: VehicleJudge, *, largest_frame: int) -> None:
        self._vehicles = vehicles
        self._judge = judge
        self._largest = largest_frame

    def knows(self, feed: str, at_ms: int) -> bool:
        return self._vehicles.find(feed, at_ms) is not None

    def begin(self) -> Turn:
        return _VehicleTurn(self._judge.beginning_anew(Duplicates()), self._largest)


class _VehicleTurn:
    def __init__(self, judge: VehicleJudge, largest: int) -> None:
        self._judge = judge
        self._largest = largest
        self._reader = Reader()

    def judged(self, record: Record, now_ms: int) -> Again | None:
        try:
            raw = self._judge.opened(record.value or b"", _box(record))
        except SealError:
            return None
        framer = vehicle.Framer(self._largest)
        pieces = framer.feed(raw) + framer.expire()
        piece = next((piece for piece in pieces if piece.kind is vehicle.Kind.FRAME), None)
        if piece is None:
            return None
        peer = header(record.headers, PEER) or ""
        arrival = self._judge.judge(piece, self._reader.read(piece), peer, now_ms).arrival
        if arrival.outcome not in (Outcome.ACCEPTED, Outcome.DUPLICATE):
            return None
        received, seq = received_ms(record, now_ms), pointer(record.partition, record.offset)
        return Again([replace(part, received_ms=received, seq=seq) for part in arrival.readings])
