"""What frames mean beside their readings: who is there, replies to commands, records that are missing."""

from typing import Final

from lantian_ingest.decoders.hj212.decode import Decoded
from lantian_ingest.decoders.hj212.habits import Habits
from lantian_ingest.decoders.hj212.packets import Joined
from lantian_ingest.decoders.hj212.reply import local_time
from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.gaps import DAY_MS, HOUR_MS, MINUTE_MS, Gaps
from lantian_ingest.dialogue.requests import RENEW_KEY, SET_TIME
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feed
from lantian_ingest.presence import Line, Presence
from lantian_ingest.sightings import Sightings
from lantian_proto.events import content_id
from lantian_proto.readings import Period
from lantian_proto.v1.command_pb2 import Command

RECORDS: Final = {"2051": Period.MINUTE, "2061": Period.HOUR, "2031": Period.DAY}
WANTS: Final = {"1013": SET_TIME, "1014": RENEW_KEY}  # what a device asks for by a notice
AGAIN_MS: Final = 60_000


class Hearing:
    """Called by the pipeline for every frame of a registered feed, and for the first one of a stranger."""

    def __init__(
        self,
        presence: Presence,
        desk: Desk,
        gaps: Gaps,
        events: FeedEvents,
        sightings: Sightings,
        habits: Habits | None = None,
    ) -> None:
        self._presence = presence
        self._desk = desk
        self._gaps = gaps
        self._events = events
        self._sightings = sightings
        self._habits = habits

    def heard(self, feed: Feed, decoded: Decoded, line: Line, now_ms: int) -> None:
        """A frame, before it is safe: replies and signs of life may not wait for Kafka."""
        head = decoded.shape.head
        addresses = self._presence.heard(head.mn, line, head, now_ms)
        if addresses is not None:
            self._events.two_addresses(head.mn, *addresses)
        period = RECORDS.get(head.cn)
        if period is not None:
            self._desk.record(head.mn, period, decoded.time_ms)
        elif decoded.reply is not None:
            self._desk.replied(head.mn, decoded.reply)
        elif (kind := WANTS.get(head.cn)) is not None:
            self._desk.give(
                Command(
                    command_id=content_id(head.mn, kind, str(now_ms // AGAIN_MS)),
                    feed_id=head.mn,
                    kind=kind,
                    requested_by="device",
                    requested_ms=now_ms,
                )
            )

    def safe(self, feed: Feed, decoded: Decoded, now_ms: int) -> None:
        """A record is safe. Its own label counts, start or end of the period: a recall asks in the device's labels."""
        head = decoded.shape.head
        period = RECORDS.get(head.cn)
        if period is None:
            return
        minutes = feed.minute_interval or (0 if self._habits is None else self._habits.interval_of(head.mn))
        step = {Period.MINUTE: minutes * MINUTE_MS, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}[period]
        self._gaps.seen(head.mn, period, decoded.time_ms, step, now_ms)

    def incomplete(self, joined: Joined, now_ms: int) -> None:
        """Of a set of sub-packets some did not come. The record counts as missing, so that it is asked for again."""
        mn, st, cn, time_ms, total = joined.key
        period = RECORDS.get(cn)
        if period is not None:
            self._gaps.partial(mn, period, time_ms, now_ms)
        if self._sightings.incomplete_due(mn, now_ms):
            numbers = ", ".join(str(number) for number in joined.missing if number) or "numbers that can not be"
            when = local_time(time_ms) if time_ms else "no time"
            self._events.packets_missing(mn, f"ST={st} CN={cn} DataTime={when}: of {total} packets missing {numbers}")

    def stranger(self, name: str, peer: str) -> None:
        """A frame of a sender that may not send has its outcome."""
        seen = self._sightings.get(name)
        if seen is not None and sum(seen.outcomes.values()) == 1:
            self._events.stranger(name, peer.rpartition(":")[0], "not in the registry, or a wrong password")
