"""Statements of devices: what is news, what was said before, and the place of the frame."""

from lantian_ingest.decoders.hj212.decode import Decoded, decode
from lantian_ingest.decoders.hj212.segment import parse
from lantian_ingest.site_events import STATEMENTS, Statements, records
from lantian_proto.readings import pointer
from lantian_proto.v1.feed_event_pb2 import FeedEvent
from lantian_proto.v1.site_event_pb2 import SiteEvent
from tests.unit.ingest.frames import MN, frame, segment
from tests.unit.ingest.rig import SOURCE, Rig

NOON_MS = 1_795_320_000_000


def told(data: str) -> Decoded:
    """A packet of site information."""
    return decode(parse(segment(f"DataTime=20261122120000;{data}", cn="3020")))


def news(statements: Statements, data: str) -> list[tuple[str, str, str | None]]:
    """What is published of a packet: what, text, what was said before."""
    found = statements.news(told(data), data.encode(), MN, SOURCE, NOON_MS)
    return [(event.info, event.text, event.previous if event.HasField("previous") else None) for event in found]


def test_a_change_carries_what_was_before() -> None:
    """A range lowered from 300 to 100 can be seen as that."""
    statements = Statements()
    assert news(statements, "PolId=a21026;i13001-Info=300.0") == [("i13001", "300.0", None)]
    assert news(statements, "PolId=a21002;i13001-Info=500") == [("i13001", "500", None)]
    assert news(statements, "PolId=a21026;i13001-Info=100.0") == [("i13001", "100.0", "300.0")]


def test_a_state_said_again_is_no_news_but_a_parameter_and_a_log_are() -> None:
    """Some send their state with every packet; a parameter sent again is an answer to somebody."""
    statements = Statements()
    data = "PolId=a21026;i12001-Info=0;i12003-Info=1;i13001-Info=300;i11001-Info=//x//"
    assert [row[0] for row in news(statements, data)] == ["i12001", "i12003", "i13001", "i11001"]
    assert [row[0] for row in news(statements, data)] == ["i13001", "i11001"]
    assert news(statements, "PolId=a21026;i12001-Info=3") == [("i12001", "3", "0")]


def test_memory_is_bounded() -> None:
    """Feeds and statements of a feed; what is forgotten counts as new."""
    statements = Statements(feeds=1)
    statements.news(told("i12001-Info=0"), b"", "A", "a", NOON_MS)
    statements.news(told("i12001-Info=0"), b"", "B", "b", NOON_MS)
    (again,) = statements.news(told("i12001-Info=0"), b"", "A", "a", NOON_MS)
    assert not again.HasField("previous")
    many = ";".join(f"i13{number:03d}-Info=1" for number in range(STATEMENTS + 10))
    statements.news(told(many), b"", "A", "a", NOON_MS)
    assert len(statements._feeds["A"]) == STATEMENTS


def test_record_points_at_its_frame() -> None:
    """Key is the feed, the id is that of the event, text that is no UTF-8 does not stop it."""
    packet = parse(segment("DataTime=20261122120000;i11001-Info=//x//", cn="3020").replace(b"x", b"\xb1\xb1"))
    events = Statements().news(decode(packet), b"raw", MN, SOURCE, NOON_MS)
    ((key, value, headers),) = records(events, pointer(3, 7))
    event = SiteEvent.FromString(value)
    assert key == MN.encode()
    assert event.seq == pointer(3, 7)
    assert (event.kind, event.source_id, event.text) == ("log", SOURCE, "??")
    assert dict(headers)["ce_id"] == event.event_id.encode()


async def test_site_information_is_published_before_it_is_answered() -> None:
    """Through the pipeline: evidence, statements, receipt; a resend is said once."""
    rig = Rig()
    sent = frame(segment("DataTime=20261122120000;PolId=a21026;i13001-Info=300.0", cn="3020"))
    rig.take(sent)
    await rig.settle()
    rig.take(sent)
    await rig.settle()
    assert rig.counts() == {"accepted": 1, "duplicate": 1}
    (record,) = rig.publisher.records("site-events.v1")
    event = SiteEvent.FromString(record.value or b"")
    assert (event.code, event.info, event.number) == ("a21026", "i13001", 300.0)
    assert len(rig.link.answers) == 2


async def test_sub_packets_that_stay_away_are_counted() -> None:
    """Each part is read and answered by itself; the set that never became whole is a quirk."""
    rig = Rig()
    for number in (1, 3):
        data = f"DataTime=20261122120000;a21026-Rtd={number},a21026-Flag=N"
        rig.take(frame(segment(data, flag=7, packet=f"PNUM=3;PNO={number};")))
    await rig.settle()
    assert len(rig.link.answers) == 2
    assert rig.quirks() == {}
    rig.clock.advance(130)
    rig.pipeline.look_for_missing()  # nothing has to come for it to be noticed
    await rig.settle()
    assert rig.quirks() == {"packets-missing": 1}
    assert rig.sightings.get(MN).quirks["packets-missing"] == 1  # type: ignore[union-attr]
    (record,) = rig.publisher.records("feed-events.v1")
    event = FeedEvent.FromString(record.value or b"")
    assert (event.feed_id, event.kind) == (MN, "packets-missing")
    assert event.detail == "ST=31 CN=2011 DataTime=20261122120000: of 3 packets missing 2"


async def test_a_record_of_which_a_part_is_missing_is_asked_for_again() -> None:
    """The hour counts as missing until the part comes; the events are at most one an hour."""
    rig = Rig()
    for hour in (10, 11):
        for number in (1, 2) if hour == 10 else (1,):
            data = f"DataTime=20261122{hour}0000;a21026-Avg={number},a21026-Flag=N"
            rig.take(frame(segment(data, cn="2061", flag=7, packet=f"PNUM=2;PNO={number};")))
    await rig.settle()
    assert len(rig.gaps) == 0
    rig.clock.advance(130)
    rig.pipeline.look_for_missing()
    assert len(rig.gaps) == 1
    late = segment("DataTime=20261122110000;a21026-Avg=2,a21026-Flag=N", cn="2061", flag=7, packet="PNUM=2;PNO=2;")
    rig.take(frame(late))
    await rig.settle()
    assert len(rig.gaps) == 0
    rig.clock.advance(130)
    rig.pipeline.look_for_missing()  # the part alone is a set of its own that stays incomplete
    assert len(rig.gaps) == 0  # and the hour is not asked for without end
    assert len(rig.publisher.records("feed-events.v1")) == 1
