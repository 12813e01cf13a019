"""Decides what becomes of a piece of the stream: one outcome, and the readings where there are any."""

from functools import partial
from typing import Final, NamedTuple

from lantian_ingest.decoders.hj212.checkcode import Verdict
from lantian_ingest.decoders.hj212.decode import Decoded
from lantian_ingest.decoders.hj212.frame import Kind, Piece
from lantian_ingest.decoders.hj212.habits import Habits
from lantian_ingest.decoders.hj212.outcomes import OUTCOME_OF_REASON
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.reader import NO_PROFILE, Profile, Read, Reader
from lantian_ingest.decoders.hj212.sm4 import KeyRing
from lantian_ingest.feeds import Feed, Feeds, admitted
from lantian_ingest.outcome import ACCEPTED, Outcome

PROTOCOL: Final = "hj212"
NOTHING: Final[frozenset[Quirk]] = frozenset()
_FRAME, _RIGHT = Kind.FRAME, Verdict.RIGHT  # as in outcome.py
_new: Final = tuple.__new__  # half the cost of the named tuple's own constructor, on the hottest path


class Judgement(NamedTuple):
    """What a piece is; `feed` and `decoded` are both there exactly when the outcome is accepted.

    Whether an accepted frame is a duplicate is for the pipeline to say. `mn` is as sent, empty where none was read.
    `start_ms` is the start of the period its DataTime names; values are in the factors' units.
    """

    outcome: Outcome
    verdict: Verdict
    mn: str
    edition: int | None
    quirks: frozenset[Quirk]
    reason: str
    feed: Feed | None = None
    decoded: Decoded | None = None
    start_ms: int = 0


class Judge:
    """Judges pieces of kind frame, garbage and too large; blanks and rests are no frames and need no judgement."""

    def __init__(
        self, feeds: Feeds, reader: Reader, *, habits: Habits | None = None, keys: KeyRing | None = None
    ) -> None:
        self._feeds = feeds
        self._reader = reader
        self._habits = Habits() if habits is None else habits
        self._keys = KeyRing() if keys is None else keys

    def judge(self, piece: Piece, now_ms: int) -> Judgement:
        """The judgement at a suite time, ms since 1970 UTC; never raises.

        Unknown MN, wrong password and a feed out of its validity are one outcome: the sender must not learn which.
        """
        if piece.kind is not _FRAME:
            large = piece.kind is Kind.TOO_LARGE
            outcome = Outcome.TOO_LARGE if large else Outcome.MALFORMED
            return Judgement(outcome, Verdict.NONE, "", None, NOTHING, "too-large" if large else "no-frame")
        decoded = self._reader.quick(piece)
        if decoded is not None:
            feed = self._feeds.find(decoded.shape.head.mn, PROTOCOL, now_ms)
            if feed is None or not feed.codes:  # known layouts know nothing of a feed's own codes
                quirks = decoded.shape.quirks.union(piece.quirks) if piece.quirks else decoded.shape.quirks
                return self._allowed(decoded, _RIGHT, quirks, feed)
        read = self._reader.read(piece, partial(self._profile, now_ms))
        if read.decoded is None:
            return self._refused(read, now_ms)
        mn = read.decoded.shape.head.mn
        feed = self._feeds.find(mn, PROTOCOL, now_ms)
        judgement = self._allowed(read.decoded, read.verdict, read.quirks, feed)
        if judgement.outcome is ACCEPTED and feed is not None:
            if not feed.codes:
                self._reader.accepted(piece, read)
            if read.key is not None:
                self._keys.used(mn, read.key)
        return judgement

    def _profile(self, now_ms: int, mn: str) -> Profile:
        feed = self._feeds.find(mn, PROTOCOL, now_ms)
        return NO_PROFILE if feed is None else Profile(feed.codes, self._keys.keys(mn))

    def _allowed(self, decoded: Decoded, verdict: Verdict, quirks: frozenset[Quirk], feed: Feed | None) -> Judgement:
        head = decoded.shape.head
        if not admitted(feed, head.pw) or feed is None:
            return Judgement(Outcome.UNKNOWN_FEED, verdict, head.mn, head.edition, quirks, "unknown-feed")
        settled = self._habits.settle(decoded, feed.known)
        if settled.quirks:
            quirks = quirks | settled.quirks
        found = (feed, settled.decoded, settled.start_ms)
        return _new(Judgement, (ACCEPTED, verdict, head.mn, head.edition, quirks, "", *found))

    def _refused(self, read: Read, now_ms: int) -> Judgement:
        outcome, reason = OUTCOME_OF_REASON[read.reason], read.reason
        if read.frame is None:
            return Judgement(outcome, read.verdict, "", None, read.quirks, reason)
        head = read.frame.head
        if outcome is Outcome.UNSUPPORTED:
            feed = self._feeds.find(head.mn, PROTOCOL, now_ms)
            if not admitted(feed, head.pw) or feed is None:
                outcome, reason = Outcome.UNKNOWN_FEED, "unknown-feed"
        return Judgement(outcome, read.verdict, head.mn, head.edition, read.quirks, reason)
