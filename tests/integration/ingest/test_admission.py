"""Who gets a connection: addresses, numbers, certificates."""

import asyncio
import contextlib
import functools
from pathlib import Path

from tests.integration.ingest.certificates import authority, client_context, issued
from tests.integration.ingest.running import WAIT, Gateway, gateway, packet

MN = "B" * 22 + "01"


async def answered(running: Gateway, **options: object) -> bool:
    """True when a device that connects so gets an answer to its frame."""
    try:
        async with running.device(**options) as (reader, writer):
            writer.write(packet(MN))
            return b"CN=9014" in await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
    except (OSError, asyncio.IncompleteReadError):
        return False


async def test_addresses_outside_the_list_are_cut_off(kafka: str) -> None:
    """By the address the connection comes from."""
    async with gateway(kafka, hj212_addresses="127.0.0.2, 10.0.0.0/8") as running:
        running.register(MN)
        assert not await answered(running, local_addr=("127.0.0.1", 0))
        assert await answered(running, local_addr=("127.0.0.2", 0))
        assert running.closed("not-allowed") == 1


async def test_one_address_can_not_take_all_connections(kafka: str) -> None:
    """Another one still gets in; a place is free again when a connection ends."""
    async with gateway(kafka, connections_per_address_at_most=2) as running:
        running.register(MN)
        async with contextlib.AsyncExitStack() as held:
            for _ in range(2):
                reader, writer = await held.enter_async_context(running.device(local_addr=("127.0.0.1", 0)))
                writer.write(packet(MN))
                await asyncio.wait_for(reader.readuntil(b"\r\n"), WAIT)
            assert not await answered(running, local_addr=("127.0.0.1", 0))
            assert running.closed("over-address-limit") == 1
            assert await answered(running, local_addr=("127.0.0.3", 0))
        async with asyncio.timeout(WAIT):
            while running.closed("peer") < 3:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)
        assert await answered(running, local_addr=("127.0.0.1", 0))


async def test_tls_with_client_certificates(kafka: str, tmp_path: Path) -> None:
    """Only devices with a certificate of the named authority; in clear text nobody."""
    ours, theirs = authority(tmp_path, "ours"), authority(tmp_path, "theirs")
    server, good, bad = (issued(tmp_path, name, by) for name, by in (("server", ours), ("good", ours), ("bad", theirs)))

    trusting = functools.partial(client_context, ours[2])
    async with gateway(kafka, hj212_tls_certificate=server, hj212_tls_clients=ours[2], frame_seconds=2) as running:
        running.register(MN)
        assert await answered(running, ssl=trusting(good))
        assert not await answered(running, ssl=trusting(bad))
        assert not await answered(running, ssl=trusting(None))
        assert not await answered(running)
        assert running.outcomes().keys() <= {"accepted", "duplicate"}
