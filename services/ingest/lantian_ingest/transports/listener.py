"""What every listener of devices over TCP does alike: connections bounded in time, size and number, and their end.

A protocol adds how bytes become pieces, when the rest of a frame is given up, and what is answered.
"""

import asyncio
import resource
import socket as sockets
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

import structlog

from lantian_ingest.intake import Intake
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.settings import IngestSettings
from lantian_ingest.transports.admission import Network, allowed

SWEEP_SECONDS: Final = 1.0
BACKLOG: Final = 1024  # connections not accepted yet, all devices may come back at once: half a second of work
ACCEPTED_AT_ONCE: Final = 32  # then frames have their turn: else thousands wait for the last one to be accepted
READ_BYTES: Final = 8192  # at once from one peer, some forty frames: then the others have their turn
FILES_BESIDE: Final = 512  # Kafka, HTTP, the spool
ANSWERS_HELD_BYTES: Final = 65_536  # a peer that does not read its answers is cut off


C = TypeVar("C", bound="Connection")


class Connection(asyncio.Protocol, ABC):
    """One peer. Timers are the listener's."""

    __slots__ = (
        *("_answers", "_half_closed", "_in_flight", "_listener", "_paused", "_transport"),
        *("address", "heard", "peer"),
    )

    def __init__(self, listener: "Listener[Any]") -> None:
        self._listener = listener
        self._transport: asyncio.Transport | None = None
        self._in_flight = 0
        self._answers: list[bytes] = []  # of this turn of the loop: they go out together
        self._paused = False
        self._half_closed = False
        self.address = self.peer = "unknown"
        self.heard = 0.0

    @abstractmethod
    def expire(self) -> None:
        """What was waiting for the rest of a frame is taken as it is."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.max_size = READ_BYTES  # type: ignore[attr-defined]  # of asyncio's own, 256 KB: a second of work
        name = transport.get_extra_info("peername")
        if isinstance(name, tuple):
            self.address, self.peer = str(name[0]), f"{name[0]}:{name[1]}"
        self.heard = self._listener.time()
        self._listener.opened(self)

    def eof_received(self) -> bool:
        """The peer sends no more; answers still go out, then the connection is closed; with TLS at once."""
        self._half_closed = True
        self.expire()
        self._close_when_done()
        return self._transport is not None and self._transport.get_extra_info("sslcontext") is None

    def connection_lost(self, exc: Exception | None) -> None:
        self.expire()
        self._transport = None
        self._listener.lost(self)

    @property
    def open(self) -> bool:
        """True while it can be written to."""
        return self._transport is not None and not self._transport.is_closing()

    def answer(self, frame: bytes) -> None:
        """Sends an answer with the others of this turn; nothing happens when the connection is gone."""
        if not self._answers:
            self._listener.answers_later(self)
        self._answers.append(frame)

    def write_answers(self) -> None:
        """Sends what there is."""
        answers, self._answers = self._answers, []
        transport = self._transport
        if not answers or transport is None or transport.is_closing():
            return
        transport.write(b"".join(answers))
        if transport.get_write_buffer_size() > ANSWERS_HELD_BYTES:
            self.cut("slow-reader")

    def settled(self) -> None:
        """One piece of this connection has its outcome."""
        self._in_flight -= 1
        if self._paused and not self._listener.intake.full and self._in_flight <= self._listener.in_flight // 2:
            self._resume()
        self._close_when_done()

    def _throttle(self, late: bool) -> None:
        """Stops reading when too much is under way; `late`: what just came goes by the lane of back-fill."""
        full = self._listener.intake.full
        many = self._in_flight >= self._listener.in_flight or (late and self._listener.intake.late_full)
        # Without anything under way nothing would settle, and nobody would read on.
        if self._paused or not self.open or not (full or (many and self._in_flight)):
            return
        self.stop_reading()
        self._listener.metrics.paused.labels(self._listener.protocol).inc()
        if full:
            self._listener.intake.when_room(self._resume)

    def _resume(self) -> None:
        if self._paused and not self._listener.stopping:
            self._paused = False
            self.heard = self._listener.time()
            self._reads_on()
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def _reads_on(self) -> None:
        """Reading goes on after a pause; a protocol that times its frames begins anew."""

    def _close_when_done(self) -> None:
        if self._half_closed and not self._in_flight:
            self.close()

    @property
    def paused(self) -> bool:
        """True while the connection is not read; its silence is then not the peer's."""
        return self._paused

    def stop_reading(self) -> None:
        """Takes no more in; answers still go out."""
        if self._transport is not None and not self._transport.is_closing() and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def close(self) -> None:
        """Ends the connection after its answers have gone out."""
        self.write_answers()
        if self._transport is not None:
            self._transport.close()

    def cut(self, reason: str) -> None:
        """Ends the connection at once."""
        self._listener.reasons[self] = reason
        if self._transport is not None:
            self._transport.abort()


