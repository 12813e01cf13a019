"""A second person for what the registry does not let one do alone."""

from typing import Any

import httpx
from prometheus_client import CollectorRegistry

from lantian_kit.clock import Clock
from lantian_tasks.changes.proposals import Proposals
from lantian_tasks.changes.service import Changes
from lantian_tasks.clocks.facts import shipped_facts
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.registry.service import Registry
from tests.support.tasks_api import Api


def changes_over(store: Any, clock: Clock) -> Changes:
    """The service as the worker has it."""
    facts, metrics = shipped_facts(), TasksMetrics(CollectorRegistry())
    registry = Registry(store, clock, metrics, lambda: None, Proposals(store, clock, facts, lambda: None))
    return Changes(store, registry, clock, facts, lambda: None)


async def decided(api: Api, change_id: str, move: str, who: str, reason: str = "", key: str = "") -> httpx.Response:
    """A move on a change as it is now."""
    change = (await api.get(f"/v1/changes/{change_id}", "ministry-1")).json()
    headers = {"If-Match": f'"{change["revision"]}"', "Idempotency-Key": key or f"{move}-{who}"}
    body = {"move": move, "reason": reason}
    return await api.call("POST", f"/v1/changes/{change_id}/moves", who, headers, json=body)


async def confirmed(api: Api, change_id: str, who: str = "ministry-1") -> dict[str, Any]:
    """The change after somebody else has confirmed it."""
    response = await decided(api, change_id, "confirm", who)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert body["state"] == "in-force"
    return body


async def in_force(api: Api, path: str, written: httpx.Response, who: str = "ministry-1") -> dict[str, Any]:
    """The entity after its write, confirmed by somebody else where it waits for that."""
    assert written.status_code in (200, 201, 202), written.text
    if written.status_code == 202:
        await confirmed(api, written.json()["change_id"], who)
    body: dict[str, Any] = (await api.get(f"/v1/registry/{path}", "ministry-1")).json()
    return body
