"""What becomes of a vehicle's frame: one outcome, readings under the registered source, an answer, and no identity."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final, NamedTuple

from lantian_ingest.arrival import Arrival
from lantian_ingest.decoders.records.times import AHEAD_MS
from lantian_ingest.decoders.vehicle.activation import Filed, chip_of
from lantian_ingest.decoders.vehicle.decode import Command, Decoded
from lantian_ingest.decoders.vehicle.envelope import HEADER, HEADER_BYTES, Envelope
from lantian_ingest.decoders.vehicle.frame import Piece
from lantian_ingest.decoders.vehicle.outcomes import OUTCOMES
from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_ingest.decoders.vehicle.quirks import Quirk, Reason
from lantian_ingest.decoders.vehicle.reader import Read, duplicate_key
from lantian_ingest.decoders.vehicle.readings import Readings as Columns
from lantian_ingest.decoders.vehicle.replies import reply
from lantian_ingest.decoders.vehicle.session import Activation
from lantian_ingest.duplicates import Duplicates, Key, Novelty, Sent
from lantian_ingest.feeds import KIND, Feed, Feeds
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Readings
from lantian_ingest.sealing import Sealer, Span, likely
from lantian_ingest.transports.activation import Asked
from lantian_proto.readings import Edition, Period
from lantian_proto.v1.registry_pb2 import RegistryChange

PROTOCOL: Final = "vehicle"
VIN: Final = re.compile(r"[A-HJ-NPR-Za-hj-npr-z0-9]{17}")
ENCRYPTED: Final = "encrypted"
FUTURE: Final = "future"
# Empty every time, or a question: the next one is no resend of the one before.
NEVER_TWICE: Final = frozenset({Command.HEARTBEAT, Command.TIME})


class VehicleFeeds:
    """Registered vehicles by the pseudonym of their VIN; hand `apply` to a CompactedTable.

    A feed's id in the registry is the VIN, or the pseudonym where even registry.v1 must not show it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._feeds = Feeds()
        self._names: dict[str, str] = {}  # VIN as the registry has it, to its pseudonym

    def name(self, feed_id: str) -> str:
        """What a feed is called by what was seen of it: a VIN's pseudonym; the id of every other feed."""
        if VIN.fullmatch(feed_id) is None:
            return feed_id
        known = self._names.get(feed_id)
        return pseudonym(Identity.VIN, feed_id, self._key) if known is None else known

    def __len__(self) -> int:
        return len(self._feeds)

    def apply(self, key: str, value: bytes | None) -> None:
        """Takes one record; other kinds and protocols are passed over. Raises ValueError as Feeds does."""
        kind, _, id_ = key.partition("/")
        if kind != KIND or not (VIN.fullmatch(id_) or id_.startswith(f"{Identity.VIN}-")):
            return
        known = id_
        if VIN.fullmatch(id_):
            known = self._names[id_] = pseudonym(Identity.VIN, id_, self._key)
        if value is not None:
            change = RegistryChange.FromString(value)  # read before by Feeds, which says what is wrong with it
            if change.id == id_:
                change.id = known
                if change.HasField("feed"):
                    change.feed.feed_id = known
            value = change.SerializeToString()
        self._feeds.apply(f"{KIND}/{known}", value)

    def find(self, vehicle: str, at_ms: int) -> Feed | None:
        """The vehicle of a pseudonym, in force at a time; ms since 1970 UTC."""
        feed = self._feeds.find(vehicle, PROTOCOL, at_ms)
        return feed if feed is not None and feed.protocol == PROTOCOL else None

    def has_chip(self, chip: str, vehicle: str, at_ms: int) -> bool:
        """True when a chip is filed for another vehicle than this one; looks at all of them, activations are rare."""
        return any(feed.terminal_chip == chip and feed.feed_id != vehicle for feed in self._feeds.in_force(at_ms))


class Judged(NamedTuple):
    """A frame as judged; what answers it, or its `activation`, may leave only when the arrival is safe. `sent` is there
    for what may be a resend.
    """

    arrival: Arrival
    answer: bytes | None
    key: Key | None
    sent: Sent | None
    activation: Asked | None = None


