"""Vehicles over TCP: one framer and one reader a connection."""

from typing import Final

from lantian_ingest.decoders.vehicle.frame import Framer, Kind, Piece
from lantian_ingest.decoders.vehicle.quirks import Quirk
from lantian_ingest.decoders.vehicle.reader import Reader
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.intake import Intake
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import Outcome
from lantian_ingest.settings import IngestSettings
from lantian_ingest.transports import listener
from lantian_ingest.transports.activation import Activations
from lantian_ingest.transports.admission import context, networks
from lantian_ingest.transports.vehicle_judge import PROTOCOL, Judged, VehicleJudge
from lantian_kit.clock import Clock

SENDERS_REMEMBERED: Final = 64  # dialects a connection learns; a platform's link carries many vehicles
SAFE: Final = (Outcome.ACCEPTED, Outcome.DUPLICATE)


class Connection(listener.Connection):
    """One terminal, or one platform."""

    __slots__ = ("_framer", "_owner", "_reader")

    def __init__(self, owner: "VehicleListener") -> None:
        super().__init__(owner)
        self._owner = owner
        self._framer = Framer(owner.largest_frame)
        self._reader = Reader(SENDERS_REMEMBERED)

    def data_received(self, data: bytes) -> None:
        self.heard = self._listener.time()
        late = False
        for piece in self._framer.feed(data):
            late = self._owner.take(piece, self._reader, self) or late
        self._throttle(late)

    @property
    def pending(self) -> bool:
        """True while bytes wait for the rest of a frame."""
        return self._framer.pending > 0

    def taken(self) -> None:
        """One piece of this link is on its way."""
        self._in_flight += 1

    def expire(self) -> None:
        for piece in self._framer.expire():
            self._owner.take(piece, self._reader, self)


class VehicleListener(listener.Listener[Connection]):
    """Accepts terminals and platforms; closes the idle, gives up on unfinished frames, refuses over the limit."""

    name = "vehicle listener"
    protocol = PROTOCOL

    def __init__(
        self,
        intake: Intake,
        judge: VehicleJudge,
        duplicates: Duplicates,
        clock: Clock,
        metrics: IngestMetrics,
        settings: IngestSettings,
        activations: Activations,
    ) -> None:
        super().__init__(intake, metrics, settings, networks(settings.vehicle_addresses))
        self.largest_frame = settings.vehicle_largest_frame_bytes
        self.replies = metrics.replies.labels(PROTOCOL)
        self._judge = judge
        self._activations = activations
        self._duplicates = duplicates
        self._clock = clock
        self._quirks = {quirk: metrics.quirks.labels(quirk) for quirk in Quirk}
        self._bytes = {kind: metrics.bytes.labels(PROTOCOL, kind.name.lower()) for kind in Kind}

    def take(self, piece: Piece, reader: Reader, link: Connection) -> bool:
        """Takes one piece, also garbage: every byte of a vehicle's stream has a counted outcome. True: back-fill."""
        self._bytes[piece.kind].inc(len(piece.raw))
        read = reader.read(piece)
        for quirk in read.quirks:
            self._quirks[quirk].inc()
        self.metrics.verdicts.labels(PROTOCOL, str(read.verdict)).inc()
        judged = self._judge.judge(piece, read, link.peer, self._clock.now_ms())
        after = None
        if judged.sent is not None and judged.arrival.outcome is Outcome.DUPLICATE:
            after = self._duplicates.safe(judged.sent)
        link.taken()
        self.intake.take(judged.arrival, lambda outcome: self._settled(judged, outcome, link), after)
        return judged.arrival.late

    def _settled(self, judged: Judged, outcome: Outcome, link: Connection) -> None:
        arrival = judged.arrival
        if judged.sent is not None and judged.key is not None and arrival.outcome is Outcome.ACCEPTED:
            if outcome is Outcome.ACCEPTED:
                self._duplicates.acknowledged(judged.sent)
            else:
                self._duplicates.failed(arrival.feed, judged.key, judged.sent)
        if outcome in SAFE and judged.answer is not None and link.open:
            self.replies.inc()
            link.answer(judged.answer)
        if outcome in SAFE and judged.activation is not None:
            self._activations.ask(judged.activation, link)
        link.settled()

    async def start(self) -> None:
        settings = self._settings
        tls = context(settings.vehicle_tls_certificate, settings.vehicle_tls_key, settings.vehicle_tls_clients)
        await self._listen(lambda: Connection(self), settings.vehicle_host, settings.vehicle_port, tls)

    async def stop(self) -> None:
        await super().stop()
        await self._activations.stop()

    @property
    def pending(self) -> bool:
        """True while some connection has sent half a frame."""
        return any(connection.pending for connection in self._connections)

    def sweep(self, now: float) -> None:
        """Half a frame is given up after `frame_seconds` of silence: only the next header tells a wrong length from a
        wrong check byte, and a vehicle that has sent its last frame sends no header.
        """
        for connection in list(self._connections):
            if connection.paused:
                continue
            if connection.pending and now - connection.heard > self._settings.frame_seconds:
                connection.expire()
            self._close_idle(connection, now)
