"""`lantian feed-events` on a real Kafka: what the gateway published, by feed, kind and time."""

import asyncio
import json
import uuid

from typer.testing import CliRunner

from lantian_kit.bus import Producer, create_topics
from lantian_local.__main__ import app
from lantian_proto.topics import FEED_EVENTS, TOPICS
from lantian_proto.v1.feed_event_pb2 import FeedEvent

NOON_MS = 1_795_838_400_000  # 2026-11-28T04:00:00Z


async def test_events_are_found_by_feed_kind_and_time(kafka: str) -> None:
    """In the order of their time, whatever partition they lie in; other feeds' are left out."""
    create_topics(kafka, [TOPICS[FEED_EVENTS]])
    mine, other = (f"{name}-{uuid.uuid4().hex[:8]}" for name in ("events", "other"))
    events = [
        FeedEvent(event_id="2", feed_id=mine, kind="stranger", at_ms=NOON_MS, addresses=["10.0.0.9"], detail="unknown"),
        FeedEvent(event_id="1", feed_id=mine, kind="two-addresses", at_ms=NOON_MS - 60_000, detail="by turns"),
        FeedEvent(event_id="3", feed_id=other, kind="stranger", at_ms=NOON_MS),
    ]
    producer = Producer(kafka, "test", [FEED_EVENTS])
    await producer.start()
    for number, event in enumerate(events):
        await producer.send(FEED_EVENTS, event.SerializeToString(), key=f"{number}".encode())
    await producer.stop()

    def run(*options: str) -> list[dict[str, object]]:
        done = CliRunner().invoke(app, ["feed-events", "--kafka", kafka, *options])
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines()]

    found = await asyncio.to_thread(run, "--feed", mine)
    assert [event["kind"] for event in found] == ["two-addresses", "stranger"]
    assert found[1] == {
        "at": "2026-11-28T04:00:00.000+00:00",
        "feed": mine,
        "kind": "stranger",
        "addresses": ["10.0.0.9"],
        "detail": "unknown",
    }
    assert len(await asyncio.to_thread(run, "--feed", mine, "--kind", "stranger")) == 1
    assert len(await asyncio.to_thread(run, "--feed", mine, "--from", "2026-11-28T12:00:00")) == 1
    everybody = await asyncio.to_thread(run, "--kind", "stranger")
    assert {mine, other} <= {str(event["feed"]) for event in everybody}
