"""HJ 212: from a piece of the stream to the answer: judge, hand over, answer when all of it is safe."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

from lantian_ingest.arrival import Arrival
from lantian_ingest.decoders.hj212.checkcode import Verdict
from lantian_ingest.decoders.hj212.decode import Decoded
from lantian_ingest.decoders.hj212.frame import Kind, Piece
from lantian_ingest.decoders.hj212.packets import Joined, Joiner
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.reply import answer
from lantian_ingest.decoders.hj212.times import DIGITS, instant_ms
from lantian_ingest.dialogue.hearing import RECORDS, Hearing
from lantian_ingest.duplicates import REPEATED, REVISED, Duplicates, Key, Sent
from lantian_ingest.feeds import DAY_MS, HOUR_MS, Feed
from lantian_ingest.intake import Intake
from lantian_ingest.judge import PROTOCOL, Judge, Judgement
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import ACCEPTED, DUPLICATE, Outcome
from lantian_ingest.packer import Readings
from lantian_ingest.site_events import Statements
from lantian_kit.clock import Clock
from lantian_proto.readings import Edition, Period
from lantian_proto.v1.site_event_pb2 import SiteEvent

JOIN_MS: Final = 1000
NO_FRAME: Final = frozenset({Kind.BLANK, Kind.REST})
EDITIONS: Final[dict[int | None, str]] = {None: "", **{edition: str(int(edition)) for edition in Edition}}
PERIOD_MS: Final = {Period.REAL_TIME: 0, Period.MINUTE: HOUR_MS // 6, Period.HOUR: HOUR_MS, Period.DAY: DAY_MS}


class Link(Protocol):
    """The connection a frame came on."""

    @property
    def peer(self) -> str:
        """Address and port of the sender."""

    def answer(self, frame: bytes) -> None:
        """Sends an answer; nothing happens when the connection is gone."""

    @property
    def open(self) -> bool:
        """True while it can be written to."""

    def settled(self) -> None:
        """One frame of this link has its outcome."""

    def late(self) -> None:
        """A frame of this link goes by the lane of back-fill, where it may wait."""


class Pipeline:
    """Takes pieces in, in order; every frame among them ends in one counted outcome.

    Promise: an answer leaves only after intake says that the frame's bytes and readings are safe. A frame that is not
    gets no answer and is forgotten, so that the device's resend is taken as new.
    """

    name = "pipeline"
    failure: "asyncio.Future[None] | None" = None

    def __init__(
        self,
        intake: Intake,
        judge: Judge,
        duplicates: Duplicates,
        clock: Clock,
        metrics: IngestMetrics,
        *,
        late_seconds: float = 3600.0,
        hearing: Hearing | None = None,
    ) -> None:
        self.intake = intake
        self._judge = judge
        self._duplicates = duplicates
        self._clock = clock
        self._metrics = metrics
        self._statements = Statements()
        self._joiner = Joiner()
        self._join_ms = 0  # when to look for late sets next
        self._hearing = hearing
        self._late_ms = int(late_seconds * 1000)
        tallies = metrics.tallies
        self._bytes = {kind: tallies.of(metrics.bytes.labels(PROTOCOL, kind.name.lower())) for kind in Kind}
        self._quirks = {quirk: tallies.of(metrics.quirks.labels(quirk)) for quirk in Quirk}
        self._verdicts = {verdict: tallies.of(metrics.verdicts.labels(PROTOCOL, verdict)) for verdict in Verdict}
        self._replies = tallies.of(metrics.replies.labels(PROTOCOL))

    def take(self, pieces: Sequence[Piece], link: Link) -> int:
        """Takes what came together; the rest happens by itself. Returns the number of frames: of each its link will be
        told `settled`.
        """
        now = self._clock.now_ms()
        arrivals = []
        for piece in pieces:
            self._bytes[piece.kind].add(len(piece.raw))
            if piece.kind not in NO_FRAME:
                arrivals.append(self._arrival(piece, link, now))
        if arrivals:
            self.intake.take_all(arrivals)
        return len(arrivals)

    def _arrival(
        self, piece: Piece, link: Link, now: int
    ) -> "tuple[Arrival, Callable[[Outcome], None], asyncio.Future[bool] | None]":
        """What one frame is, whom its outcome is told, and the record it has to wait for as its resend."""
        judgement = self._judge.judge(piece, now)
        outcome, quirks, decoded = judgement.outcome, judgement.quirks, judgement.decoded
        key: Key | None = None
        sent: Sent | None = None
        readings: tuple[Readings, ...] = ()
        events: Sequence[SiteEvent] = ()
        late = False
        if decoded is not None and judgement.feed is not None:
            head = decoded.shape.head
            if decoded.values or decoded.events:  # a notice is no record: every one is new
                key = (head.cn, decoded.time_ms, head.pno)
                content = hash(piece.segment[piece.segment.find(b"CP=") :])
                novelty, sent = self._duplicates.see(head.mn, key, content)
                if head.pnum is not None and head.pnum > 1:
                    self._join(decoded, now)
                late = head.resent or now - decoded.time_ms > self._late_ms + PERIOD_MS[decoded.shape.period]
                if novelty is REPEATED:
                    outcome = DUPLICATE
                else:
                    readings = self._readings(judgement, judgement.feed, now)
                    events = self._statements.news(decoded, piece.raw, head.mn, judgement.feed.source_id, now)
                    if novelty is REVISED:
                        quirks = quirks | {Quirk.REVISED}
            self._look_at_clock(decoded.qn, head.mn, now)
            if self._hearing is not None:
                self._hearing.heard(judgement.feed, decoded, link, now)
        for quirk in quirks:
            self._quirks[quirk].add()
        self._verdicts[judgement.verdict].add()
        if late:
            link.late()
        arrival = Arrival(
            PROTOCOL,
            piece.raw,
            judgement.mn,
            link.peer,
            outcome,
            now,
            judgement.reason,
            judgement.verdict,
            EDITIONS[judgement.edition],
            readings,
            late,
            quirks,
            site_events=events,
        )
        after = self._duplicates.safe(sent) if sent is not None and outcome is DUPLICATE else None
        return arrival, partial(self._settled, judgement, key, sent, link, outcome), after

    def _readings(self, judgement: Judgement, feed: Feed, now: int) -> tuple[Readings, ...]:
        decoded = judgement.decoded
        if decoded is None or not decoded.values:
            return ()
        shape = decoded.shape
        return (
            Readings(  # by place: names cost a quarter more
                feed.source_id,
                shape.factors,
                shape.stats,
                shape.period,
                judgement.start_ms,
                decoded.values,
                decoded.flags,
                now,
                shape.head.edition,
                0,
            ),
        )

    def _join(self, decoded: Decoded, now: int) -> None:
        """Notes a part of a set of sub-packets, also one that was sent again; every part is read and kept by itself."""
        for joined in self._joiner.add(decoded, now):
            self._joined(joined, now)

    def look_for_missing(self) -> None:
        """Gives up sets of sub-packets whose time ran out; called now and then, whether anything comes in or not."""
        if len(self._joiner) and (now := self._clock.now_ms()) >= self._join_ms:
            self._join_ms = now + JOIN_MS
            for joined in self._joiner.expire(now):
                self._joined(joined, now)

    def _joined(self, joined: Joined, now: int) -> None:
        """A set that ended without all of its parts is counted, shown with its feed and said."""
        if not joined.complete:
            self._quirks[Quirk.PACKETS_MISSING].add()
            self.intake.sightings.quirk(joined.key[0], Quirk.PACKETS_MISSING)
            if self._hearing is not None:
                self._hearing.incomplete(joined, now)

    def _look_at_clock(self, qn: str, mn: str, now: int) -> None:
        """The sender's clock, by the time in its request number, now and then."""
        seen = self.intake.sightings.clock_due(mn, now)
        if seen is not None and (at := instant_ms(qn[:DIGITS])) is not None:
            seen.skew_ms, seen.skew_seen_ms = at - now, now

    def _settled(
        self, judgement: Judgement, key: Key | None, sent: Sent | None, link: Link, judged: Outcome, outcome: Outcome
    ) -> None:
        if sent is not None and key is not None and judged is ACCEPTED:
            if outcome is ACCEPTED:
                self._duplicates.acknowledged(sent)
            else:
                self._duplicates.failed(judgement.mn, key, sent)
                self._statements.forget(judgement.mn)
        if (outcome is ACCEPTED or outcome is DUPLICATE) and judgement.decoded is not None:
            frame = answer(judgement.decoded.qn, judgement.decoded.shape.head)
            if frame is not None:
                link.answer(frame)
                self._replies.add()
        if self._hearing is not None:
            self._tell(self._hearing, judgement, link, outcome)
        link.settled()

    def _tell(self, hearing: Hearing, judgement: Judgement, link: Link, outcome: Outcome) -> None:
        if outcome is ACCEPTED and judgement.feed is not None and judgement.decoded is not None:
            if judgement.decoded.shape.head.cn in RECORDS:  # most frames are none: a clock costs as much as a count
                hearing.safe(judgement.feed, judgement.decoded, self._clock.now_ms())
        elif outcome is Outcome.UNKNOWN_FEED:
            hearing.stranger(judgement.mn, link.peer)
