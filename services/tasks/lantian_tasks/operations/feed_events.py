"""What the gateway noticed about senders, newest first, page by page. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from google.protobuf.message import DecodeError

from lantian_proto.v1.feed_event_pb2 import FeedEvent

Place = tuple[int, str]
"""Time in ms since 1970 UTC and id of an event: no two are the same."""


@dataclass(frozen=True, slots=True)
class FeedEventQuery:
    """Events of a feed and of a kind, empty for any; `after` is the last event of the page before."""

    limit: int
    feed: str = ""
    kind: str = ""
    after: Place | None = None


class FeedEvents(NamedTuple):
    """What a look at the topic found; `unreadable` counts what another release, or nobody of ours, wrote there."""

    events: list[FeedEvent]
    unreadable: int


def read_events(values: Iterable[bytes | None]) -> FeedEvents:
    """The events of these records; an empty record says that one was taken away and is none."""
    events: list[FeedEvent] = []
    unreadable = 0
    for value in filter(None, values):
        try:
            events.append(FeedEvent.FromString(value))
        except DecodeError:
            unreadable += 1
    return FeedEvents(events, unreadable)


def place_of_event(event: FeedEvent) -> Place:
    """Where an event stands."""
    return event.at_ms, event.event_id


def page_of_events(query: FeedEventQuery, events: Iterable[FeedEvent]) -> tuple[list[FeedEvent], bool]:
    """A page of the list, and whether there are more. An event that was written twice stands there once."""
    fitting = {
        place_of_event(event): event
        for event in events
        if query.feed in ("", event.feed_id) and query.kind in ("", event.kind)
    }
    places = sorted((place for place in fitting if query.after is None or place < query.after), reverse=True)
    return [fitting[place] for place in places[: query.limit]], len(places) > query.limit
