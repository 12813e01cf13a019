"""An inspection team's end of the line: a real HTTP server that checks signatures, records everything and misbehaves
when told to.
"""

import asyncio
import json
import socket
import struct
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_" + "bGFudGlhbi10ZXN0LXNlY3JldC0wMTIzNDU2Nzg5"  # base64 of plain words, for tests only


@dataclass(frozen=True)
class Answer:
    """What the receiver does with an attempt after reading it whole."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    slow: bool = False  # begins a status line and drips a byte a second, for ever
    reset: bool = False  # RST instead of an answer: the sender can not know whether it was read


OK = Answer()
SLOW_DRIP = Answer(slow=True)
RESET = Answer(reset=True)


@dataclass(frozen=True)
class Received:
    """One attempt as it arrived, by the monotonic clock; `trouble` is why the signature did not verify, or empty."""

    path: str
    query: Mapping[str, str]
    webhook_id: str
    timestamp: str
    signature: str
    host: str
    headers: Mapping[str, str]
    body: bytes
    trouble: str
    answer: Answer
    arrived: float

    @property
    def payload(self) -> dict[str, Any]:
        """The body as JSON."""
        loaded: dict[str, Any] = json.loads(self.body)
        return loaded


class LeadCollector:
    """Listens on 127.0.0.1; `async with LeadCollector() as team: ... team.url`. Wrong signatures get 401."""

    def __init__(
        self, secret: str = SECRET, port: int = 0, ssl_context: Any = None, *, signed: bool = True, ok: Answer = OK
    ) -> None:
        """`signed` False takes what carries no Standard Webhooks signature; `ok` is the answer when none was told."""
        self.attempts: list[Received] = []
        self._webhook = Webhook(secret)
        self._signed = signed
        self._ok = ok
        self._port = port
        self._ssl = ssl_context
        self._answers: dict[str, deque[Answer]] = defaultdict(deque)
        self._always: dict[str, Answer] = {}
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._ssl)
        await self._site.start()
        self._port = int(self._runner.addresses[0][1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    @property
    def url(self) -> str:
        """Address of the default path."""
        return self.url_of("/hook")

    def url_of(self, path: str) -> str:
        """Address of a path, so that one collector plays several teams."""
        return f"http{'s' if self._ssl else ''}://127.0.0.1:{self._port}{path}"

    def answer(self, *answers: Answer, path: str = "/hook") -> None:
        """The next attempts on a path are answered so, one after the other; then with 200 again."""
        self._answers[path].extend(answers)

    def always(self, answer: Answer, path: str = "/hook") -> None:
        """Every attempt on a path is answered so, until told otherwise."""
        self._always[path] = answer

    @property
    def ids(self) -> set[str]:
        """Distinct webhook ids that arrived with a right signature."""
        return {attempt.webhook_id for attempt in self.attempts if not attempt.trouble}

    def on(self, path: str) -> list[Received]:
        """Attempts on one path, in order."""
        return [attempt for attempt in self.attempts if attempt.path == path]

    async def wait_for(self, count: int, *, path: str | None = None, seconds: float = 30.0) -> list[Received]:
        """Waits until `count` attempts have arrived. Raises TimeoutError, saying how many did."""

        def there() -> list[Received]:
            return self.attempts if path is None else self.on(path)

        try:
            async with asyncio.timeout(seconds), self._changed:
                await self._changed.wait_for(lambda: len(there()) >= count)
        except TimeoutError:
            raise TimeoutError(f"{len(there())} of {count} attempts after {seconds:g} s") from None
        return there()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = dict(request.headers.items())
        trouble = ""
        try:
            if self._signed:
                self._webhook.verify(body, headers)
        except WebhookVerificationError as error:
            trouble = str(error)
        answer = Answer(401) if trouble else self._next(request.path)
        low = {name.lower(): value for name, value in headers.items()}
        self.attempts.append(
            Received(
                path=request.path,
                query=dict(request.query),
                webhook_id=low.get("webhook-id", ""),
                timestamp=low.get("webhook-timestamp", ""),
                signature=low.get("webhook-signature", ""),
                host=low.get("host", ""),
                headers=low,
                body=body,
                trouble=trouble,
                answer=answer,
                arrived=time.monotonic(),
            )
        )
        async with self._changed:
            self._changed.notify_all()
        if answer.reset:
            return _reset(request)
        if answer.slow:
            return await _drip(request)
        return web.Response(status=answer.status, headers=answer.headers, text=answer.body)

    def _next(self, path: str) -> Answer:
        waiting = self._answers[path]
        return waiting.popleft() if waiting else self._always.get(path, self._ok)


def _reset(request: web.Request) -> web.StreamResponse:
    transport = request.transport
    assert transport is not None
    handle = transport.get_extra_info("socket")
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    return web.Response()


async def _drip(request: web.Request) -> web.StreamResponse:
    transport = request.transport
    assert isinstance(transport, asyncio.WriteTransport)
    transport.write(b"HTTP/1.1 200")
    while not transport.is_closing():
        transport.write(b" ")
        await asyncio.sleep(1)
    return web.Response()
