"""Every operation of alerts, by everybody: what is said of a city or an outlet is the operator's alone.

Drawn from the OpenAPI document: an operation that is not named here as open must be shut.
"""

import hashlib

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from lantian_alerts.api import create_app
from lantian_alerts.detect import catalogues, registry_file
from lantian_alerts.outcomes.verdicts import Outcomes
from tests.support.writes import writes
from tests.unit.alerts.test_outcomes import RULE, told

KEY = "operator"
OPEN = {"list_rules", "list_rules_unversioned", "index_air"}
"""The catalogue, with the precision of the whole country; a calculation."""
BODIES: dict[str, object] = {"index_air": {"rows": []}}
VALUES = {"rule_id": RULE, "source": "o", "at_ms": "0"}
CITY = "130200"


def an_app(key: str = KEY) -> FastAPI:
    """With a verdict in one city and an outlet."""
    outcomes = Outcomes()
    outcomes.take_task_event("lead/1", told(1, "confirmed"))
    registry = registry_file.registry_of(
        registry_file.parse('{"sources": [{"id": "o", "limits": [{"factor": "a21026", "value": 30}]}]}')
    )
    digest = hashlib.sha256(key.encode()).hexdigest() if key else ""
    return create_app(catalogues.shipped(), registry, outcomes, APIRouter(), key_sha256=digest)


@pytest.mark.parametrize(
    ("key", "host", "sent", "status"),
    [
        (KEY, "127.0.0.1", KEY, 200),
        (KEY, "127.0.0.1", "guess", 401),
        (KEY, "127.0.0.1", "", 401),
        ("", "127.0.0.1", "", 200),
        ("", "192.0.2.1", KEY, 403),
    ],
)
async def test_nothing_of_a_city_or_an_outlet_leaks(key: str, host: str, sent: str, status: int) -> None:
    """The same refusal for what is there and what is not; a list tells no city."""
    app = an_app(key)
    headers = {"Authorization": f"Bearer {sent}"} if sent else {}
    transport = httpx.ASGITransport(app, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://alerts", headers=headers) as client:
        for path, methods in app.openapi()["paths"].items():
            for method, operation in methods.items():
                needed = [p for p in operation.get("parameters", []) if p["in"] == "path" or p.get("required")]
                query = {p["name"]: VALUES[p["name"]] for p in needed if p["in"] == "query"}
                answer = await client.request(
                    method, path.format(**VALUES), params=query, json=BODIES.get(operation["operationId"])
                )
                if operation["operationId"] in OPEN:
                    assert answer.status_code == 200
                    assert CITY not in answer.text
                    continue
                assert answer.status_code == status, path
                if status != 200:
                    nothing = await client.request(method, path.format(rule_id="x"), params={**query, "source": "x"})
                    assert (nothing.status_code, nothing.text) == (status, answer.text)
                    assert answer.headers["content-type"] == "application/problem+json"


def test_nothing_is_written_here() -> None:
    """What is no GET computes and keeps nothing, so it needs no Idempotency-Key."""
    assert {name for _, _, name, _ in writes(an_app(KEY).openapi())} == {"index_air"}
