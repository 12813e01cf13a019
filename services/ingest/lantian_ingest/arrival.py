"""What a transport hands over: one piece of what the field sent, judged, with the readings that were in it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Readings
from lantian_kit.batches import Packed, packed, packed_headers
from lantian_proto.events import BYTES, Headers, content_id, headers
from lantian_proto.v1.site_event_pb2 import SiteEvent

TYPE: Final = "cn.lantian.frame.v1"
LARGEST_RAW_BYTES: Final = 3 * 1024 * 1024  # Kafka's own limit is 4 MB, headers and all


@dataclass(slots=True)
class Arrival:
    """One frame, request or record, as judged; it ends in exactly one counted outcome.

    `raw` are the bytes as received, `feed` the sender as it names itself ("" where unreadable), `peer` where it came
    from. `outcome` is the judgement on arrival; `readings` may be there only when it is ACCEPTED, each with `seq` 0:
    the pointer is written when the evidence has its place. `late` sends it by the lane of back-fill. `extra` are more
    headers of the evidence: the box of sealed identities. `site_events` are what a device says of itself, like readings
    without their pointer. Times: ms since 1970 UTC of the suite's clock.
    """

    protocol: str
    raw: bytes
    feed: str
    peer: str
    outcome: Outcome
    received_ms: int
    reason: str = ""
    verdict: str = ""
    edition: str = ""
    readings: Sequence[Readings] = ()
    late: bool = False
    quirks: frozenset[str] = frozenset()
    extra: Sequence[tuple[str, bytes]] = ()
    site_events: Sequence[SiteEvent] = ()

    @property
    def key(self) -> bytes:
        """Key in raw-frames.v1."""
        return self.feed.encode("utf-8", "surrogateescape")

    def headers(self) -> Headers:
        """Headers in raw-frames.v1; the id is that of the content, so that a repeat can be known."""
        received = str(self.received_ms)
        found = headers(
            TYPE,
            content_id(self.raw, received, self.peer),
            f"/ingest/{self.protocol}",
            self.received_ms,
            BYTES,
            received_ms=received,
            peer=self.peer,
            outcome=self.outcome,
            verdict=self.verdict,
            edition=self.edition,
            reason=self.reason,
        )
        return [*found, *self.extra]

    def packed_headers(self) -> Packed:
        """The same as Kafka writes them. Frames of a moment, of a connection and of a kind share most of it."""
        if self.extra:
            return packed_headers(NUMBER + len(self.extra), packed(self.headers()))
        raw, received_ms, peer = self.raw, self.received_ms, self.peer
        identity = hashlib.sha256(len(raw).to_bytes(8, "big") + raw + _beside(received_ms, peer)).hexdigest()[:32]
        before, after = _moment(self.protocol, received_ms)
        kind = _kind(self.outcome, self.verdict, self.edition, self.reason)
        return Packed(b"".join((before, identity.encode(), after, _from(peer), kind)))


NUMBER: Final = 12  # headers of one without extra ones; the first ones are ce_specversion and ce_id


@lru_cache(maxsize=1024)
def _beside(received_ms: int, peer: str) -> bytes:
    """What stands behind the bytes of a frame in what its id is made of, see `content_id`."""
    parts = [str(received_ms).encode(), peer.encode()]
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


@lru_cache(maxsize=64)
def _moment(protocol: str, received_ms: int) -> tuple[bytes, bytes]:
    """What stands before the id and behind it, up to the peer."""
    whole = headers(TYPE, "0" * 32, f"/ingest/{protocol}", received_ms, BYTES, received_ms=str(received_ms))
    identity = packed(whole[1:2])
    return packed_headers(NUMBER, packed(whole[:1]), identity[:-32]), packed(whole[2:])


@lru_cache(maxsize=16_384)
def _from(peer: str) -> bytes:
    return packed([("peer", peer.encode())])


@lru_cache(maxsize=4096)
def _kind(outcome: str, verdict: str, edition: str, reason: str) -> bytes:
    known = {"outcome": outcome, "verdict": verdict, "edition": edition, "reason": reason}
    return packed([(name, value.encode()) for name, value in known.items()])