class Listener(ABC, Generic[C]):
    """Accepts peers, refuses those over the limits, sweeps; a part of the process."""

    name: ClassVar[str]
    protocol: ClassVar[str]

    def __init__(
        self, intake: Intake, metrics: IngestMetrics, settings: IngestSettings, networks: Sequence[Network]
    ) -> None:
        self.failure: asyncio.Future[None] | None = None
        self.intake = intake
        self.metrics = metrics
        self.in_flight = settings.connection_in_flight_frames
        self.reasons: dict[Connection, str] = {}
        self.stopping = False
        self._settings = settings
        self._networks = networks
        self._by_address: dict[str, int] = {}
        self._connections: set[C] = set()
        self._answering: list[Connection] = []
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    @abstractmethod
    async def start(self) -> None:
        """Listens, by `_listen`. Raises OSError when the address is taken or a certificate can not be read."""

    @abstractmethod
    def sweep(self, now: float) -> None:
        """One look at all connections; `now` on the loop's clock, seconds."""

    async def _listen(self, made: Callable[[], C], host: str, port: int, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        self.time = loop.time
        _allow_files(self._settings.connections_at_most)
        socket = _socket(host, port)
        self._server = await loop.create_server(
            made,
            sock=socket,
            backlog=ACCEPTED_AT_ONCE,
            ssl=tls,
            ssl_handshake_timeout=self._settings.frame_seconds if tls is not None else None,
        )
        socket.listen(BACKLOG)  # asyncio takes one number for both
        self._sweeper = asyncio.create_task(self._sweep(), name=f"{self.name} sweeper")
        structlog.get_logger().info("listening", protocol=self.protocol, port=self.port)

    async def stop(self) -> None:
        """Takes no more in, answers what is under way, then closes the connections."""
        self.stopping = True
        if self._server is not None:
            self._server.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        for connection in list(self._connections):
            connection.stop_reading()
        await self.intake.drain()
        for connection in list(self._connections):
            self.reasons.setdefault(connection, "shutdown")
            connection.close()
        await asyncio.sleep(0)

    @property
    def port(self) -> int:
        """The port bound, also where the setting is 0."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("not listening")
        return int(self._server.sockets[0].getsockname()[1])

    def probe(self) -> str | None:
        """For readiness: None while it listens."""
        return None if self._server is not None and self._server.is_serving() else "not listening"

    def opened(self, connection: C) -> None:
        """A connection was made; it is cut when it may not be here, or there are too many."""
        self._connections.add(connection)
        count = self._by_address[connection.address] = self._by_address.get(connection.address, 0) + 1
        self.metrics.connections.labels(self.protocol).set(len(self._connections))
        if self._networks and not allowed(self._networks, connection.address):
            connection.cut("not-allowed")
        elif len(self._connections) > self._settings.connections_at_most:
            connection.cut("over-limit")
        elif count > self._settings.connections_per_address_at_most:
            connection.cut("over-address-limit")

    def lost(self, connection: C) -> None:
        """A connection is gone."""
        self._connections.discard(connection)
        self._by_address[connection.address] -= 1
        if not self._by_address[connection.address]:
            del self._by_address[connection.address]
        self.metrics.connections.labels(self.protocol).set(len(self._connections))
        self.metrics.closed.labels(self.protocol, self.reasons.pop(connection, "peer")).inc()

    def answers_later(self, connection: Connection) -> None:
        """It has answers to write at the end of this turn of the loop."""
        if not self._answering:
            asyncio.get_running_loop().call_soon(self._answer)
        self._answering.append(connection)

    def _answer(self) -> None:
        answering, self._answering = self._answering, []
        for connection in answering:
            connection.write_answers()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(self.time())

    def _close_idle(self, connection: C, now: float) -> None:
        if now - connection.heard > self._settings.idle_seconds:
            self.reasons.setdefault(connection, "idle")
            connection.close()


def _socket(host: str, port: int) -> sockets.socket:
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    dual = family == sockets.AF_INET6 and sockets.has_dualstack_ipv6()
    made = sockets.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=dual)
    made.setblocking(False)
    return made


def _allow_files(connections: int) -> None:
    """Raises the limit of open files as far as this process may, and says so when it is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + FILES_BESIDE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft < wanted:
        structlog.get_logger().warning("fewer open files are allowed than connections", files=soft, wanted=wanted)
