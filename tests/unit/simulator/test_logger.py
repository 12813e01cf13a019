"""A logger against a platform in memory: answers, silence, lost links, order."""

import asyncio
from collections.abc import Callable

import pytest

from lantian_kit.clock import ManualClock
from lantian_simulator.frames import envelope, identity
from lantian_simulator.industries import INDUSTRIES
from lantian_simulator.logger import Acknowledged, Logger, Sender, Station, Timing
from lantian_simulator.plant import HOUR_MS, Stack

START = 1_768_474_800_000
QUICK = Timing(answer_seconds=0.02, repeats=3, first_pause_seconds=0.001, longest_pause_seconds=0.004)


class Platform:
    """Takes connections in memory; `answer` gives the reply to a frame, None for silence, b"" to hang up."""

    def __init__(self, answer: Callable[[int, bytes], bytes | None]) -> None:
        self.frames: list[bytes] = []
        self.connections = 0
        self._answer = answer

    async def connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, Sender]:
        self.connections += 1
        reader = asyncio.StreamReader()
        return reader, _Line(self, reader)

    def take(self, reader: asyncio.StreamReader, frame: bytes) -> None:
        self.frames.append(frame)
        reply = self._answer(len(self.frames), frame)
        if reply:
            reader.feed_data(reply)
        elif reply == b"":
            reader.feed_eof()


class _Line:
    def __init__(self, platform: Platform, reader: asyncio.StreamReader) -> None:
        self._platform = platform
        self._reader = reader

    def write(self, data: bytes) -> None:
        self._platform.take(self._reader, data)

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        return None


def reply(frame: bytes, command: str = "9014") -> bytes:
    _, _, request = identity(frame)
    return envelope(f"QN={request};ST=91;CN={command};PW=1;MN=M;Flag=4;CP=&&&&".encode())


class Bench:
    """A logger on a clock moved by hand."""

    def __init__(self, platform: Platform, silences: list[tuple[int, int]] | None = None) -> None:
        self.clock = ManualClock(START)
        self.acknowledged: list[Acknowledged] = []
        self.moved = asyncio.Event()
        station = Station("M" * 24, "123456", Stack(0, INDUSTRIES[0], 1), silences or [])
        self.logger = Logger(
            station,
            clock=self.clock,
            host="",
            port=0,
            acknowledged=self._note,
            timing=QUICK,
            connect=platform.connect,
        )

    def _note(self, frame: Acknowledged) -> None:
        self.acknowledged.append(frame)
        self.moved.set()

    async def run(self, minutes: int) -> None:
        """Let `minutes` of suite time pass and everything be delivered, or tried for a second."""
        task = asyncio.create_task(self.logger.run(START))
        for _ in range(minutes):
            await asyncio.sleep(0)
            self.clock.advance(60)
            for _ in range(20):
                await asyncio.sleep(0)
        async with asyncio.timeout(5):
            while self.logger.backlog or not self.acknowledged:
                self.moved.clear()
                await self.moved.wait()
                await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_ten_minutes_and_hours_are_uploaded_in_order() -> None:
    """Seven real-time uploads and one hour upload in the first 61 minutes, the hour before the value of its end."""
    platform = Platform(lambda _, frame: reply(frame))
    bench = Bench(platform)
    await bench.run(61)
    assert [frame.command for frame in bench.acknowledged] == ["2011"] * 6 + ["2061", "2011"]
    times = [frame.data_time_ms - START for frame in bench.acknowledged]
    assert times == [0, 600_000, 1_200_000, 1_800_000, 2_400_000, 3_000_000, 0, HOUR_MS]
    assert len({frame.request for frame in bench.acknowledged}) == 8
    assert platform.connections == 1


async def test_midnight_brings_the_day() -> None:
    """2031 for the day that has ended, labelled with its start."""
    platform = Platform(lambda _, frame: reply(frame))
    bench = Bench(platform)
    await bench.run(5 * 60 + 1)
    days = [frame for frame in bench.acknowledged if frame.command == "2031"]
    assert [frame.data_time_ms for frame in days] == [START - 19 * HOUR_MS]


async def test_without_an_answer_the_same_bytes_are_sent_again() -> None:
    """Three repeats, then a new connection, still the same bytes; nothing is lost."""
    platform = Platform(lambda count, frame: reply(frame) if count > 5 else None)
    bench = Bench(platform)
    await bench.run(15)
    assert len(set(platform.frames[:6])) == 1
    assert platform.connections == 2
    assert len(bench.acknowledged) == 2
    assert (bench.logger.counters.repeated, bench.logger.counters.reconnected) == (5, 1)


async def test_a_lost_link_keeps_the_backlog_in_order() -> None:
    """The platform hangs up on every second frame."""
    platform = Platform(lambda count, frame: b"" if count % 2 == 0 else reply(frame))
    bench = Bench(platform)
    await bench.run(65)
    realtime = [frame.data_time_ms for frame in bench.acknowledged if frame.command == "2011"]
    assert sorted(realtime) == realtime
    assert len(bench.acknowledged) == 8
    assert bench.logger.counters.reconnected > 0


async def test_replies_to_other_requests_are_passed_over() -> None:
    """A late answer to an earlier repeat does not acknowledge the frame after it."""
    stray = envelope(b"QN=1;ST=91;CN=9014;PW=1;MN=M;Flag=4;CP=&&&&")
    platform = Platform(lambda _, frame: stray + reply(frame))
    bench = Bench(platform)
    await bench.run(11)
    assert bench.logger.counters.stray_replies == 2
    assert len(bench.acknowledged) == 2


async def test_a_refusal_is_no_acknowledgement() -> None:
    """9011 on the first try, 9014 on the second."""
    platform = Platform(lambda count, frame: reply(frame, "9011") if count == 1 else reply(frame))
    bench = Bench(platform)
    await bench.run(1)
    assert bench.logger.counters.refused == 1
    assert len(bench.acknowledged) == 1


async def test_nonsense_breaks_the_link_only() -> None:
    """Bytes that are no frame: a new connection, the frame again."""
    platform = Platform(lambda count, frame: b"HTTP/1.1 400" if count == 1 else reply(frame))
    bench = Bench(platform)
    await bench.run(1)
    assert platform.connections == 2
    assert len(bench.acknowledged) == 1


async def test_no_power_means_no_data() -> None:
    """Nothing is measured in a silence, and hours it touches are not reported."""
    platform = Platform(lambda _, frame: reply(frame))
    bench = Bench(platform, [(START + 360_000, START + 2 * HOUR_MS)])
    await bench.run(3 * 60 + 1)
    times = [(frame.command, (frame.data_time_ms - START) // 60_000) for frame in bench.acknowledged]
    assert times[0] == ("2011", 0)
    assert times[1] == ("2011", 120)
    assert [entry for entry in times if entry[0] == "2061"] == [("2061", 120)]
    assert platform.connections == 2
    assert (bench.logger.counters.repeated, bench.logger.counters.reconnected) == (0, 0)


async def test_a_stopped_logger_delivers_what_it_has() -> None:
    """`stop_measuring` ends the samples, not the delivery."""
    platform = Platform(lambda _, frame: reply(frame))
    bench = Bench(platform)
    await bench.run(11)
    bench.logger.stop_measuring()
    measured = bench.logger.counters.measured
    task = asyncio.create_task(bench.logger.run(START + HOUR_MS))
    for _ in range(30):
        bench.clock.advance(600)
        await asyncio.sleep(0)
    assert measured == bench.logger.counters.measured
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
