"""HTTP of the probe: process routes, and the webhook that its team has in the registry."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

from lantian_probe.book import Book, Key
from lantian_probe.metrics import ProbeMetrics

PATH = "/hooks/probe"


def create_app(
    process_routes: APIRouter, secret_file: Path | None, book: Book, metrics: ProbeMetrics, void: Callable[[str], None]
) -> FastAPI:
    """The application; `void` is told each issue that arrived."""
    app = FastAPI(title="Lantian probe", docs_url=None, redoc_url=None)
    app.include_router(process_routes)

    @app.post(PATH, operation_id="take_webhook")
    async def take_webhook(request: Request) -> Response:
        """204 for a notice with a right signature, 401 for any other."""
        body = await request.body()
        if secret_file is None or not _signed(secret_file, body, dict(request.headers)):
            return Response(status_code=401)
        arrived(json.loads(body), book, metrics, void)
        return Response(status_code=204)

    return app


def arrived(message: dict[str, Any], book: Book, metrics: ProbeMetrics, void: Callable[[str], None]) -> None:
    """Notes a notice; one that was not waited for changes nothing but is voided as well."""
    data = message["data"]
    took = book.arrived(key_of(data), time.monotonic())
    if took is not None:
        metrics.rounds.labels("reached").inc()
        metrics.reached.observe(took)
        told = {"source": data["source"]["id"], "factor": data["factor"], "seconds": round(took, 3)}
        structlog.get_logger().info("reached", **told)
    void(str(data["issue"]["id"]))


def key_of(data: dict[str, Any]) -> Key:
    """Source, factor and begin of the hour, by the notice."""
    started = datetime.fromisoformat(data["times"]["started"])
    return str(data["source"]["id"]), str(data["factor"]), int(started.timestamp() * 1000)


def _signed(secret_file: Path, body: bytes, headers: dict[str, str]) -> bool:
    secrets = secret_file.read_text(encoding="ascii").split()  # two while one is being replaced
    return any(_verifies(secret, body, headers) for secret in secrets)


def _verifies(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True
