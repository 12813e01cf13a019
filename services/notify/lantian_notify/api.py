"""HTTP: deliveries for operators, calls and silences for offices, the links in messages, the live stream."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI

from lantian_kit.once import Once, Requests, declare_required
from lantian_notify import problems
from lantian_notify.access import Access
from lantian_notify.once import ALONE, named


def create_app(
    health: APIRouter,
    access: Access,
    *routes: Callable[[], APIRouter] | APIRouter,
    requests: Requests | None = None,
    wall_ms: Callable[[], int] = lambda: 0,
) -> FastAPI:
    """Without any principal every route answers 401, but for the health routes and the links in messages. Without
    `requests` the keys of writes are asked for, and nothing is remembered.
    """
    app = FastAPI(title="Lantian notify", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.access = access
    app.state.once = Once(requests, wall_ms, named, alone=ALONE)
    problems.install(app)
    app.include_router(health)
    for router in routes:
        app.include_router(router if isinstance(router, APIRouter) else router())
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        declare_required(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend the document
    return app
