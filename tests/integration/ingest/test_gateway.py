"""Sockets in, real Kafka out: what a device sees, and what lies in the topics."""

import asyncio
import contextlib

from lantian_proto.events import header
from lantian_proto.readings import decode, pointed
from lantian_proto.topics import RAW_FRAMES, READINGS
from tests.integration.ingest.running import WAIT, gateway, packet, records, values
from tests.unit.ingest.frames import frame, segment


async def test_device_is_answered_and_kafka_has_both(kafka: str) -> None:
    """The answer means: bytes and readings are there, and the readings point to the bytes."""
    mn = "0" * 23 + "1"
    async with gateway(kafka) as running:
        running.register(mn)
        async with running.device() as (reader, writer):
            writer.write(packet(mn))
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
            assert b"CN=9014" in answer
        (raw,) = [record for record in await records(kafka, RAW_FRAMES) if record.key == mn.encode()]
        assert raw.value == packet(mn)
        assert header(raw.headers, "outcome") == "accepted"
        # The broker is shared with tests that write rubbish: only what names our source is ours.
        own = [value for value in await values(kafka, READINGS) if mn.encode() in value]
        batches = [decode(value) for value in own]
        (batch,) = [batch for batch in batches if f"source-{mn}" in batch.sources]
        assert pointed(int(batch.seq[0])) == (raw.partition, raw.offset)


async def test_pipelined_frames_are_all_answered_after_half_close(kafka: str) -> None:
    """A device that sends a backlog and closes its side still gets every answer."""
    mn = "0" * 23 + "2"
    async with gateway(kafka, connection_in_flight_frames=8) as running:
        running.register(mn)
        async with running.device() as (reader, writer):
            writer.write(b"".join(packet(mn, minute) for minute in range(50)) + packet(mn)[:40])
            writer.write_eof()
            answers = await asyncio.wait_for(reader.read(-1), WAIT)
            assert answers.count(b"CN=9014") == 50
            assert running.outcomes() == {"accepted": 50, "malformed": 1}


async def test_noise_costs_only_itself(kafka: str) -> None:
    """Random bytes, half frames, wrong codes, 9999: the next good frame works on the same connection."""
    mn = "0" * 23 + "3"
    async with gateway(kafka) as running:
        running.register(mn)
        bad = [b"\x00\xff\x17noise\r\n", packet(mn)[:70] + b"\r\n", frame(segment(mn=mn), check=b"0000")]
        bad += [b"##9999QN=1;" + b"y" * 9990 + b"\r\n", frame(segment(mn="9" * 24))]
        async with running.device() as (reader, writer):
            writer.write(b"".join(bad) + packet(mn, 7))
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
            assert b"CN=9014" in answer
        await running.intake.drain()
        outcomes = running.outcomes()
        assert outcomes["accepted"] == 1
        assert {"malformed", "wrong-check", "too-large", "unknown-feed"} <= set(outcomes)


async def test_idle_unfinished_and_too_many_connections(kafka: str) -> None:
    """Each is bounded; time is the sweeper's argument here."""
    async with gateway(kafka, connections_at_most=1) as running:
        mn = "0" * 23 + "5"
        running.register(mn)
        async with running.device() as (reader, writer):
            writer.write(packet(mn) + b"##0100QN=")
            await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
            async with running.device() as (refused, _):
                with contextlib.suppress(ConnectionError):
                    assert await asyncio.wait_for(refused.read(), WAIT) == b""
            assert running.closed("over-limit") == 1
            running.listener.sweep(running.listener.time() + running.settings.frame_seconds + 1)
            await running.intake.drain()
            assert running.outcomes() == {"accepted": 1, "malformed": 1}
            running.listener.sweep(running.listener.time() + running.settings.idle_seconds + 1)
            assert await asyncio.wait_for(reader.read(), WAIT) == b""
        assert running.closed("idle") == 1


async def test_stop_answers_what_is_under_way(kafka: str) -> None:
    """SIGTERM loses no answer for a frame that was taken in."""
    mn = "0" * 23 + "4"
    async with gateway(kafka) as running:
        running.register(mn)
        async with running.device() as (reader, writer):
            writer.write(b"".join(packet(mn, minute) for minute in range(30)))
            await asyncio.wait_for(reader.readexactly(1), WAIT)
            await running.listener.stop()
            rest = await asyncio.wait_for(reader.read(-1), WAIT)
            assert (b"#" + rest).count(b"CN=9014") == 30
        assert running.listener.probe() is not None


async def test_half_a_frame_is_not_given_up_for_the_time_it_was_not_read(kafka: str) -> None:
    """The gateway pauses a connection in the middle of a frame; the frame's time begins anew when it reads on."""
    async with gateway(kafka) as running:
        mn = "0" * 23 + "6"
        running.register(mn)
        async with running.device() as (reader, writer):
            writer.write(packet(mn, 1) + packet(mn, 2)[:50])
            await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
            (connection,) = running.listener._connections
            assert connection.since is not None
            connection._paused = True
            connection.since -= running.settings.frame_seconds + 1  # so long ago that it would be given up
            connection._resume()
            running.listener.sweep(running.listener.time())
            writer.write(packet(mn, 2)[50:])
            await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
        assert running.outcomes() == {"accepted": 2}
