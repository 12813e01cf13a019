"""The one address over real sockets: a stop in the middle of an answer is no error."""

import asyncio
import socket
from typing import Any

from lantian_local.front import Front
from lantian_local.ports import HOST, PortLease


async def test_a_stop_ends_open_connections_without_a_word() -> None:
    """A page that follows the live stream is hung up on; nothing reaches the loop's handler of errors."""
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    lease = PortLease()
    port = lease.any()
    asked = asyncio.Event()

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n: open\n\n")
        asked.set()
        await reader.read()  # until the front hangs up
        writer.close()

    backend = await asyncio.start_server(stream, HOST, 0)
    front = Front(port, {"notify": backend.sockets[0].getsockname()[1]})
    await front.start()
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(b"GET /v1/stream HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await reader.readuntil(b"\n\n")).startswith(b"HTTP/1.1 200")
    await asked.wait()
    await front.stop()
    assert await reader.read() == b""  # hung up
    writer.close()
    backend.close()
    lease.release()
    assert reports == []


async def test_a_stop_at_the_moment_of_a_new_connection_ends_it_too() -> None:
    """Handed over, and nothing of it has run yet: it is hung up on as the others are, without a word."""
    loop = asyncio.get_running_loop()
    reports: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    lease = PortLease()
    port = lease.any()
    front = Front(port, {})
    await front.start()
    with socket.create_connection((HOST, port)) as browser:
        browser.setblocking(False)
        while not any("Front" in str(task.get_coro()) for task in asyncio.all_tasks()):  # noqa: ASYNC110
            await asyncio.sleep(0)  # turns of the loop, until the connection has a task; it begins in the next
        await front.stop()
        assert await loop.sock_recv(browser, 1) == b""
    lease.release()
    assert reports == []
