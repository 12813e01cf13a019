"""A broker that speaks just enough MQTT 5 for one subscriber: CONNECT, SUBSCRIBE, PUBLISH at QoS 1, PUBACK, PINGREQ."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

CONNECT, PUBACK, SUBSCRIBE, PINGREQ = 1, 4, 8, 12
NO_PROPERTIES: Final = b"\0"
LEVEL_AT: Final = 6  # of the protocol's version, behind its name


@dataclass
class Broker5:
    """What it was told; `publish` waits for a subscriber."""

    level: int = 0
    acknowledged: list[int] = field(default_factory=list)
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    _writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writer = writer
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                kind, body = await packet(reader)
                if kind == CONNECT:
                    self.level = body[LEVEL_AT]
                    self._send(0x20, b"\0\0" + NO_PROPERTIES)
                elif kind == SUBSCRIBE:
                    self._send(0x90, body[:2] + NO_PROPERTIES + b"\1")
                    self.subscribed.set()
                elif kind == PUBACK:
                    self.acknowledged.append(int.from_bytes(body[:2], "big"))
                elif kind == PINGREQ:
                    self._send(0xD0, b"")
        writer.close()

    def publish(self, number: int, topic: str, payload: bytes) -> None:
        """A message at QoS 1 under a packet number."""
        name = topic.encode()
        self._send(0x32, len(name).to_bytes(2, "big") + name + number.to_bytes(2, "big") + NO_PROPERTIES + payload)

    def _send(self, head: int, body: bytes) -> None:
        assert self._writer is not None
        assert len(body) < 128 * 128
        size = bytes([len(body)]) if len(body) < 128 else bytes([len(body) & 0x7F | 0x80, len(body) >> 7])
        self._writer.write(bytes([head]) + size + body)


async def packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Kind and body of the next packet. Raises IncompleteReadError at the end."""
    head = (await reader.readexactly(1))[0]
    size = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return head >> 4, await reader.readexactly(size)


@contextlib.asynccontextmanager
async def broker5(port: int, context: ssl.SSLContext) -> AsyncIterator[Broker5]:
    """Listening, over TLS."""
    broker = Broker5()
    server = await asyncio.start_server(broker.serve, "127.0.0.1", port, ssl=context)
    try:
        yield broker
    finally:
        server.close()
