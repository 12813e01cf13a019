"""The demo's receiver over HTTP: it believes signatures and nothing else."""

import base64
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from standardwebhooks import Webhook

from lantian_local.demo.receiver import Delivery, Receiver

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
BODY = {
    "type": "issue.registered",
    "data": {"issue": {"id": "iss-1"}, "times": {"received": None, "detected": "2026-01-15T12:00:05.250Z"}},
}


async def post(receiver: Receiver, body: str, webhook_id: str, at: datetime, signature: str) -> int:
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{receiver.address}/hooks/410100", data=body.encode(), headers=headers) as answer,
    ):
        return answer.status


async def test_a_signed_webhook_is_kept_and_a_repeat_counts_once() -> None:
    """Two deliveries, one id; the listener hears which one is new."""
    heard: list[tuple[str, bool]] = []

    async def listen(delivery: Delivery, new: bool) -> None:
        heard.append((delivery.webhook_id, new))

    receiver = Receiver(SECRET, lambda: 7, listen)
    await receiver.start("127.0.0.1", 0)
    now, body = datetime.now(UTC), json.dumps(BODY)
    signature = Webhook(SECRET).sign("msg_1", now, body)
    assert [await post(receiver, body, "msg_1", now, signature) for _ in range(2)] == [204, 204]
    await receiver.stop()
    assert heard == [("msg_1", True), ("msg_1", False)]
    assert (receiver.ids, len(receiver.deliveries), receiver.refused) == (1, 2, 0)
    found = await receiver.next(lambda delivery: delivery.issue_id == "iss-1", seconds=1)
    assert (found.team, found.wall_ms, found.kind) == ("410100", 7, "issue.registered")
    assert found.time_ms("detected") == 1_768_478_405_250
    assert found.time_ms("received") is None


@pytest.mark.parametrize("case", ["other body", "other id", "old", "other key", "no JSON", "no issue"])
async def test_anything_else_is_refused(case: str) -> None:
    """401, counted, not kept."""
    receiver = Receiver(SECRET, lambda: 7)
    await receiver.start("127.0.0.1", 0)
    at = datetime.now(UTC) - timedelta(hours=1 if case == "old" else 0)
    body = {"no JSON": "{", "no issue": '{"type": "issue.registered"}'}.get(case, json.dumps(BODY))
    key = "whsec_" + base64.b64encode(b"o" * 32).decode() if case == "other key" else SECRET
    signature = Webhook(key).sign("msg_2" if case == "other id" else "msg_1", at, body)
    sent = body + " " if case == "other body" else body
    assert await post(receiver, sent, "msg_1", at, signature) == 401
    await receiver.stop()
    assert (receiver.refused, receiver.deliveries) == (1, [])
