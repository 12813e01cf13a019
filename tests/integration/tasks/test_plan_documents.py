"""A plan over the real API: a file beyond the limit of other bodies, approved, found by its day after a kill, told."""

import os
import signal
from typing import Any

import pytest

from lantian_proto.topics import TASK_EVENTS
from lantian_proto.v1.task_event_pb2 import TaskEvent
from tests.integration.tasks.test_service import Service, all_of, service, until

__all__ = ["service"]
MEBIBYTE = 2**20
PLAN = {
    "kind": "city-policy",
    "division": "130100",
    "title": "一市一策",
    "valid_from": "2026-10-01",
    "valid_to": "2027-03-31",
    "name": "方案.pdf",
}


@pytest.mark.timeout(300)
async def test_a_plan_survives_a_kill_with_its_file(kafka: str, service: Service) -> None:
    """12 MiB are taken, 33 are not; what was answered is there afterwards, its events once on their topic."""
    await service.start()
    data = b"%PDF-1.7 " + os.urandom(12 * MEBIBYTE)
    path = "/v1/plan-documents"
    made = await service.call("POST", path, "office-1", params=PLAN, content=data, headers={"Idempotency-Key": "p"})
    assert made.status_code == 201, made.text
    too_large = b"%PDF-1.7 " + bytes(33 * MEBIBYTE)
    refused = await service.call("POST", path, "office-1", params=PLAN, content=too_large)
    assert refused.status_code == 413
    one = f"{path}/{made.json()['plan_document_id']}"
    headers = {"If-Match": '"1"', "Idempotency-Key": "a"}
    moved = await service.call("POST", f"{one}/moves", "province-1", json={"move": "approve"}, headers=headers)
    assert moved.status_code == 200, moved.text

    await service.end(signal.SIGKILL)
    await service.start()
    again = await service.call("POST", f"{one}/moves", "province-1", json={"move": "approve"}, headers=headers)
    assert again.json() == moved.json()
    for day, found in (("2026-11-30", 1), ("2027-04-01", 0)):
        listed = await service.call("GET", path, "office-1", params={"in_force_at": day})
        assert len(listed.json()["items"]) == found, listed.text
    file = await service.call("GET", f"{one}/versions/1/content", "office-1")
    assert file.content == data

    async def events() -> list[Any]:
        key = f"plan-document/{made.json()['plan_document_id']}".encode()
        found = await all_of(kafka, TASK_EVENTS, lambda record: record.key == key)
        return found if len(found) > 1 else []

    decoded = [TaskEvent.FromString(record.value) for record in await until(events)]
    told = {event.sequence: event for event in decoded}
    assert {sequence: event.to_state for sequence, event in told.items()} == {1: "drafted", 2: "approved"}
    assert {event.path for event in told.values()} == {one}
