"""One address for the console: each path goes to the service that answers it, as the ingress of a cluster does.

Knows nothing of HTTP but the head of a request; a connection carries one request, so that none goes the wrong way.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from lantian_local.ports import HOST

ROUTES: Final = (
    ("/v1/stream", "notify"),
    ("/v1/deliveries", "notify"),
    ("/v1/unserved", "notify"),
    ("/v1/calls", "notify"),
    ("/v1/silences", "notify"),
    ("/v1/routes", "notify"),
    ("/v1/templates", "notify"),
    ("/a", "notify"),
    ("/v1/rules", "alerts"),
    ("/v1/limits", "alerts"),
    ("/v1/feeds", "ingest"),
    ("/v1/commands", "ingest"),
    ("/v1/readings", "ingest"),
    ("/v1/air/index", "alerts"),
    ("/v1/about/ingest", "ingest"),
    ("/v1/about/alerts", "alerts"),
    ("/v1/about/notify", "notify"),
)
"""Beginnings of paths and who answers them; everything else is for tasks.

deploy/compose/front.conf and deploy/k8s/base/front.yaml say the same; a test holds the three together.
"""
LARGEST_HEAD: Final = 64 * 1024
PIECE: Final = 64 * 1024
AWAY: Final = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n"
    b"Connection: close\r\n\r\n{}"
)


def service_of(path: str) -> str:
    """Who answers a path."""
    bare = path.partition("?")[0]
    fits = (service for begin, service in ROUTES if bare == begin or bare.startswith((f"{begin}/", f"{begin}:")))
    return next(fits, "tasks")


def one_request(head: bytes) -> bytes:
    """The head of a request after which the connection ends."""
    first, *rest = head.rstrip(b"\r\n").split(b"\r\n")
    kept = [line for line in rest if line.partition(b":")[0].lower() not in (b"connection", b"keep-alive")]
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])


class Front:
    """Listens on `port`; `backends` are the ports of the services that run."""

    def __init__(self, port: int, backends: Mapping[str, int]) -> None:
        self._port = port
        self._backends = backends
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._stopped = False

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._accept, HOST, self._port, limit=LARGEST_HEAD)

    async def stop(self) -> None:
        """Ends every connection."""
        self._stopped = True
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*list(self._open), return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._stopped:  # the loop was about to hand it over when the stop came
            writer.close()
            return
        # No coroutine: asyncio's streams would make a task of their own of it, which stop() knows only once it has
        # begun, and would report it as an error when it is cancelled before.
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._open.discard(task)
            writer.close()

        task.add_done_callback(ended)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Left out: the browser has gone, or sent no request.
        with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            await self._pass_on(reader, writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        words = head.split(b"\r\n", 1)[0].split(b" ")
        port = self._backends.get(service_of(words[1].decode("ascii", "replace"))) if len(words) == 3 else None
        try:
            if port is None:
                raise ConnectionRefusedError
            answer, ask = await asyncio.open_connection(HOST, port)
        except OSError:
            writer.write(AWAY)
            await writer.drain()
            return
        ask.write(one_request(head))
        upwards = asyncio.create_task(_pump(reader, ask))
        try:
            await _pump(answer, writer)
        finally:
            upwards.cancel()
            await asyncio.gather(upwards, return_exceptions=True)
            ask.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await writer.drain()
