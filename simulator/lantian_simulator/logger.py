"""A data logger 数采仪: measures by the suite's clock, uploads over TCP and keeps what was not acknowledged.

Flow of HJ 212-2017 6.5: every upload has its own QN and asks for an answer; without one it is sent again, unchanged,
after 10 s and at most 3 times; then the link counts as down, the logger connects anew after a growing pause and goes on
with its backlog in order. Time-outs are wall time, because the network is real; what is measured when is suite time.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lantian_kit.clock import Clock
from lantian_simulator import reports
from lantian_simulator.frames import DATA_REPLY, DAY, HOUR, REAL_TIME, FrameError, read_reply, request_number, upload
from lantian_simulator.plant import DAY_MS, HOUR_MS, MINUTE_MS, Samples, Stack

INTERVAL_MS = 10 * MINUTE_MS
"""Real-time data every 10 minutes: within the 30 to 3600 s of HJ 212-2017 table 4."""

_LOCAL_MS = 8 * HOUR_MS


@dataclass(frozen=True)
class Timing:
    """Wall seconds and counts of the link."""

    answer_seconds: float = 10.0
    repeats: int = 3
    connect_seconds: float = 5.0
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 8.0


@dataclass(frozen=True)
class Acknowledged:
    """A frame the platform answered: who, what, when measured, its QN, and when it was first sent and answered."""

    station: str
    command: str
    data_time_ms: int
    request: str
    sent_ms: int
    sent_wall_ms: int
    acknowledged_wall_ms: int


@dataclass
class Counters:
    """What one logger, or a fleet of them, has done."""

    measured: int = 0
    acknowledged: int = 0
    repeated: int = 0
    reconnected: int = 0
    refused: int = 0
    stray_replies: int = 0

    def add(self, other: "Counters") -> None:
        """Add another's counts to these."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class _Upload:
    command: str
    data_time_ms: int
    content: str
    request: str = ""
    frame: bytes = b""
    sent_ms: int = 0
    sent_wall_ms: int = 0
    times: int = 0


class Sender(Protocol):
    """The writing half of a connection; `asyncio.StreamWriter` is one."""

    def write(self, data: bytes) -> None:
        """Queue bytes."""

    async def drain(self) -> None:
        """Wait until the queue is short."""

    def close(self) -> None:
        """Close both halves."""


Connect = Callable[[str, int], Awaitable[tuple[asyncio.StreamReader, Sender]]]
"""Opens a connection to host and port."""


async def open_tcp(host: str, port: int) -> tuple[asyncio.StreamReader, Sender]:
    """Open a TCP connection."""
    return await asyncio.open_connection(host, port)


class LinkDown(Exception):
    """The platform did not answer, answered nonsense or closed the connection."""


@dataclass
class Station:
    """Who a logger is: MN and password, its stack, and the spans (start, end in ms) in which it has no power."""

    number: str
    password: str
    stack: Stack
    silences: Sequence[tuple[int, int]] = field(default_factory=tuple)