class VehicleJudge:
    """Judges what Reader has read; never raises."""

    def __init__(
        self,
        feeds: VehicleFeeds,
        duplicates: Duplicates,
        key: bytes,
        sealer: Sealer,
        *,
        late_seconds: float,
        echo: bool,
    ) -> None:
        self._feeds = feeds
        self._duplicates = duplicates
        self._key = key
        self._sealer = sealer
        self._late_ms = int(late_seconds * 1000)
        self._echo = echo

    def beginning_anew(self, duplicates: Duplicates) -> "VehicleJudge":
        """The same judge with another memory of what was sent before."""
        late_seconds = self._late_ms / 1000
        return VehicleJudge(
            self._feeds, duplicates, self._key, self._sealer, late_seconds=late_seconds, echo=self._echo
        )

    def opened(self, masked: bytes, box: bytes) -> bytes:
        """The original of evidence that was sealed here. Raises SealError."""
        return self._sealer.unseal(masked, box)[0]

    def judge(self, piece: Piece, read: Read, peer: str, now_ms: int) -> Judged:
        """The judgement at a suite time, ms since 1970 UTC.

        Unknown, voided and out of validity are one outcome. A frame measured more than ten minutes ahead of our clock
        is refused: what comes from the future would end hours that have not passed.
        """
        vehicle = self._vehicle(piece, read)
        feed = self._feeds.find(vehicle, now_ms) if vehicle else None
        outcome, reason = _outcome(read, feed, now_ms)
        quirks = frozenset(str(quirk) for quirk in read.quirks)
        readings: Sequence[Readings] = ()
        late = False
        key: Key | None = None
        sent: Sent | None = None
        answer: bytes | None = None
        activation: Asked | None = None
        if outcome is Outcome.ACCEPTED and read.decoded is not None and read.frame is not None and feed is not None:
            decoded = read.decoded
            late = decoded.command is Command.RESENT or (
                decoded.time_ms is not None and now_ms - decoded.time_ms > self._late_ms
            )
            if decoded.command not in NEVER_TWICE:
                key = (duplicate_key(read.frame, decoded).hex(), 0, None)
                novelty, sent = self._duplicates.see(vehicle, key, 0)
                if novelty is Novelty.DUPLICATE:
                    outcome = Outcome.DUPLICATE
            if outcome is Outcome.ACCEPTED and read.readings is not None:
                readings = _grouped(read.readings, feed, now_ms)
            answer = reply(read.frame, now_ms, echo=self._echo)
            if isinstance(decoded.body, Activation):
                activation = self._activation(vehicle, read.frame, decoded.body, feed, now_ms)
        sealed = self._sealer.seal(piece.raw, [*_spans(piece.raw, read), *likely(piece.raw)], now_ms)
        arrival = Arrival(
            protocol=PROTOCOL,
            raw=sealed.masked,
            feed=vehicle,
            peer=peer,
            outcome=outcome,
            received_ms=now_ms,
            reason=reason,
            verdict=str(read.verdict),
            edition="" if read.frame is None else str(read.frame.protocol),
            readings=readings,
            late=late,
            quirks=quirks,
            extra=sealed.headers(),
        )
        return Judged(arrival, answer, key, sent, activation)

    def _activation(self, vehicle: str, frame: Envelope, body: Activation, feed: Feed, now_ms: int) -> Asked:
        filed = Filed(feed.terminal_chip, feed.terminal_key) if feed.terminal_chip else None
        elsewhere = filed is not None and self._feeds.has_chip(chip_of(body), vehicle, now_ms)
        return Asked(vehicle, frame, body, filed, elsewhere)

    def _vehicle(self, piece: Piece, read: Read) -> str:
        """Pseudonym of the identity in the header, also of a frame that is refused; empty without a header."""
        if read.frame is not None:
            return pseudonym(Identity.VIN, read.frame.vin, self._key)
        if HEADER.match(piece.raw) is None:
            return ""
        begin = _identity(piece.raw)
        return pseudonym(Identity.VIN, piece.raw[begin : begin + 17], self._key)


def _outcome(read: Read, feed: Feed | None, now_ms: int) -> tuple[Outcome, str]:
    if read.frame is None or (read.decoded is None and read.reason is not Reason.COMMAND):
        reason = read.reason or Reason.NO_FRAME
        return OUTCOMES.get(reason, Outcome.MALFORMED), str(reason)
    if feed is None:
        return Outcome.UNKNOWN_FEED, "unknown-feed"
    if read.decoded is None:
        return Outcome.UNSUPPORTED, str(read.reason)
    if Quirk.ENCRYPTED in read.quirks:
        return Outcome.UNSUPPORTED, ENCRYPTED
    if _latest(read.decoded, read.readings) > now_ms + AHEAD_MS:
        return Outcome.MALFORMED, FUTURE
    return Outcome.ACCEPTED, ""


def _latest(decoded: Decoded, columns: Columns | None) -> int:
    times = columns.times if columns is not None else ()
    return max((decoded.time_ms or 0, *times))


def _grouped(columns: Columns, feed: Feed, now_ms: int) -> list[Readings]:
    """The columns by time; within one they keep their order."""
    numbers = range(len(columns.factors))
    found = []
    for (time_ms, period), group in groupby(numbers, key=lambda at: (columns.times[at], columns.periods[at])):
        places = list(group)
        first, end = places[0], places[-1] + 1
        found.append(
            Readings(
                source=feed.source_id,
                factors=columns.factors[first:end],
                stats=columns.stats[first:end],
                period=Period(period),
                time_ms=time_ms,
                values=columns.values[first:end],
                flags=columns.flags[first:end],
                received_ms=now_ms,
                edition=Edition.E2017,
                seq=0,
            )
        )
    return found


def _identity(raw: bytes) -> int:
    """Where the identity begins: byte 3 is its first character, or an answer flag."""
    return 4 if raw[3] in (1, 2, 3, 4, 5, 6, 7, 0xFE) else 3


def _spans(raw: bytes, read: Read) -> list[Span]:
    """Where identities must be: header, card number of a login, user and password of a platform's login."""
    spans: list[Span] = []
    if HEADER.match(raw) is not None:
        begin = _identity(raw)
        spans.append((begin, begin + 17))
    command = read.decoded.command if read.decoded is not None else None
    if command is Command.LOGIN:
        spans.append((HEADER_BYTES + 8, HEADER_BYTES + 28))
    elif command is Command.PLATFORM_LOGIN:
        spans.append((HEADER_BYTES + 8, HEADER_BYTES + 40))
    elif command is Command.ACTIVATION:
        spans.append((HEADER_BYTES + 6, len(raw) - 1))
    return spans
