"""One MN from two addresses, and what is remembered of feeds."""

from lantian_ingest.arrival import Arrival
from lantian_ingest.decoders.hj212.frame import Framer
from lantian_ingest.decoders.hj212.segment import Head, parse
from lantian_ingest.outcome import Outcome
from lantian_ingest.presence import ALTERNATION_MS, Presence
from lantian_ingest.sightings import REASONS_KEPT, Sightings
from lantian_proto.topics import FEED_EVENTS
from lantian_proto.v1.feed_event_pb2 import FeedEvent
from tests.unit.ingest.frames import MN, frame, segment
from tests.unit.ingest.rig import FakeLink, Rig


def head() -> Head:
    """The head of a good frame."""
    (piece,) = Framer().feed(frame(segment()))
    return parse(piece.segment).head


def heard(presence: Presence, *steps: tuple[FakeLink, int]) -> list[tuple[str, str] | None]:
    """What is said at each step."""
    return [presence.heard("M1", link, head(), at) for link, at in steps]


def test_by_turns_is_an_event_once_an_hour() -> None:
    """There, elsewhere, and back."""
    here, there = FakeLink("192.0.2.1:1"), FakeLink("192.0.2.2:2")
    found = heard(Presence(), (here, 0), (there, 1), (here, 2), (there, 3), (here, 4), (there, ALTERNATION_MS + 3))
    assert [each is not None for each in found] == [False, False, True, False, False, True]
    assert found[2] == ("192.0.2.2", "192.0.2.1")


def test_moving_and_reconnecting_are_no_events() -> None:
    """Mobile links change their address and port; coming back after hours is moving too."""
    first, again, moved = FakeLink("192.0.2.1:1"), FakeLink("192.0.2.1:2"), FakeLink("192.0.2.2:1")
    presence = Presence()
    steps = [(first, 0), (again, 1), (first, 2), (moved, 3), (moved, 4), (again, ALTERNATION_MS + 10)]
    assert heard(presence, *steps) == [None] * 6
    present = presence.get("M1")
    assert present is not None
    assert present.line is again


async def test_two_senders_of_one_mn_are_counted_shown_and_told() -> None:
    """Through the pipeline; a stranger's frames do not count as the feed's."""
    rig = Rig()
    lines = [FakeLink("192.0.2.1:1"), FakeLink("198.51.100.2:1")]
    for number in range(4):
        rig.take(frame(segment(f"DataTime=2026112212000{number};a21026-Rtd=1")), lines[number % 2])
    rig.take(frame(segment(mn="9" * 24)), FakeLink("203.0.113.9:1"))
    rig.take(frame(segment(mn="9" * 24)), FakeLink("203.0.113.9:1"))
    await rig.settle()
    events = [FeedEvent.FromString(record.value or b"") for record in rig.publisher.records(FEED_EVENTS)]
    (conflict,) = [event for event in events if event.kind == "two-addresses"]
    (stranger,) = [event for event in events if event.kind == "stranger"]
    assert (conflict.feed_id, sorted(conflict.addresses)) == (MN, ["192.0.2.1", "198.51.100.2"])
    assert (stranger.feed_id, list(stranger.addresses)) == ("9" * 24, ["203.0.113.9"])
    present = rig.presence.get(MN)
    assert present is not None
    assert present.conflicts == 1
    assert rig._labels("lantian_ingest_feed_events_total", "kind") == {"two-addresses": 1, "stranger": 1}


def arrival(feed: str, outcome: Outcome = Outcome.UNKNOWN_FEED, **fields: str) -> Arrival:
    """One that is noted."""
    return Arrival("hj212", b"", feed, "192.0.2.1:1", outcome, 1000, **fields)  # type: ignore[arg-type]


def test_strangers_are_forgotten_and_known_feeds_are_not() -> None:
    """Names can be made up without end; so can reasons not."""
    sightings = Sightings(strangers_kept=3)
    sightings.note(arrival("known", Outcome.ACCEPTED), Outcome.ACCEPTED)
    for number in range(10):
        sightings.note(arrival(f"stranger {number}"), Outcome.UNKNOWN_FEED)
        sightings.note(arrival(""), Outcome.MALFORMED)
    assert sightings.names() == ["known", "stranger 7", "stranger 8", "stranger 9"]
    for number in range(REASONS_KEPT + 5):
        sightings.note(arrival("known", reason=f"reason {number}"), Outcome.MALFORMED)
    seen = sightings.get("known")
    assert seen is not None
    assert len(seen.refused) == REASONS_KEPT + 1
    assert seen.refused["other"] == 5
    assert seen.outcomes == {"accepted": 1, "malformed": REASONS_KEPT + 5}


async def test_what_is_seen_of_a_feed() -> None:
    """Counts, reasons, quirks, address and clock."""
    rig = Rig()
    now = rig.clock.now_ms()
    ahead = "20231115061339000"  # of 1_700_000_000_000, +08:00, 19 s ahead
    for number in range(2):
        rig.take(frame(segment(f"DataTime=2026112212000{number};a21026-Rtd=--", qn=ahead)))
        await rig.settle()
    rig.take(frame(segment(), check=b"0000"))
    await rig.settle()
    seen = rig.sightings.get(MN)
    assert seen is not None
    shown = seen.shown(MN)
    assert (shown["accepted"], shown["refused"], shown["frames"]) == (2, {"check-code": 1}, 3)
    assert shown["quirks"] == {"no-value": 2}
    assert (shown["peer"], shown["last_ms"], shown["clock_skew_ms"]) == (rig.link.peer, now, 19_000)
