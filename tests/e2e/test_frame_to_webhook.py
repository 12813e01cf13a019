"""A captured frame goes in at the socket, a signed webhook comes out, the issue holds the frame."""

import pytest

from lantian_local.demo import captured, topics
from lantian_local.demo.stage import Stage
from lantian_simulator.truth import EXCEEDANCE
from tests.e2e.wire import Device, hour_frame, local_ms, site

pytestmark = pytest.mark.asyncio(loop_scope="session")

FEED = "NEWPROTOCOLTEST000000092"
OTHER = "E2E000000000000000000001"
FACTOR = "a24088"
VALUE, LIMIT = 0.0196, 0.01


async def test_one_captured_frame_gives_one_webhook_and_one_issue(stage: Stage) -> None:
    """Frame, duplicate, and a frame of another outlet that shows that the duplicate was dealt with."""
    frame = next(
        row.frame for row in captured.load() if f"MN={FEED};".encode() in row.frame and b"CN=2061" in row.frame
    )
    rows = site(stage, FEED, FACTOR, LIMIT) + [
        row for row in site(stage, OTHER, FACTOR, LIMIT) if row["kind"] != "team"
    ]
    await stage.register(rows)
    device = Device(stage)
    await device.send(frame + b"\r\n")

    first = await stage.receiver.next(lambda delivery: delivery.body["data"]["source"]["id"] == f"s-{FEED.lower()}")
    data = first.body["data"]
    assert first.kind == "issue.registered"
    assert first.team == "410100"
    assert data["rule"]["id"] == EXCEEDANCE
    assert data["class"] == "current"
    assert data["factor"] == FACTOR
    assert data["limit"]["value"] == LIMIT
    assert VALUE in [reading["value"] for reading in data["evidence"]["readings"] if reading["factor"] == FACTOR]
    assert stage.receiver.refused == 0

    issue = await stage.ledger.issue(first.issue_id)
    assert f"s-{FEED.lower()}" == issue.source
    assert issue.state == "registered"
    assert await stage.ledger.intact(issue.issue_id)
    evidence = await stage.ledger.frames(issue.issue_id)
    assert [frame] == [found.rstrip(b"\r\n") for found in evidence]

    await device.send(frame + b"\r\n")
    number, other = hour_frame(OTHER, local_ms(2021, 7, 22, 13), f"{FACTOR}-Avg=0.5,{FACTOR}-Flag=N")
    await device.send(other)
    assert number == (await device.reply()).request
    await stage.receiver.next(lambda delivery: delivery.body["data"]["source"]["id"] == f"s-{OTHER.lower()}")
    device.close()

    outcomes = [
        record.outcome for record in await topics.raw_frames(stage.suite.kafka_bootstrap) if record.key[0] == FEED
    ]
    assert outcomes == ["accepted", "duplicate"]
    mine = [delivery for delivery in stage.receiver.deliveries if delivery.issue_id == first.issue_id]
    assert {first.webhook_id} == {delivery.webhook_id for delivery in mine}
    assert sum(issue.source == f"s-{FEED.lower()}" for issue in await stage.ledger.issues()) == 1
