"""Liveness, readiness, metrics and version of a process."""

from collections.abc import Callable
from importlib.metadata import version

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Probe = Callable[[], str | None]


class Health:
    """Named probes; each is synchronous, cheap and answers None when ready, else the reason it is not."""

    def __init__(self) -> None:
        self._probes: dict[str, Probe] = {}

    def check(self, name: str, probe: Probe) -> None:
        """Adds a probe. Raises ValueError for a name used before."""
        if name in self._probes:
            raise ValueError(f"a probe named {name} exists")
        self._probes[name] = probe

    def troubles(self) -> dict[str, str]:
        """Reasons by name, of those that are not ready."""
        answers = {name: probe() for name, probe in self._probes.items()}
        return {name: reason for name, reason in answers.items() if reason is not None}

    @property
    def names(self) -> list[str]:
        """All probes."""
        return list(self._probes)


def health_routes(health: Health, registry: CollectorRegistry, service: str) -> APIRouter:
    """`/livez` says only that the event loop turns: an hour without Kafka or the store restarts nobody."""
    routes = APIRouter(tags=["process"])
    release = version(f"lantian-{service}")

    @routes.get("/livez", operation_id="live")
    async def live() -> dict[str, str]:
        """The event loop turns."""
        return {"status": "alive"}

    @routes.get("/readyz", operation_id="ready")
    async def ready() -> JSONResponse:
        """Every part can work; 503 with the reasons otherwise."""
        troubles = health.troubles()
        body = {"status": "not ready" if troubles else "ready", "troubles": troubles, "parts": health.names}
        return JSONResponse(
            body, status_code=503 if troubles else 200, headers={"Retry-After": "5"} if troubles else {}
        )

    @routes.get("/metrics", operation_id="metrics")
    async def metrics() -> Response:
        """Prometheus metrics."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    @routes.get("/version", operation_id="version")
    async def version_() -> dict[str, str]:
        """Service and release."""
        return {"service": service, "version": release}

    @routes.get(f"/v1/about/{service}", operation_id="about")
    async def about() -> dict[str, str | bool]:
        """Release and readiness behind the one address of the suite, whose plain paths belong to tasks."""
        return {"service": service, "version": release, "ready": not health.troubles()}

    return routes
