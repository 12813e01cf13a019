"""What devices said of themselves, as a file: one message of site-events.v1 a line, in its JSON form."""

from collections.abc import Iterable
from typing import NamedTuple

from google.protobuf.json_format import Parse, ParseError

from lantian_proto.v1.site_event_pb2 import SiteEvent


class Statements(NamedTuple):
    """Those that could be read, and line and reason of the others."""

    events: list[SiteEvent]
    bad: list[tuple[int, str]]


def read(lines: Iterable[str]) -> Statements:
    """Reads all lines; blank ones are passed over."""
    events: list[SiteEvent] = []
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = Parse(line, SiteEvent())
        except ParseError as error:
            bad.append((number, str(error)))
            continue
        if not event.source_id or event.received_ms <= 0:
            bad.append((number, "a statement needs sourceId and receivedMs"))
            continue
        events.append(event)
    return Statements(sorted(events, key=lambda one: one.received_ms), bad)
