"""Many cheap devices in one process: sockets, frames with a number of their own, and when each was answered."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from lantian_ingest.decoders.hj212 import checkcode
from lantian_ingest.decoders.hj212.reply import local_time
from tests.endurance.gateway import name_of

QN = b"QN="


def upload(device: int, number: int, value: float, *, at_ms: int | None = None, answer: bool = True) -> bytes:
    """A real-time frame of now, or an hour of `at_ms`; `number` (up to nine digits) makes its QN one of a kind."""
    now = at_ms if at_ms is not None else int(time.time() * 1000)
    moment = local_time(now)
    cn, suffix = ("2011", "Rtd") if at_ms is None else ("2061", "Avg")
    head = f"QN=20261122{number:09d};ST=31;CN={cn};PW=123456;MN={name_of(device)};Flag={5 if answer else 4};"
    data = f"CP=&&DataTime={moment};a21026-{suffix}={value:.3f},a21026-Flag=N;a19001-{suffix}=11.2,a19001-Flag=N&&"
    segment = (head + data).encode()
    return b"##%04d%s%s\r\n" % (len(segment), segment, checkcode.text(segment))


@dataclass
class Tally:
    """What all devices together saw; latencies in seconds, one an answer."""

    sent: dict[int, float] = field(default_factory=dict)  # number of a frame: when, of those not answered
    answered: dict[int, float] = field(default_factory=dict)  # number: latency
    refused: int = 0
    lost: int = 0


class Device(asyncio.Protocol):
    """One connection."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._rest = b""
        self.transport: asyncio.Transport | None = None
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.open = True

    def data_received(self, data: bytes) -> None:
        *whole, self._rest = (self._rest + data).split(b"\r\n")
        now = time.monotonic()
        for line in whole:
            at = line.find(QN)
            number = int(line[at + 11 : at + 20])
            sent = self._tally.sent.pop(number, None)
            if sent is not None:
                self._tally.answered[number] = now - sent

    def connection_lost(self, exc: Exception | None) -> None:
        if self.open:
            self._tally.lost += 1
        self.open = False

    def send(self, number: int, frame: bytes) -> None:
        """One frame under its number."""
        if self.transport is not None and self.open:
            self._tally.sent[number] = time.monotonic()
            self.transport.write(frame)

    def hang_up(self) -> None:
        """The device's own wish: not counted as lost."""
        self.open = False
        if self.transport is not None:
            self.transport.abort()


async def connect(port: int, devices: Sequence[int], tally: Tally, *, at_once: int = 20_000) -> list[Device]:
    """One connection a device; those refused are counted and missing in the list."""
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(at_once)

    async def one() -> Device | None:
        async with gate:
            with contextlib.suppress(OSError):
                _, device = await loop.create_connection(lambda: Device(tally), "127.0.0.1", port)
                return device
        tally.refused += 1
        return None

    made = await asyncio.gather(*(one() for _ in devices))
    return [device for device in made if device is not None]


async def all_answered(tally: Tally, seconds: float) -> None:
    """Waits until no frame is without its answer. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while tally.sent:  # noqa: ASYNC110  # answers come by callback, many a millisecond
            await asyncio.sleep(0.02)
