"""Liveness knows nothing of Kafka; readiness says what is missing."""

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter

from lantian_kit.health import Health, health_routes


@pytest.fixture
def registry() -> CollectorRegistry:
    """A registry of its own."""
    return CollectorRegistry()


async def ask(health: Health, registry: CollectorRegistry, path: str) -> httpx.Response:
    """One request to the routes."""
    app = FastAPI()
    app.include_router(health_routes(health, registry, "tasks"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


async def test_live_though_nothing_is_ready(registry: CollectorRegistry) -> None:
    """An hour without a broker restarts nobody."""
    health = Health()
    health.check("broker", lambda: "no broker seen for 60 s")
    assert (await ask(health, registry, "/livez")).status_code == 200
    answer = await ask(health, registry, "/readyz")
    assert answer.status_code == 503
    assert answer.json()["troubles"] == {"broker": "no broker seen for 60 s"}
    assert answer.headers["retry-after"] == "5"


async def test_ready_when_no_probe_complains(registry: CollectorRegistry) -> None:
    """All None: ready."""
    health = Health()
    health.check("broker", lambda: None)
    answer = await ask(health, registry, "/readyz")
    assert (answer.status_code, answer.json()["parts"]) == (200, ["broker"])


def test_a_probe_has_one_name() -> None:
    """Two probes of one name would hide each other."""
    health = Health()
    health.check("broker", lambda: None)
    with pytest.raises(ValueError, match="broker"):
        health.check("broker", lambda: None)


async def test_metrics_and_version(registry: CollectorRegistry) -> None:
    """The process's own registry, not the global one."""
    Counter("lantian_example_total", "An example.", registry=registry).inc(3)
    assert "lantian_example_total 3.0" in (await ask(Health(), registry, "/metrics")).text
    assert (await ask(Health(), registry, "/version")).json()["service"] == "tasks"


async def test_what_it_says_of_itself_behind_the_one_address(registry: CollectorRegistry) -> None:
    """Release and readiness; what is missing is not told to everybody."""
    health = Health()
    assert (await ask(health, registry, "/v1/about/tasks")).json()["ready"] is True
    health.check("broker", lambda: "no broker seen for 60 s")
    said = (await ask(health, registry, "/v1/about/tasks")).json()
    assert (said["service"], said["ready"]) == ("tasks", False)
    assert said.keys() == {"service", "version", "ready"}
    assert (await ask(health, registry, "/v1/about/notify")).status_code == 404