class Logger:
    """One data logger. `run` works until it is cancelled; `stop_measuring` lets it deliver what it has."""

    def __init__(
        self,
        station: Station,
        *,
        clock: Clock,
        host: str,
        port: int,
        acknowledged: Callable[[Acknowledged], None],
        delay_ms: int = 5_000,
        timing: Timing | None = None,
        connect: Connect = open_tcp,
    ) -> None:
        """`delay_ms` is the suite time between the end of a period and its upload."""
        self.counters = Counters()
        self._station = station
        self._clock = clock
        self._host = host
        self._port = port
        self._acknowledged = acknowledged
        self._delay_ms = delay_ms
        self._timing = timing or Timing()
        self._connect = connect
        self._backlog: deque[_Upload] = deque()
        self._filled = asyncio.Event()
        self._measuring = True
        self._writer: Sender | None = None
        self._last_request_ms = 0
        self._hour: Samples | None = None

    @property
    def backlog(self) -> int:
        """Uploads not acknowledged yet."""
        return len(self._backlog)

    def stop_measuring(self) -> None:
        """Take no more samples; the backlog is still delivered."""
        self._measuring = False

    async def run(self, start_ms: int) -> None:
        """Measure from `start_ms` (suite time) on and upload, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._measure(start_ms))
                tasks.create_task(self._deliver())
        finally:
            self._hang_up()

    async def _measure(self, start_ms: int) -> None:
        due = -(-start_ms // INTERVAL_MS) * INTERVAL_MS
        while True:
            await self._clock.sleep((due + self._delay_ms - self._clock.now_ms()) / 1000)
            if not self._measuring:
                return
            if any(start <= due < end for start, end in self._station.silences):
                if not self._backlog:
                    self._hang_up()
            else:
                for command, data_time, content in self._due(due, start_ms):
                    self._backlog.append(_Upload(command, data_time, content))
                    self.counters.measured += 1
                self._filled.set()
            due += INTERVAL_MS

    def _due(self, now_ms: int, start_ms: int) -> list[tuple[str, int, str]]:
        """Return what a ten-minute mark brings: (command, DataTime in ms, content), oldest period first."""
        uploads = []
        hour_ms = now_ms - HOUR_MS
        if now_ms % HOUR_MS == 0 and hour_ms >= start_ms and not self._silent(hour_ms, now_ms):
            uploads.append((HOUR, hour_ms, reports.hour(self._samples(hour_ms))))
        if (now_ms + _LOCAL_MS) % DAY_MS == 0:
            day_ms = now_ms - DAY_MS
            samples = self._station.stack.samples(day_ms, 24).without(self._station.silences)
            uploads.append((DAY, day_ms, reports.day(samples)))
        current = now_ms - now_ms % HOUR_MS
        minute = (now_ms - current) // MINUTE_MS
        uploads.append((REAL_TIME, now_ms, reports.real_time(self._samples(current), minute)))
        return uploads

    def _silent(self, start_ms: int, end_ms: int) -> bool:
        return any(start < end_ms and start_ms < end for start, end in self._station.silences)

    def _samples(self, hour_ms: int) -> Samples:
        if self._hour is None or self._hour.start_ms != hour_ms:
            self._hour = self._station.stack.samples(hour_ms, 1)
        return self._hour

    async def _deliver(self) -> None:
        pause = self._timing.first_pause_seconds
        while True:
            await self._wait_for_backlog()
            before = self.counters.acknowledged
            try:
                await self._talk()
            except (OSError, TimeoutError, LinkDown):
                self.counters.reconnected += 1
            finally:
                self._hang_up()
            if self.counters.acknowledged > before:
                pause = self._timing.first_pause_seconds
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._timing.longest_pause_seconds)

    async def _wait_for_backlog(self) -> None:
        while not self._backlog:
            self._filled.clear()
            await self._filled.wait()

    async def _talk(self) -> None:
        async with asyncio.timeout(self._timing.connect_seconds):
            reader, writer = await self._connect(self._host, self._port)
        self._writer = writer
        while True:
            await self._wait_for_backlog()
            if self._writer is None:  # hung up meanwhile, for want of power
                return
            item = self._backlog[0]
            self._address(item)
            await self._exchange(reader, writer, item)
            self._backlog.popleft()
            self.counters.acknowledged += 1
            self._acknowledged(
                Acknowledged(
                    self._station.number,
                    item.command,
                    item.data_time_ms,
                    item.request,
                    item.sent_ms,
                    item.sent_wall_ms,
                    self._clock.wall_ms(),
                )
            )

    def _address(self, item: _Upload) -> None:
        """Give an upload its QN and bytes when it is sent for the first time; a repeat keeps both."""
        if item.frame:
            return
        item.sent_ms = max(self._clock.now_ms(), self._last_request_ms + 1)
        item.sent_wall_ms = self._clock.wall_ms()
        self._last_request_ms = item.sent_ms
        item.request = request_number(item.sent_ms)
        item.frame = upload(
            number=item.request,
            command=item.command,
            station=self._station.number,
            password=self._station.password,
            content=item.content,
        )

    async def _exchange(self, reader: asyncio.StreamReader, writer: Sender, item: _Upload) -> None:
        for _ in range(1 + self._timing.repeats):
            self.counters.repeated += item.times > 0
            item.times += 1
            writer.write(item.frame)
            await writer.drain()
            try:
                async with asyncio.timeout(self._timing.answer_seconds):
                    await self._answer(reader, item.request)
            except TimeoutError:
                continue
            return
        raise LinkDown(f"no answer to {item.request}")

    async def _answer(self, reader: asyncio.StreamReader, request: str) -> None:
        """Read replies until the one to `request`; replies to earlier repeats are counted and passed over."""
        while True:
            try:
                head = await reader.readexactly(6)
                if head[:2] != b"##" or not head[2:].isdigit():
                    raise LinkDown("reply without frame header")
                reply = read_reply(head + await reader.readexactly(int(head[2:]) + 6))
            except (asyncio.IncompleteReadError, FrameError) as error:
                raise LinkDown(str(error)) from error
            if reply.request == request:
                if reply.command == DATA_REPLY:
                    return
                self.counters.refused += 1
                raise LinkDown(f"{request} was answered with {reply.command}")
            self.counters.stray_replies += 1

    def _hang_up(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
