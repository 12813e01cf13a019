"""An arrival as bytes on the disk, and back (proto/lantian/v1/spool.proto)."""

from google.protobuf.message import DecodeError

from lantian_ingest.arrival import Arrival
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Readings
from lantian_proto.readings import Edition, Period
from lantian_proto.v1.spool_pb2 import SpooledFrame, SpooledHeader, SpooledReadings


def encode(arrival: Arrival) -> bytes:
    """The bytes of one record."""
    frame = SpooledFrame(
        protocol=arrival.protocol,
        raw=arrival.raw,
        feed=arrival.key,
        peer=arrival.peer,
        outcome=arrival.outcome,
        received_ms=arrival.received_ms,
        reason=arrival.reason,
        verdict=arrival.verdict,
        edition=arrival.edition,
        late=arrival.late,
        readings=[
            SpooledReadings(
                source=part.source,
                factors=part.factors,
                stats=part.stats,
                period=part.period,
                time_ms=part.time_ms,
                values=part.values,
                flags=part.flags,
                received_ms=part.received_ms,
                edition=part.edition,
            )
            for part in arrival.readings
        ],
        site_events=arrival.site_events,
        extra=[SpooledHeader(name=name, value=value) for name, value in arrival.extra],
    )
    return frame.SerializeToString()


def decode(data: bytes) -> Arrival:
    """The arrival. Raises ValueError for bytes that are none."""
    try:
        frame = SpooledFrame.FromString(data)
    except DecodeError as error:
        raise ValueError(f"no spooled frame: {error}") from error
    return Arrival(
        frame.protocol,
        frame.raw,
        frame.feed.decode("utf-8", "surrogateescape"),
        frame.peer,
        Outcome(frame.outcome),
        frame.received_ms,
        frame.reason,
        frame.verdict,
        frame.edition,
        [
            Readings(
                source=part.source,
                factors=tuple(part.factors),
                stats=part.stats,
                period=Period(part.period),
                time_ms=part.time_ms,
                values=tuple(part.values),
                flags=part.flags,
                received_ms=part.received_ms,
                edition=Edition(part.edition),
                seq=0,
            )
            for part in frame.readings
        ],
        frame.late,
        site_events=tuple(frame.site_events),
        extra=tuple((header.name, header.value) for header in frame.extra),
    )
