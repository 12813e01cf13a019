"""What was seen of each feed: counts, last time, address, quirks and clock; bounded, and never a metric's label."""

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from lantian_ingest.arrival import Arrival
from lantian_ingest.outcome import ACCEPTED, DUPLICATE, Outcome

STRANGERS_KEPT: Final = 10_000  # senders that no registry knows: anybody can make up names
REASONS_KEPT: Final = 20
QUIRKS_KEPT: Final = 40
NAME_SHOWN: Final = 64
CLOCK_LOOK_MS: Final = 60_000
INCOMPLETE_AGAIN_MS: Final = 3_600_000


@dataclass(slots=True)
class Sighting:
    """One feed since this process started; `skew_ms` is the sender's clock minus ours, None when never seen."""

    protocol: str
    first_ms: int
    last_ms: int = 0
    accepted_ms: int = 0
    peer: str = ""
    edition: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    quirks: Counter[str] = field(default_factory=Counter)
    skew_ms: int | None = None
    skew_seen_ms: int = -CLOCK_LOOK_MS
    late: int = 0
    incomplete_ms: int = -INCOMPLETE_AGAIN_MS  # when it was last said that sub-packets of a set did not come

    def shown(self, feed: str) -> dict[str, Any]:
        """For people and machines."""
        return {
            "feed": feed[:NAME_SHOWN].encode("utf-8", "replace").decode(),
            "protocol": self.protocol,
            "edition": self.edition,
            "peer": self.peer,
            "first_ms": self.first_ms,
            "last_ms": self.last_ms,
            "accepted_ms": self.accepted_ms,
            "frames": sum(self.outcomes.values()),
            "accepted": self.outcomes[ACCEPTED] + self.outcomes[DUPLICATE],
            "late": self.late,
            "outcomes": dict(self.outcomes),
            "refused": dict(self.refused),
            "quirks": dict(self.quirks),
            "clock_skew_ms": self.skew_ms,
        }


class Sightings:
    """Feeds that had a frame accepted are kept for good, they are as many as the registry has; of the others the last
    10,000.
    """

    def __init__(self, strangers_kept: int = STRANGERS_KEPT) -> None:
        self._known: dict[str, Sighting] = {}
        self._strangers: OrderedDict[str, Sighting] = OrderedDict()
        self._strangers_kept = strangers_kept
        self.nameless: dict[str, Sighting] = {}  # by protocol: noise, half frames, segments without an MN

    def __len__(self) -> int:
        return len(self._known) + len(self._strangers)

    def get(self, feed: str) -> Sighting | None:
        """What was seen of a feed, or None."""
        return self._known.get(feed) or self._strangers.get(feed)

    def names(self) -> list[str]:
        """All feeds, in order of their names."""
        return sorted((*self._known, *self._strangers))

    def note(self, arrival: Arrival, outcome: Outcome) -> None:
        """One frame with its outcome; those that name no sender are counted together, by protocol."""
        feed = arrival.feed
        seen = self._known.get(feed)
        if seen is None:
            seen = self._stranger(feed, arrival, outcome) if feed else self._nameless(arrival)
        seen.last_ms = arrival.received_ms
        seen.peer = arrival.peer
        if arrival.edition:
            seen.edition = arrival.edition
        seen.outcomes[outcome] += 1
        if outcome is ACCEPTED or outcome is DUPLICATE:
            seen.accepted_ms = arrival.received_ms
            seen.late += arrival.late
        else:
            _add(seen.refused, arrival.reason or outcome.value, REASONS_KEPT)
        for quirk in arrival.quirks:
            _add(seen.quirks, quirk, QUIRKS_KEPT)

    def _stranger(self, feed: str, arrival: Arrival, outcome: Outcome) -> Sighting:
        seen = self._strangers.get(feed) or Sighting(arrival.protocol, arrival.received_ms)
        if outcome is ACCEPTED:
            self._strangers.pop(feed, None)
            self._known[feed] = seen
            return seen
        self._strangers[feed] = seen
        self._strangers.move_to_end(feed)
        if len(self._strangers) > self._strangers_kept:
            self._strangers.popitem(last=False)
        return seen

    def _nameless(self, arrival: Arrival) -> Sighting:
        seen = self.nameless.get(arrival.protocol)
        if seen is None:
            seen = self.nameless[arrival.protocol] = Sighting(arrival.protocol, arrival.received_ms)
        return seen

    def quirk(self, feed: str, quirk: str) -> None:
        """One more of a feed that is no frame's own: what did not come."""
        seen = self.get(feed)
        if seen is not None:
            _add(seen.quirks, quirk, QUIRKS_KEPT)

    def incomplete_due(self, feed: str, now_ms: int) -> bool:
        """True when it is to be said that a feed's sub-packets do not come; at most once an hour."""
        seen = self.get(feed)
        if seen is None or now_ms - seen.incomplete_ms < INCOMPLETE_AGAIN_MS:
            return False
        seen.incomplete_ms = now_ms
        return True

    def clock_due(self, feed: str, now_ms: int) -> Sighting | None:
        """The feed's entry when its clock was not looked at for a minute."""
        seen = self._known.get(feed)
        return seen if seen is not None and now_ms - seen.skew_seen_ms >= CLOCK_LOOK_MS else None


def _add(counts: Counter[str], name: str, kept: int) -> None:
    if name in counts or len(counts) < kept:
        counts[name] += 1
    else:
        counts["other"] += 1
