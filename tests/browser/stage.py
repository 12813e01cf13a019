"""The console over the API in memory, with a campaign in the middle of its work: for pictures and quick browser tests.

The API, its rules and the catalogue are the real ones; the store is the fake that passes the real store's contract
suite. What other services answer behind the same address (stream, deliveries, feeds) is set here. The running suite has
its own tests (test_suite.py).
"""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from prometheus_client import CollectorRegistry

from lantian_alerts.api import air_routes, rule_routes
from lantian_alerts.core.registry import Registry
from lantian_alerts.outcomes.verdicts import Outcomes
from lantian_alerts.replay.desk import news_of
from lantian_alerts.rules import shipped
from lantian_kit.access.principals import Principal
from lantian_kit.clock import ManualClock
from lantian_simulator import registry
from lantian_tasks.access.principals import Access
from lantian_tasks.api import create_app
from lantian_tasks.console import add_console
from lantian_tasks.metrics import TasksMetrics
from tests.browser import campaign, operated, senders
from tests.support.tasks_access import FakeAccess, keyed, options
from tests.support.tasks_api import DATA, a_principal
from tests.support.tasks_issues import FACTS
from tests.support.tasks_operations import FakeOperations
from tests.support.tasks_store import FakeStore

DIST = Path(__file__).parents[2] / "web" / "dist"
OUTLETS = registry.outlets(80, 20260115)
PLANT = OUTLETS[campaign.PLANT]

PEOPLE: dict[str, Principal] = {
    listed.id: listed
    for listed in [
        a_principal("ministry-1", campaign.Role.MINISTRY, "生态环境部", ["000000"]),
        a_principal("province-1", campaign.Role.PROVINCE, "河北省生态环境厅", ["130000"]),
        a_principal("office-1", campaign.Role.CITY_OFFICE, "石家庄市大气办", ["130100"]),
        a_principal("team-1", campaign.Role.CITY_TEAM, "石家庄市执法队", ["130100"]),
        a_principal("team-2", campaign.Role.CITY_TEAM, "石家庄市执法队", ["130100"]),
        a_principal("plant-1", campaign.Role.ENTERPRISE, PLANT.enterprise_name, ["000000"], PLANT.enterprise_id),
        a_principal("admin-1", campaign.Role.ADMINISTRATOR, "省厅信息中心", ["000000"]),
    ]
}


@dataclass
class Elsewhere:
    """What other services answer."""

    listeners: list[asyncio.Queue[str]]
    deliveries: list[dict[str, Any]]
    feeds: list[dict[str, Any]]


class Stage:
    """`with Stage() as stage`: the console at `stage.url`, ready and filled."""

    def __init__(self, odd: str = campaign.HOSTILE) -> None:
        self._odd = odd
        self.store = FakeStore()
        self.clock = ManualClock(campaign.NOW_MS)
        self.elsewhere = Elsewhere([], operated.deliveries(), senders.feeds())
        self.detection = Registry()
        """What alerts knows of the registry."""
        self.store.news["catalogue"] = news_of(shipped()).SerializeToString()
        self.down = False
        """True: every answer of the API is 503."""
        self.held = False
        """True: the API answers nothing until it is let go."""
        self.refused: set[str] = set()
        """Accounts whose keys count no more."""
        DATA.says = FACTS.compliance
        keys = ((hashlib.sha256(f"key-{id_}".encode()).hexdigest(), listed) for id_, listed in PEOPLE.items())
        self.operations = FakeOperations()
        self.operations.letters = campaign.letters()
        self.operations.lags = operated.lags()
        self.operations.events = senders.events()
        self.operations.unreadable = 3
        self.app = create_app(
            self.store,
            Access(keys),
            self.clock,
            TasksMetrics(CollectorRegistry()),
            compliance=DATA,
            mode="full",
            options=options(FakeAccess()),
            operations=self.operations,
        )
        self.app.include_router(rule_routes(shipped(), self.detection, Outcomes(), operated.rule_failures))
        self.app.include_router(air_routes())
        _serve_elsewhere(self.app, self.elsewhere)
        self.app.middleware("http")(self._gate)
        add_console(self.app, DIST)
        config = uvicorn.Config(self.app, host="127.0.0.1", port=0, log_level="error", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def _gate(self, request: Request, call: Any) -> Response:
        self._loop = asyncio.get_running_loop()
        if request.url.path.startswith("/v1/"):
            if self.down:
                return Response(status_code=503)
            while self.held:  # noqa: ASYNC110  # the test that sets it runs in another thread
                await asyncio.sleep(0.05)
            key = request.headers.get("authorization", "").removeprefix("Bearer key-")
            if key in self.refused:
                request.scope["headers"] = [row for row in request.scope["headers"] if row[0] != b"authorization"]
        answer: Response = await call(request)
        return answer

    def __enter__(self) -> "Stage":
        asyncio.run(campaign.fill(self.app, self.store, OUTLETS, self._odd))
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def call(self, who: str, method: str, path: str, **rest: Any) -> httpx.Response:
        """A request of somebody else, beside the browser."""
        headers = {"Authorization": f"Bearer key-{who}", **keyed(method, path), **rest.pop("headers", {})}
        return httpx.request(method, f"{self.url}{path}", headers=headers, **rest)

    def tell(self, kind: str) -> None:
        """An event on the live stream."""
        loop = self._loop
        assert loop is not None
        for queue in self.elsewhere.listeners:
            loop.call_soon_threadsafe(queue.put_nowait, f'event: {kind}\nid: i1.l1\ndata: {{"kind":"{kind}"}}\n\n')


def _serve_elsewhere(app: FastAPI, elsewhere: Elsewhere) -> None:
    @app.get("/v1/stream")
    async def stream() -> StreamingResponse:
        queue: asyncio.Queue[str] = asyncio.Queue()
        elsewhere.listeners.append(queue)

        async def lines() -> AsyncIterator[str]:
            yield ": lantian\nid: i0.l0\n\n"
            while True:
                yield await queue.get()

        return StreamingResponse(lines(), media_type="text/event-stream")

    @app.get("/v1/deliveries")
    async def deliveries(state: str = "") -> JSONResponse:
        rows = [row for row in elsewhere.deliveries if not state or row["state"] == state]
        return JSONResponse({"items": rows, "next": None})

    @app.get("/v1/unserved")
    async def unserved() -> JSONResponse:
        return JSONResponse({"items": [], "next": None})

    @app.get("/v1/feeds")
    async def feeds() -> JSONResponse:
        return JSONResponse({"feeds": elsewhere.feeds, "next": None})

    @app.get("/v1/feeds/{feed}")
    async def feed_of(feed: str) -> JSONResponse:
        return JSONResponse(senders.feed(feed))

    @app.get("/v1/about/{service}")
    async def about(service: str) -> JSONResponse:
        return JSONResponse({"service": service, "version": "0.1.0", "ready": service != "alerts"})
