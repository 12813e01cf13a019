"""A spooled frame comes back as it was."""

from dataclasses import replace

import pytest

from lantian_ingest.arrival import Arrival
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Readings
from lantian_ingest.spool.record import decode, encode
from lantian_proto.readings import Edition, Period, Stat
from lantian_proto.v1.site_event_pb2 import SiteEvent


def test_everything_that_reaches_kafka_is_kept() -> None:
    """Bytes that are no UTF-8 among it."""
    part = Readings(
        "源", (1, 65_535), bytes([Stat.AVG, Stat.MAX]), Period.HOUR, 5, (-1.5, 1e300), b"N\0", 6, Edition(2), 0
    )
    arrival = Arrival(
        "hj212", b"\x00\xff", "M\udcff", "[::1]:9", Outcome.ACCEPTED, 7, "why", "hj212", "1", [part, part], True
    )
    arrival.extra = (("box", b"\x00sealed"),)
    arrival.site_events = (SiteEvent(event_id="e1", kind="alarm"),)
    again = decode(encode(arrival))
    assert replace(again, readings=[], site_events=()) == replace(arrival, readings=[], site_events=())
    assert list(again.readings) == list(arrival.readings)
    assert list(again.site_events) == list(arrival.site_events)
    assert again.headers() == arrival.headers()
    assert again.key == b"M\xff"


@pytest.mark.parametrize("data", [b"\xff\xff", b"\x2a\x04lost"])
def test_what_is_none_is_refused(data: bytes) -> None:
    """Also an outcome that no release knew."""
    with pytest.raises(ValueError, match=r"no spooled frame|Outcome"):
        decode(data)
