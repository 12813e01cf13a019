"""The inspection teams' side of the demo: takes webhooks, verifies them, keeps each delivery."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

from lantian_simulator.checker import WebhookSeen

PATH = "/hooks/{team}"


@dataclass(frozen=True)
class Delivery:
    """One webhook with a right signature: its id, the team's path, when it came (wall ms) and what it said."""

    webhook_id: str
    team: str
    wall_ms: int
    body: dict[str, Any]

    @property
    def issue_id(self) -> str:
        """The issue it is about."""
        return str(self.body["data"]["issue"]["id"])

    @property
    def kind(self) -> str:
        """`issue.registered` and so on."""
        return str(self.body["type"])

    def time_ms(self, name: str) -> int | None:
        """A time of the lead in suite ms: started, ended, received or detected; None where it has none."""
        text = self.body["data"]["times"].get(name)
        return None if text is None else int(datetime.fromisoformat(text).timestamp() * 1000)

    def seen(self) -> WebhookSeen:
        """As the checker wants it."""
        return WebhookSeen(self.webhook_id, self.issue_id)


Listener = Callable[[Delivery, bool], Awaitable[None]]
"""Told of each delivery and whether its id is new."""


class Receiver:
    """An HTTP server at `address` that answers 204 to what it could verify and 401 to what it could not."""

    def __init__(self, secret: str, wall_ms: Callable[[], int], listener: Listener | None = None) -> None:
        """`secret` as notify holds it, with its whsec_ prefix."""
        self.deliveries: list[Delivery] = []
        self.refused = 0
        self.address = ""
        self._webhook = Webhook(secret)
        self._wall_ms = wall_ms
        self._listener = listener
        self._known: set[str] = set()
        self._came = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def ids(self) -> int:
        """Webhook ids received; a repeated delivery counts once."""
        return len(self._known)

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one."""
        app = web.Application()
        app.add_routes([web.post(PATH, self._take), web.get("/", self._show)])
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = self._runner.addresses[0]
        self.address = f"http://{bound[0]}:{bound[1]}"

    async def next(self, wanted: Callable[[Delivery], bool], seconds: float = 60.0) -> Delivery:
        """The first delivery that is wanted, past or to come. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                found = next((delivery for delivery in self.deliveries if wanted(delivery)), None)
                if found is not None:
                    return found
                self._came.clear()
                await self._came.wait()

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            self._webhook.verify(body, dict(request.headers))
            message = json.loads(body)
            delivery = Delivery(request.headers["webhook-id"], request.match_info["team"], self._wall_ms(), message)
            new = delivery.webhook_id not in self._known and bool(delivery.issue_id)
        except (WebhookVerificationError, ValueError, KeyError, TypeError):
            self.refused += 1
            return web.Response(status=401)
        self._known.add(delivery.webhook_id)
        self.deliveries.append(delivery)
        self._came.set()
        if self._listener is not None:
            await self._listener(delivery, new)
        return web.Response(status=204)

    async def _show(self, _request: web.Request) -> web.Response:
        rows = [
            {"id": delivery.webhook_id, "team": delivery.team, "wall_ms": delivery.wall_ms, **delivery.body}
            for delivery in self.deliveries[-100:]
        ]
        return web.json_response({"ids": self.ids, "refused": self.refused, "newest": rows})
