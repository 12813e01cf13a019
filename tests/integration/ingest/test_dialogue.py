"""Commands through a real Kafka to a device on a real socket, and frames adopted from the evidence."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable

from lantian_ingest.decoders.hj212 import reply
from lantian_ingest.decoders.hj212.frame import Framer
from lantian_ingest.decoders.hj212.segment import parse
from lantian_proto.events import header
from lantian_proto.readings import decode, pointed
from lantian_proto.topics import COMMAND_STATES, COMMANDS, RAW_FRAMES, READINGS, dead_letters_of
from lantian_proto.v1.command_pb2 import Command, CommandState
from lantian_proto.v1.dead_letter_pb2 import DeadLetter
from tests.integration.ingest.running import WAIT, Gateway, gateway, packet, records, values


async def states(kafka: str, command_id: str) -> list[CommandState]:
    """What was published of a command, in order."""
    found = [record for record in await records(kafka, COMMAND_STATES) if record.key == command_id.encode()]
    return [CommandState.FromString(record.value or b"") for record in found]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for what must come."""
    async with asyncio.timeout(WAIT):
        while not await condition():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)


async def ended(running: Gateway, command_id: str) -> str:
    """The last state of a command, once it is final."""

    async def final() -> bool:
        exchange = running.desk.find(command_id)
        return exchange is not None and exchange.final

    await until(final)
    exchange = running.desk.find(command_id)
    assert exchange is not None
    return exchange.state


async def test_command_reaches_the_device_and_its_states_are_published(kafka: str) -> None:
    """From commands.v1 to command-states.v1; what can not be read is a dead letter."""
    mn, command_id = "A" * 22 + "01", uuid.uuid4().hex
    async with gateway(kafka) as running:
        running.register(mn)
        async with running.device() as (reader, writer):
            writer.write(packet(mn))
            await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
            unreadable = f"\xff{command_id}".encode("latin-1")
            await running.producer.send(COMMANDS, unreadable, key=mn.encode())
            command = Command(command_id=command_id, feed_id=mn, kind="set-real-time-interval", interval=60)
            await running.producer.send(COMMANDS, command.SerializeToString(), key=mn.encode())
            (piece,) = Framer().feed(await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT))
            request = parse(piece.segment)
            assert (request.head.cn, dict(request.names)["RtdInterval"]) == ("1062", "60")
            writer.write(reply.taken(request.qn, request.head) + reply.executed(request.qn, request.head))
            assert await ended(running, command_id) == "executed"
    found = await states(kafka, command_id)
    assert [state.state for state in found] == ["queued", "sent", "accepted", "executed"]
    assert all(state.command == command for state in found)
    letters = [DeadLetter.FromString(value) for value in await values(kafka, dead_letters_of("ingest-commands"))]
    assert [letter.reason for letter in letters if letter.value == unreadable] == ["undecodable"]


async def test_next_process_goes_on_with_what_is_open_and_leaves_what_is_done(kafka: str) -> None:
    """Told by the two topics alone."""
    mn, open_id, done_id = "A" * 22 + "02", uuid.uuid4().hex, uuid.uuid4().hex
    async with gateway(kafka) as first:
        first.register(mn)
        for command_id, kind in ((open_id, "set-time"), (done_id, "explode")):
            command = Command(command_id=command_id, feed_id=mn, kind=kind)
            await first.producer.send(COMMANDS, command.SerializeToString(), key=mn.encode())
        assert await ended(first, done_id) == "refused"
    async with gateway(kafka) as second:
        second.register(mn)
        assert second.desk.find(done_id) is None
        async with second.device() as (reader, writer):
            writer.write(packet(mn))
            # The answer to the frame waits for Kafka, the request does not: either may come first.
            lines = [await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT) for _ in range(2)]
            assert sorted(b"CN=1012" in line for line in lines) == [False, True]
    assert [state.state for state in await states(kafka, open_id)] == ["queued", "sent"]
    assert [state.state for state in await states(kafka, done_id)] == ["refused"]


async def test_frames_of_an_unknown_feed_are_adopted_once_it_is_known(kafka: str) -> None:
    """Readings point to the evidence where it lies and carry the time it came in; the evidence is not written again."""
    mn, early, late = "A" * 22 + "03", uuid.uuid4().hex, uuid.uuid4().hex
    since = int(time.time() * 1000) - 1000
    async with gateway(kafka) as running:
        async with running.device() as (_, writer):
            writer.write(b"".join(packet(mn, minute, minute) for minute in range(5)))
            writer.write(packet("A" * 22 + "04"))
            writer.write_eof()

            async def refused() -> bool:
                return running.outcomes() == {"unknown-feed": 6}

            await until(refused)
        running.desk.give(Command(command_id=early, feed_id=mn, kind="adopt", begin_ms=since))
        assert await ended(running, early) == "refused"
        running.register(mn)
        running.desk.give(Command(command_id=late, feed_id=mn, kind="adopt", begin_ms=since))
        assert await ended(running, late) == "executed"
        assert running.outcomes() == {"unknown-feed": 6}
    raw = {record.offset: record for record in await records(kafka, RAW_FRAMES) if record.key == mn.encode()}
    assert [header(record.headers, "outcome") for record in raw.values()] == ["unknown-feed"] * 5
    own = [value for value in await values(kafka, READINGS) if mn.encode() in value]
    batches = [batch for batch in map(decode, own) if f"source-{mn}" in batch.sources]
    rows = [
        (value, pointed(int(seq))[1], int(received))
        for batch in batches
        for value, seq, received in zip(batch.value.tolist(), batch.seq, batch.received, strict=True)
    ]
    expected = [
        (float(minute), record.offset, int(header(record.headers, "received_ms") or 0))
        for minute, record in enumerate(raw.values())
    ]
    assert rows == expected
    (executed,) = [state for state in await states(kafka, late) if state.state == "executed"]
    assert executed.records == 5
