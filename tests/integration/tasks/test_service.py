"""The whole process on a real Kafka and a real store: leads in, events out, killed in the middle."""

import asyncio
import hashlib
import os
import signal
import socket
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from lantian_kit.bus import Producer, create_topics
from lantian_kit.whole import read_whole
from lantian_proto.events import header
from lantian_proto.topics import ISSUE_EVENTS, LEADS, RAW_FRAMES, REGISTRY, TOPICS, dead_letters_of
from lantian_proto.v1.dead_letter_pb2 import DeadLetter
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import FramePointer, Lead
from lantian_proto.v1.registry_pb2 import RegistryChange
from lantian_tasks.ledger.intake import issue_id_of
from tests.support.tasks_access import keyed
from tests.support.tasks_leads import a_lead

KEYS = {"admin-1": "administrator", "office-1": "city-office", "province-1": "province"}
FRAME = b"##0101QN=20261122080000000;ST=31;CN=2061;PW=123456;MN=M1;Flag=5;CP=&&&&"


class Service:
    """One process of tasks; its database, group membership and port stay over restarts."""

    def __init__(self, kafka: str, store_url: str, database: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self._access = folder / "access.yaml"
        principals = [
            {
                "id": name,
                "role": role,
                "organisation": "石家庄",
                "divisions": ["000000"],
                "key_sha256": [hashlib.sha256(name.encode()).hexdigest()],
            }
            for name, role in KEYS.items()
        ]
        self._access.write_text(yaml.safe_dump({"principals": principals}), encoding="utf-8")
        self._log = folder / "tasks.log"
        self.environment = {
            **os.environ,
            "LANTIAN_KAFKA_BOOTSTRAP": kafka,
            "LANTIAN_STORE_URL": store_url,
            "LANTIAN_STORE_DATABASE": database,
            "LANTIAN_HTTP_PORT": str(self.port),
            "LANTIAN_ACCESS_FILE": str(self._access),
            "LANTIAN_INSTANCE": f"tasks-{database}",
            "LANTIAN_OUTBOX_POLL_SECONDS": "0.2",
        }
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, role: str = "all") -> None:
        """Returns when it is ready."""
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "lantian_tasks",
                env={**self.environment, "LANTIAN_ROLE": role},
                stdout=log,
                stderr=log,
            )
        await until(self._ready)

    async def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, self._log.read_text(encoding="utf-8")[-3000:]
        try:
            async with httpx.AsyncClient() as client:
                return (await client.get(f"http://127.0.0.1:{self.port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False

    async def end(self, number: signal.Signals) -> int:
        """Sends a signal; the exit status."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(number)
        return await self.process.wait()

    async def call(self, method: str, path: str, who: str = "admin-1", **rest: Any) -> httpx.Response:
        """A request with a key."""
        headers = {"Authorization": f"Bearer {who}", **keyed(method, path), **rest.pop("headers", {})}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=30) as client:
            return await client.request(method, path, headers=headers, **rest)


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:
    """The first answer that is true; the test's own time-out is the limit."""
    while not (answer := await holds()):  # noqa: ASYNC110  # another process: nothing here can be notified
        await asyncio.sleep(0.1)
    return answer


@pytest.fixture
async def service(kafka: str, store_url: str, store_database: str, tmp_path: Path) -> AsyncIterator[Service]:
    """A process, not started yet."""
    await asyncio.to_thread(create_topics, kafka, TOPICS.values(), partitions_override=2)
    service = Service(kafka, store_url, store_database, tmp_path)
    yield service
    if service.process is not None:
        await service.end(signal.SIGKILL)


@pytest.fixture
async def producer(kafka: str, service: Service) -> AsyncIterator[Producer]:
    """Writes frames and leads as ingest and alerts do."""
    producer = Producer(kafka, "test", [RAW_FRAMES, LEADS])
    await producer.start()
    yield producer
    await producer.stop()


async def all_of(kafka: str, topic: str, mine: Callable[[Any], bool]) -> list[Any]:
    """Every record of a topic that is ours."""
    return [record async for record in read_whole(kafka, topic) if mine(record)]


async def test_from_lead_to_event_through_kills(kafka: str, service: Service, producer: Producer) -> None:
    """Registry in, lead with its frame, issue, moves, events; SIGKILL and replay change nothing twice."""
    await service.start()
    source = f"src-{uuid.uuid4().hex[:12]}"
    rows = [
        {"kind": "enterprise", "id": f"ent-{source}", "entity": {"name": "某钢铁有限公司", "division_code": "130102"}},
        {
            "kind": "source",
            "id": source,
            "entity": {"enterprise_id": f"ent-{source}", "name": "1号排口", "kind": "outlet"},
        },
    ]
    key = {"Idempotency-Key": source}
    for _ in range(2):  # the first answer, also the second time
        imported = await service.call("POST", "/v1/registry:import", json=rows, headers=key)
        assert imported.json()["counts"] == {"created": 2}, imported.text
    reused = await service.call("POST", "/v1/registry:import", json=rows[:1], headers=key)
    assert (reused.status_code, reused.json()["type"]) == (422, "urn:lantian:problem:key-reused")

    raw = await producer.send(RAW_FRAMES, FRAME, key=b"M1", headers=[("received_ms", b"1795312799000")])
    lead = a_lead(source=source)
    del lead.evidence.frames[:]
    lead.evidence.frames.append(FramePointer(topic=RAW_FRAMES, partition=raw.partition, offset=raw.offset))
    await producer.send(LEADS, lead.SerializeToString(), key=source.encode())
    path = f"/v1/issues/{issue_id_of(lead.lead_id)}"

    async def revision(least: int) -> Any:
        response = await service.call("GET", path)
        return response.json() if response.status_code == 200 and response.json()["revision"] >= least else None

    issue = await until(lambda: revision(1))
    assert (issue["enterprise_name"], issue["division_code"]) == ("某钢铁有限公司", "130102")
    assert (await service.call("GET", f"{path}/frames/0")).content == FRAME
    due_ms = int(time.time() * 1000) + 7 * 86_400_000
    body = {"move": "assign", "unit": "某钢铁有限公司", "person": "王工", "due_ms": due_ms}
    headers = {"If-Match": '"1"', "Idempotency-Key": "tap"}
    moved = await service.call("POST", f"{path}/moves", "office-1", json=body, headers=headers)
    assert moved.status_code == 200, moved.text

    await service.end(signal.SIGKILL)
    second = Lead.FromString(lead.SerializeToString())
    second.revision, second.end_ms = 2, lead.end_ms + 3_600_000
    for message in (lead, lead, second, lead, second):
        await producer.send(LEADS, message.SerializeToString(), key=source.encode())
    await producer.send(LEADS, b"\xff no lead", key=source.encode())
    await service.start()
    await until(lambda: revision(3))
    again = await service.call("POST", f"{path}/moves", "office-1", json=body, headers=headers)
    assert again.json() == moved.json()

    async def dead_letter() -> list[Any]:
        return await all_of(
            kafka, dead_letters_of("tasks"), lambda record: record.value and source.encode() in record.value
        )

    [letter] = [DeadLetter.FromString(record.value) for record in await until(dead_letter)]
    assert (letter.reason, letter.group, letter.value) == ("undecodable", "tasks", b"\xff no lead")

    assert await service.end(signal.SIGTERM) == 0
    events = await all_of(kafka, ISSUE_EVENTS, lambda record: record.key == issue["issue_id"].encode())
    decoded = {header(e.headers, "ce_id"): IssueEvent.FromString(e.value) for e in events}
    assert [(event.sequence, event.kind) for event in decoded.values()] == [
        (1, "registered"),
        (2, "moved"),
        (3, "episode-extended"),
    ]
    assert all(event_id == event.event_id for event_id, event in decoded.items())
    changes = await all_of(kafka, REGISTRY, lambda record: record.key.decode().endswith(source))
    assert {RegistryChange.FromString(change.value).id for change in changes} == {source, f"ent-{source}"}


async def test_what_is_open_without_a_key(service: Service) -> None:
    """Health and metrics are, the ledger is not; a process of role api joins no group and ends in order."""
    await service.start(role="api")
    for path in ("/livez", "/readyz", "/metrics", "/version"):
        async with httpx.AsyncClient() as client:
            response = await client.get(f"http://127.0.0.1:{service.port}{path}")
        assert response.status_code == 200
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{service.port}/v1/issues")).status_code == 401
        metrics = (await client.get(f"http://127.0.0.1:{service.port}/metrics")).text
    for name in ("lantian_outbox_pending", "lantian_outbox_oldest_seconds", "lantian_issue_open"):
        assert f"# TYPE {name} gauge" in metrics
    assert await service.end(signal.SIGTERM) == 0
