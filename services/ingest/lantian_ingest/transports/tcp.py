"""HJ 212 over TCP: one framer a connection; half frames have a time of their own."""

from typing import Final

from lantian_ingest.decoders.hj212.frame import Framer
from lantian_ingest.judge import PROTOCOL
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.pipeline import Pipeline
from lantian_ingest.settings import IngestSettings
from lantian_ingest.transports import listener
from lantian_ingest.transports.admission import context, networks

GIVEN_UP_AT_MOST: Final = 3


class Connection(listener.Connection):
    """One device. Holds an unfinished frame and a few numbers."""

    __slots__ = ("_framer", "_late", "_pipeline", "given_up", "since")

    def __init__(self, owner: "TcpListener") -> None:
        super().__init__(owner)
        self._pipeline = owner.pipeline
        self._framer = Framer(owner.largest_segment)
        self._late = False
        self.given_up = 0  # unfinished frames in a row whose time ran out
        self.since: float | None = None  # when the unfinished frame began

    def data_received(self, data: bytes) -> None:
        self.heard = self._listener.time()
        pieces = self._framer.feed(data)
        if pieces:
            self.given_up = 0
            self._in_flight += self._pipeline.take(pieces, self)
        if not self._framer.pending:
            self.since = None
        elif self.since is None:
            self.since = self.heard
        late, self._late = self._late, False
        self._throttle(late)

    def expire(self) -> None:
        self._in_flight += self._pipeline.take(self._framer.expire(), self)
        self.since = None

    def late(self) -> None:
        self._late = True

    def _reads_on(self) -> None:
        if self.since is not None:
            self.since = self.heard  # it was we who did not read the rest


class TcpListener(listener.Listener[Connection]):
    """Accepts devices; closes the idle, gives up on unfinished frames, refuses connections over the limit."""

    name = "hj212 listener"
    protocol = PROTOCOL

    def __init__(self, pipeline: Pipeline, metrics: IngestMetrics, settings: IngestSettings) -> None:
        super().__init__(pipeline.intake, metrics, settings, networks(settings.hj212_addresses))
        self.pipeline = pipeline
        self.largest_segment = settings.hj212_largest_segment_bytes

    async def start(self) -> None:
        settings = self._settings
        tls = context(settings.hj212_tls_certificate, settings.hj212_tls_key, settings.hj212_tls_clients)
        await self._listen(lambda: Connection(self), settings.hj212_host, settings.hj212_port, tls)

    def sweep(self, now: float) -> None:
        self.pipeline.look_for_missing()
        for connection in list(self._connections):
            if connection.paused:
                continue
            if connection.since is not None and now - connection.since > self._settings.frame_seconds:
                connection.expire()
                connection.given_up += 1
                if connection.given_up >= GIVEN_UP_AT_MOST:
                    self.reasons.setdefault(connection, "slow-sender")
                    connection.close()
            self._close_idle(connection, now)
