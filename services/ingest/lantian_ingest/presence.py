"""Who is there: the connection each feed speaks on, and a feed that speaks from two addresses by turns."""

from dataclasses import dataclass
from typing import Final, Protocol

from lantian_ingest.decoders.hj212.segment import Head

ALTERNATION_MS: Final = 3_600_000  # back at the former address within this long: it was not given up
REPORTED_AGAIN_MS: Final = 3_600_000


class Line(Protocol):
    """A connection one can write to."""

    @property
    def peer(self) -> str:
        """Address and port of the sender."""

    def answer(self, frame: bytes) -> None:
        """Sends; nothing happens when the connection is gone."""

    @property
    def open(self) -> bool:
        """True while it can be written to."""


@dataclass(slots=True)
class Present:
    """One feed: the line of its last accepted frame, and that frame's head, which has its password and edition."""

    line: Line
    head: Head
    seen_ms: int
    address: str
    former: str = ""
    left_ms: int = 0
    reported_ms: int = -REPORTED_AGAIN_MS
    conflicts: int = 0


class Presence:
    """Only frames that a registered feed sent under its password count; as many entries as the registry has feeds."""

    def __init__(self) -> None:
        self._feeds: dict[str, Present] = {}

    def __len__(self) -> int:
        return len(self._feeds)

    def get(self, feed: str) -> Present | None:
        """The feed, or None when it was not heard since this process started."""
        return self._feeds.get(feed)

    def heard(self, feed: str, line: Line, head: Head, now_ms: int) -> tuple[str, str] | None:
        """Notes a frame; returns the two addresses when the feed speaks from both by turns, at most once an hour.

        A change of address alone is no event: mobile links change theirs. Coming back to the former one within an
        hour is: two devices have one MN, or somebody else knows it and its password.
        """
        present = self._feeds.get(feed)
        if present is None:
            self._feeds[feed] = Present(line, head, now_ms, _address(line.peer))
            return None
        present.head = head
        if present.line is line:
            present.seen_ms = now_ms
            return None
        address = _address(line.peer)
        before, since = present.address, present.seen_ms
        present.line, present.seen_ms = line, now_ms
        if address == before:
            return None
        back = address == present.former and now_ms - present.left_ms <= ALTERNATION_MS
        present.address, present.former, present.left_ms = address, before, since
        if not back or now_ms - present.reported_ms < REPORTED_AGAIN_MS:
            return None
        present.reported_ms = now_ms
        present.conflicts += 1
        return before, address


def _address(peer: str) -> str:
    return peer.rpartition(":")[0] or peer
