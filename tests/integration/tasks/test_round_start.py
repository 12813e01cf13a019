"""A round that starts by itself: its process dies before, two workers find it afterwards, and it is started once."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from lantian_kit.bus import create_topics
from lantian_proto.topics import TOPICS
from tests.integration.tasks.test_service import Service, until

SOON_MS = 6_000


@pytest.fixture
async def services(kafka: str, store_url: str, store_database: str, tmp_path: Path) -> AsyncIterator[list[Service]]:
    """Two processes over one ledger, not started yet."""
    await asyncio.to_thread(create_topics, kafka, TOPICS.values(), partitions_override=2)
    pair = [Service(kafka, store_url, store_database, tmp_path) for _ in range(2)]
    for service in pair:
        service.environment |= {
            "LANTIAN_SCREENING": "full",
            "LANTIAN_TIMERS_SECONDS": "0.2",
            "LANTIAN_STORE_CARDS": "false",
        }
    yield pair
    for service in pair:
        if service.process is not None:
            await service.end(signal.SIGKILL)


async def asked(service: Service, who: str, path: str, body: Any, rev: int = 0) -> dict[str, Any]:
    """A write that is taken."""
    headers = {"Idempotency-Key": f"{path}-{rev}"} | ({"If-Match": f'"{rev}"'} if rev else {})
    answer = await service.call("POST", path, who, json=body, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json()) if isinstance(answer.json(), dict) else {}


async def test_a_process_that_died_before_the_start_makes_up_for_it_once(services: list[Service]) -> None:
    """Killed while the round waits; the start passes; both workers come back at the same moment."""
    first, second = services
    await first.start()
    team = {"kind": "team", "id": "t1", "entity": {"name": "执法队", "division_code": "130100"}}
    await asked(first, "admin-1", "/v1/registry:import", [team])
    now_ms = time.time_ns() // 1_000_000
    said = {"channel": "complaint", "reference": "1", "category": "dust", "severity": 2, "division_code": "130102"}
    said |= {"place": "工地", "text": "土方未覆盖", "found_ms": now_ms - 60_000}
    lead = await asked(first, "office-1", "/v1/leads", said)
    plan = {"title": "第1轮次", "division_code": "130100", "task_kind": "key-enterprises", "score_cut": 0.0}
    starts_ms = time.time_ns() // 1_000_000 + SOON_MS
    planned = await asked(first, "office-1", "/v1/rounds", {**plan, "starts_ms": starts_ms})
    path = f"/v1/rounds/{planned['round_id']}"
    await asked(first, "office-1", f"{path}/moves", {"move": "build"}, planned["revision"])
    built = (await first.call("GET", path, "office-1")).json()
    assert (built["state"], built["starts_itself_ms"]) == ("built", starts_ms)
    await first.end(signal.SIGKILL)
    assert time.time_ns() // 1_000_000 < starts_ms
    await asyncio.sleep((starts_ms - time.time_ns() // 1_000_000) / 1000 + 0.5)

    await asyncio.gather(first.start(), second.start())

    async def pushed() -> Any:
        found = (await second.call("GET", f"/v1/leads/{lead['lead_id']}", "office-1")).json()
        return found if found["stage"] == "pushed" else None

    shown = await until(pushed)
    assert [entry["move"] for entry in shown["history"]].count("push") == 1
    await asyncio.sleep(1)  # both have looked again
    started = (await first.call("GET", path, "office-1")).json()
    [start] = [entry for entry in started["history"] if entry["move"] == "start"]
    assert (started["state"], started["recipients"], start["actor"]["role"]) == ("started", ["t1"], "system")
    assert start["at_ms"] >= starts_ms
    assert "start-failed" not in {entry["kind"] for entry in started["history"]}
