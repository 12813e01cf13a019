"""The operators' routes over the store in memory; no server, no socket."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from lantian_kit.clock import ManualClock
from lantian_kit.health import Health, health_routes
from lantian_notify.access import Access
from lantian_notify.api import create_app
from lantian_notify.deliveries.circuit import EndpointHealth
from lantian_notify.deliveries.delivery import Attempt
from lantian_notify.deliveries.endpoints import delivery_routes
from tests.support.notify_calls import FakeParkedStore
from tests.support.notify_events import NOW_MS, a_delivery
from tests.support.notify_store import FakeDeliveryStore

KEY = "operators-key-for-tests"
ENDPOINT = "webhook:team-1"


class Bench:
    """The app, its store and what was kicked."""

    def __init__(self, key: str | None = KEY, health: APIRouter | None = None) -> None:
        self.store = FakeDeliveryStore()
        self.clock = ManualClock(NOW_MS + 1000)
        self.kicked: list[str] = []
        self.parked = FakeParkedStore()
        app = create_app(
            health or APIRouter(),
            Access.load(None, None if key is None else SecretStr(key)),
            delivery_routes(self.store, self.parked, self.clock, self.kicked.extend),
        )
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://notify",
            headers={"Authorization": f"Bearer {KEY}", "Idempotency-Key": "k"},
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """With the operators' key."""
    bench = Bench()
    async with bench.client:
        yield bench


def is_problem(response: httpx.Response, status: int) -> bool:
    """RFC 9457 with the right status, inside and outside, and a title in both languages."""
    return (
        response.status_code == status
        and response.json()["title"].isascii()
        and re.search(r"[\u4e00-\u9fff]", response.json()["title_zh"]) is not None
        and re.search(r"[\u4e00-\u9fff]", response.json()["detail_zh"]) is not None
        and response.headers["content-type"] == "application/problem+json"
        and response.json()["status"] == status
        and bool(response.json()["detail"])
    )


