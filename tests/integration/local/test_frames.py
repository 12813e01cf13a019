"""`lantian frames` on a real Kafka: by feed, time and outcome; sealed identities open with the key alone."""

import asyncio
import json
import time
import uuid
from pathlib import Path

from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner

from lantian_ingest.arrival import Arrival
from lantian_ingest.outcome import Outcome
from lantian_ingest.sealing import Sealer
from lantian_kit.bus import create_topics
from lantian_local.__main__ import app
from lantian_proto.topics import RAW_FRAMES, TOPICS

KEY = "cc" * 32
FRAME = b"##\x02LGDCHA1G8MA779653\x07\x01"


async def test_evidence_is_found_and_opened(kafka: str, tmp_path: Path) -> None:
    """Its own feed's frames and batches that name it; from a moment on; nothing of other feeds on the shared broker."""
    create_topics(kafka, [TOPICS[RAW_FRAMES]], partitions_override=2)
    feed, now = f"frames-{uuid.uuid4().hex[:8]}", int(time.time() * 1000)
    sealed = Sealer(bytes.fromhex(KEY)).seal(FRAME, [(3, 20)], now)
    arrivals = [
        Arrival("hj212", b"##0001 text\r\n", feed, "p", Outcome.MALFORMED, now - 5000, "no-frame"),
        Arrival("vehicle", sealed.masked, feed, "p", Outcome.ACCEPTED, now, extra=sealed.headers()),
        Arrival("http", b"[]", "publisher", "p", Outcome.ACCEPTED, now, extra=[("feeds", f"x,{feed}".encode())]),
        Arrival("http", b"{}", "publisher", "p", Outcome.ACCEPTED, now),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        for arrival in arrivals:
            await producer.send_and_wait(RAW_FRAMES, arrival.raw, key=arrival.key, headers=arrival.headers())
    finally:
        await producer.stop()

    def run(*options: str) -> list[dict[str, object]]:
        base = ["frames", "--feed", feed, "--kafka", kafka, "--home", str(tmp_path)]
        done = CliRunner().invoke(app, [*base, *options])
        assert done.exit_code == 0, done.output
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    found = await asyncio.to_thread(run)
    assert sorted(str(frame["outcome"]) for frame in found) == ["accepted", "accepted", "malformed"]
    assert [frame["text"] for frame in found if frame["outcome"] == "malformed"] == ["##0001 text\r\n"]
    (masked,) = [frame for frame in found if "sealed" in frame]
    assert masked["hex"] == sealed.masked.hex()
    opened = await asyncio.to_thread(run, "--reveal", "--evidence-key", KEY)
    (frame,) = [frame for frame in opened if "sealed" in frame]
    assert (frame["hex"], frame["proven"]) == (FRAME.hex(), True)
    wrong = await asyncio.to_thread(run, "--reveal", "--evidence-key", "dd" * 32)
    assert [frame["trouble"] for frame in wrong if frame.get("sealed")] != []
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now // 1000 - 2))
    assert len(await asyncio.to_thread(run, "--from", since)) == 2
    assert len(await asyncio.to_thread(run, "--to", since, "--outcome", "malformed")) == 1
    assert len(await asyncio.to_thread(run, "--limit", "1")) == 1
