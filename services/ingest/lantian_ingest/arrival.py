"""What a transport hands over: one piece of what the field sent, judged, with the readings that were in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Readings
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
