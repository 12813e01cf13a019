"""HTTP: deliveries for operators, calls and silences for offices, the links in messages, the live stream."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI

from lantian_notify import problems
from lantian_notify.access import Access


def create_app(health: APIRouter, access: Access, *routes: Callable[[], APIRouter] | APIRouter) -> FastAPI:
    """Without any principal every route answers 401, but for the health routes and the links in messages."""
    app = FastAPI(title="Lantian notify", version="1", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.access = access
    problems.install(app)
    app.include_router(health)
    for router in routes:
        app.include_router(router if isinstance(router, APIRouter) else router())
    return app
