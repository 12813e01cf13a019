"""Adopted frames: what they say of their site goes out like their readings, in order and under ids that stay."""

import pytest

from lantian_ingest.again import Adoptable, Again, Hj212Frames, MqttFrames, VehicleFrames
from lantian_ingest.arrival import Arrival
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_ingest.feeds import Feeds
from lantian_ingest.judge import Judge
from lantian_ingest.outcome import Outcome
from lantian_ingest.sealing import Sealer
from lantian_ingest.transports.mqtt_mapping import MqttMapping
from lantian_kit.records import Record
from lantian_proto.readings import pointer
from lantian_proto.topics import RAW_FRAMES
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange
from tests.unit.ingest.frames import MN, frame, segment
from tests.unit.ingest.others_rig import EVIDENCE_KEY, IDENTITY_KEY, KEYS, NOW_MS, OthersRig
from tests.unit.ingest.vehicle.frames import VIN, in_dialect, plain, stream

CAME_MS = NOW_MS - 3_600_000


def evidence(arrival: Arrival, offset: int = 7) -> Record:
    """As it lies in raw-frames.v1."""
    return Record(RAW_FRAMES, 2, offset, CAME_MS, arrival.key, arrival.raw, tuple(arrival.headers()))


def refused(raw: bytes, offset: int = 7) -> Record:
    """A frame of a data logger that nobody knew."""
    return evidence(Arrival("hj212", raw, MN, "192.0.2.1:1", Outcome.UNKNOWN_FEED, CAME_MS, "unknown-feed"), offset)


def loggers() -> Hj212Frames:
    """The data logger is known by now."""
    feeds = Feeds()
    change = RegistryChange(kind="feed", id=MN, feed=Feed(feed_id=MN, source_id="outlet-1", protocol="hj212"))
    feeds.apply(f"feed/{MN}", change.SerializeToString())
    return Hj212Frames(Judge(feeds, Reader()), feeds, largest_segment=4096)


def turned(frames: Adoptable, *records: Record) -> list[Again | None]:
    """One adoption of these."""
    turn = frames.begin()
    return [turn.judged(record, NOW_MS) for record in records]


def test_parameter_changes_of_before_are_not_lost() -> None:
    """With what was said before, pointing to the frame; a second adoption gives the same ids."""
    frames = loggers()
    assert (frames.knows(MN, NOW_MS), frames.knows("0" * 24, NOW_MS)) == (True, False)
    sent = [
        refused(frame(segment(f"DataTime=2026112210{at}00;PolId=a21026;i13001-Info={value}", cn="3020")), offset=at)
        for at, value in ((10, 100), (20, 300))
    ]
    found = [again for again in turned(frames, *sent) if again is not None]
    events = [event for again in found for event in again.site_events]
    assert [(event.info, event.text, event.previous) for event in events] == [
        ("i13001", "100", ""),
        ("i13001", "300", "100"),
    ]
    assert {event.received_ms for event in events} == {CAME_MS}
    again = [event.event_id for found in turned(frames, *sent) if found for event in found.site_events]
    assert again == [event.event_id for event in events]


@pytest.mark.parametrize("raw", [frame(segment(mn="0" * 24)), b"noise", b"", frame(segment("DataTime=x;a21026-Rtd=1"))])
def test_what_is_still_nobodys_stays_refused(raw: bytes) -> None:
    """Another MN, no frame, no time."""
    assert turned(loggers(), refused(raw)) == [None]


def test_vehicles_are_opened_with_the_key_they_were_sealed_by() -> None:
    """Readings with the time it came in; a resend says nothing new; another key opens nothing."""
    one, name = OthersRig(), pseudonym(Identity.VIN, VIN, IDENTITY_KEY)
    frames = VehicleFrames(one.vehicles, one.judge, largest_frame=4096)
    assert not frames.knows(name, NOW_MS)
    one.vehicle(VIN.decode(), "truck-1")
    assert frames.knows(name, NOW_MS)
    raw = plain(2, in_dialect("A", [(2, stream())], time_ms=CAME_MS))

    def sealed(key: bytes, offset: int) -> Record:
        box = Sealer(key).seal(raw, [(3, 20)], CAME_MS)
        arrival = Arrival("vehicle", box.masked, name, "p:1", Outcome.UNKNOWN_FEED, CAME_MS, extra=box.headers())
        return evidence(arrival, offset)

    first, again, other = turned(frames, sealed(EVIDENCE_KEY, 7), sealed(EVIDENCE_KEY, 8), sealed(b"x" * 32, 9))
    assert first is not None
    assert {(part.source, part.received_ms, part.seq) for part in first.readings} == {
        ("truck-1", CAME_MS, pointer(2, 7))
    }
    assert 30.0 in [value for part in first.readings for value in part.values]
    assert again is not None
    assert list(again.readings) == []
    assert other is None


def test_messages_of_a_plant_are_read_by_the_mapping() -> None:
    """Seen and kept under the name of their feed while nobody knows it; then taken with the time they came in."""
    one = OthersRig()
    text = {
        "broker": {"host": "b", "client_id": "us"},
        "mappings": [
            {
                "topic": "plants/+/power",
                "feed": "mqtt-{1}",
                "time": {"pointer": "/ts", "unit": "ms"},
                "fields": [{"field": "active_power", "pointer": "/kw", "unit": "kW"}],
            }
        ],
    }
    frames = MqttFrames(MqttMapping.model_validate(text), one.feeds, KEYS)
    body = b'{"ts": %d, "kw": 1.5}' % CAME_MS
    sealed = KEYS.sealer.seal(body, [(0, len(body))], CAME_MS)
    arrival = Arrival(
        "mqtt", sealed.masked, "mqtt-7", "b:1883/plants/7/power", Outcome.UNKNOWN_FEED, CAME_MS, extra=sealed.headers()
    )
    other = Arrival("mqtt", body, "mqtt-7", "b:1883/elsewhere", Outcome.UNKNOWN_FEED, CAME_MS)
    assert not frames.knows("mqtt-7", NOW_MS)
    assert turned(frames, evidence(arrival)) == [None]
    one.feed("mqtt-7", "power-meter", source="meter-7")
    assert frames.knows("mqtt-7", NOW_MS)
    found, elsewhere = turned(frames, evidence(arrival), evidence(other))
    assert found is not None
    (part,) = found.readings
    assert (part.source, part.values, part.time_ms) == ("meter-7", (1.5,), CAME_MS)
    assert (part.received_ms, part.seq) == (CAME_MS, pointer(2, 7))
    assert elsewhere is None