async def test_a_list_is_paged_to_its_end(bench: Bench) -> None:
    """Newest first, nothing twice, nothing left out."""
    for number in range(5):
        await bench.store.insert(a_delivery(f"msg_{number}", created_ms=NOW_MS + number // 2))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        parameters = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await bench.client.get("/v1/deliveries", params=parameters)).json()
        seen += [item["delivery_id"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["msg_4", "msg_3", "msg_2", "msg_1", "msg_0"]


async def test_a_list_is_filtered(bench: Bench) -> None:
    """By state and endpoint."""
    await bench.store.insert(a_delivery("msg_1", state="failed"))
    await bench.store.insert(a_delivery("msg_2"))
    await bench.store.insert(a_delivery("msg_3", state="failed", endpoint_id="webhook:team-2"))
    parameters = {"state": "failed", "endpoint": ENDPOINT}
    page = (await bench.client.get("/v1/deliveries", params=parameters)).json()
    assert [item["delivery_id"] for item in page["items"]] == ["msg_1"]
    assert page["next"] is None


async def test_one_delivery_shows_every_attempt_but_no_secret(bench: Bench) -> None:
    """Neither the body nor the name of the secret is part of the view."""
    attempt = Attempt(NOW_MS, NOW_MS, "https://a.example", "8.8.8.8", "status", "status 500", 500, "d" * 64, 7)
    await bench.store.insert(a_delivery(attempts=(attempt,), tried=1))
    shown = (await bench.client.get("/v1/deliveries/msg_1")).json()
    assert shown["attempts"] == [
        {
            "at_ms": NOW_MS,
            "wall_ms": NOW_MS,
            "address": "https://a.example",
            "ip": "8.8.8.8",
            "result": "status",
            "detail": "status 500",
            "status": 500,
            "digest": "d" * 64,
            "duration_ms": 7,
        }
    ]
    assert not {"body", "secret_name", "lease_owner"} & shown.keys()


async def test_a_replay_by_hand(bench: Bench) -> None:
    """Same id, due now, on record; its endpoint is tried again even if it was gone."""
    await bench.store.insert(a_delivery(state="disabled", reason="gone", tried=1, settled_ms=NOW_MS))
    bench.store.endpoints[ENDPOINT] = EndpointHealth(ENDPOINT).disabled("https://team.example/hook", NOW_MS, "gone")
    response = await bench.client.post("/v1/deliveries/msg_1:replay")
    assert response.status_code == 202
    assert response.json()["delivery_id"] == "msg_1"
    stored = bench.store.deliveries["msg_1"]
    assert (stored.state, stored.tried, stored.next_at_ms, stored.replays_ms) == (
        "pending",
        0,
        NOW_MS + 1000,
        (NOW_MS + 1000,),
    )
    assert bench.store.endpoints[ENDPOINT].disabled_reason == ""
    assert bench.kicked == [ENDPOINT]


async def test_a_delivery_under_way_is_not_replayed(bench: Bench) -> None:
    """The attempt's own record would be lost."""
    await bench.store.insert(a_delivery(lease_until_wall_ms=NOW_MS + 1001))
    assert is_problem(await bench.client.post("/v1/deliveries/msg_1:replay"), 409)
    bench.store.deliveries["msg_1"] = replace(bench.store.deliveries["msg_1"], lease_until_wall_ms=NOW_MS + 1000)
    assert (await bench.client.post("/v1/deliveries/msg_1:replay")).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/deliveries/unknown", 404),
        ("POST", "/v1/deliveries/unknown:replay", 404),
        ("GET", "/v1/deliveries?state=exploded", 422),
        ("GET", "/v1/deliveries?limit=0", 422),
        ("GET", "/v1/deliveries?limit=201", 422),
        ("GET", "/v1/deliveries?cursor=nonsense", 400),
        ("GET", "/v1/deliveries?cursor=%E5%AF%86", 400),
        ("GET", "/v1/deliveries?cursor=AAAA", 400),
        ("GET", "/v1/deliveries?cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5Lng=", 400),
        ("DELETE", "/v1/deliveries", 405),
        ("GET", "/v1/nothing", 404),
    ],
)
async def test_a_wrong_request_is_a_problem(bench: Bench, method: str, path: str, status: int) -> None:
    """RFC 9457 for every one of them."""
    assert is_problem(await bench.client.request(method, path), status)


async def test_an_absent_store_is_a_problem_that_passes(bench: Bench) -> None:
    """503 with Retry-After."""
    bench.store.away = True
    response = await bench.client.get("/v1/deliveries")
    assert is_problem(response, 503)
    assert response.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    "given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {KEY}"}, {"Authorization": KEY}]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/deliveries"), ("GET", "/v1/deliveries/msg_1"), ("POST", "/v1/deliveries/msg_1:replay")],
)
async def test_without_the_key_nothing_is_shown(given: dict[str, str], method: str, path: str) -> None:
    """The same answer whether or not the delivery exists."""
    bench = Bench()
    await bench.store.insert(a_delivery(state="failed"))
    del bench.client.headers["Authorization"]
    async with bench.client:
        response = await bench.client.request(method, path, headers=given)
    assert is_problem(response, 401)
    assert response.headers["www-authenticate"] == "Bearer"
    assert bench.store.deliveries["msg_1"].state == "failed"


async def test_without_any_principal_nobody_is_let_in() -> None:
    """Only the process's own routes answer."""
    health = Health()
    bench = Bench(None, health_routes(health, CollectorRegistry(), "notify"))
    async with bench.client:
        assert is_problem(await bench.client.get("/v1/deliveries"), 401)
        assert (await bench.client.get("/livez")).status_code == 200
        assert (await bench.client.get("/readyz")).json()["status"] == "ready"
        assert (await bench.client.get("/version")).json()["service"] == "notify"
        assert (await bench.client.get("/metrics")).status_code == 200
