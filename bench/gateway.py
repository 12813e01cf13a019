"""The gateway as a process: sockets, frames, evidence and readings acknowledged by a real broker, answer 9014.

Three measurements. Rate: 200 connections that keep 32 frames unanswered each; frames per CPU second of the ingest
process alone, all threads. Latency: frames sent on time at a given rate, first byte written to answer read. Memory:
10,000 idle connections that have sent a frame each. Generator and broker run on the same cores as ingest, so the wall
clock figures are those of a machine that carries all three.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench.decode_hj212 import CODES
from bench.detection import broker
from bench.rounds import ROOT
from lantian_ingest.decoders.hj212 import checkcode
from lantian_kit.bus import create_topics
from lantian_local.ports import PortLease
from lantian_proto.topics import REGISTRY, TOPICS
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange

PARTITIONS = 4
RANGES = {"a01013": (-0.9, 0.9), "a01011": (4.0, 20.0), "a00000": (5.0, 80.0)}  # in their units: none is converted
SENDERS = 10_000
ACTIVE = 200
WINDOW = 32
WARM_FRAMES, FRAMES = 10_000, 40_000
ROUNDS = 3
PACED_PER_SECOND, PACED_SECONDS = 5_000, 12.0
LOCAL = timedelta(hours=8)
TURN_SECONDS = 0.005
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
ACCEPTED = b"CN=9014"


def mn(number: int) -> str:
    """24 characters, as the standard has them."""
    return f"0100BE{number:018d}"


class Traffic:
    """Frames of ten factors, no two of one sender with the same DataTime; none an hour old, which is back-fill."""

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self._next = [0] * SENDERS
        self._values = [
            ";".join(
                f"{code}-Rtd={self._chance.uniform(*RANGES.get(code, (0, 200))):.3f},{code}-Flag=N" for code in CODES
            )
            for _ in range(512)
        ]
        self._begin = datetime.now(UTC) + LOCAL - timedelta(minutes=40)

    def frame(self, sender: int) -> bytes:
        """The sender's next; its QN is its own."""
        number = self._next[sender]
        self._next[sender] += 1
        at = self._begin + timedelta(seconds=number)
        qn = f"{at:%Y%m%d%H%M%S}{sender % 1000:03d}"
        segment = (
            f"QN={qn};ST=31;CN=2011;PW=123456;MN={mn(sender)};Flag=5;"
            f"CP=&&DataTime={at:%Y%m%d%H%M%S};{self._values[(number + sender) % 512]}&&"
        ).encode()
        return b"##%04d%s%s\r\n" % (len(segment), segment, checkcode.text(segment))


class Device(asyncio.Protocol):
    """One connection; keeps the frames it was given `window` at a time under way, or sends them when told."""

    def __init__(self, answered: "Answers") -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: list[bytes] = []
        self.sent_at: list[float] = []
        self._answered = answered
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def send(self, count: int) -> None:
        """The next `count` frames in one write."""
        assert self.transport is not None
        frames, self.waiting = self.waiting[:count], self.waiting[count:]
        if frames:
            self.sent_at += [time.perf_counter()] * len(frames)
            self.transport.write(b"".join(frames))

    def data_received(self, data: bytes) -> None:
        whole, _, self._rest = (self._rest + data).rpartition(b"\r\n")
        count = whole.count(ACCEPTED)
        now = time.perf_counter()
        self._answered.note([now - at for at in self.sent_at[:count]])  # answers of one link keep the frames' order
        del self.sent_at[:count]
        self.send(count)


class Answers:
    """Counts answers and their times."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._wanted = 0
        self._enough = asyncio.Event()

    def note(self, seconds: list[float]) -> None:
        """More answers."""
        self.seconds += seconds
        if len(self.seconds) >= self._wanted:
            self._enough.set()

    async def wait(self, wanted: int, seconds: float) -> None:
        """Until so many are there. Raises TimeoutError."""
        self._wanted = wanted
        self._enough.clear()
        if len(self.seconds) < wanted:
            async with asyncio.timeout(seconds):
                await self._enough.wait()


class Gateway:
    """The process under measurement."""

    def __init__(self, bootstrap: str, port: int, http: int) -> None:
        self.port, self._http = port, http
        settings = {
            "KAFKA_BOOTSTRAP": bootstrap, "HJ212_PORT": port, "HTTP_PORT": http, "LOG_LEVEL": "WARNING",
            "VEHICLE_PORT": 0, "CONNECTIONS_AT_MOST": SENDERS + 100,
        }  # fmt: skip
        environment = os.environ | {f"LANTIAN_{name}": str(value) for name, value in settings.items()}
        self._process = subprocess.Popen([sys.executable, "-m", "lantian_ingest"], env=environment)

    async def ready(self) -> None:
        """Waits until it answers on its port for readiness."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                await asyncio.to_thread(self._ask)
                return
            except OSError:
                await asyncio.sleep(0.3)
        raise RuntimeError("ingest does not become ready")

    def _ask(self) -> None:
        urllib.request.urlopen(f"http://127.0.0.1:{self._http}/readyz", timeout=2).close()

    @property
    def cpu_seconds(self) -> float:
        """CPU time so far, of all threads."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    @property
    def resident_bytes(self) -> int:
        """Resident memory."""
        return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        self._process.wait(60)


@contextmanager
def gateway(bootstrap: str) -> Iterator[Gateway]:
    """An ingest of its own."""
    lease = PortLease()
    found = Gateway(bootstrap, lease.any(), lease.any())
    try:
        yield found
    finally:
        found.stop()
        lease.release()


async def register(bootstrap: str) -> None:
    """All senders as feeds."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=20)
    await producer.start()
    for number in range(SENDERS):
        feed = Feed(
            feed_id=mn(number), source_id=f"outlet-{number:06d}", protocol="hj212", real_time_interval_seconds=60
        )
        change = RegistryChange(kind="feed", id=feed.feed_id, feed=feed)
        await producer.send(REGISTRY, change.SerializeToString(), key=f"feed/{feed.feed_id}".encode())
    await producer.flush()
    await producer.stop()


async def connect(port: int, count: int, answers: Answers) -> list[Device]:
    """So many connections, a hundred at a time."""
    loop = asyncio.get_running_loop()
    devices: list[Device] = []
    for start in range(0, count, 100):
        made = [
            loop.create_connection(lambda: Device(answers), "127.0.0.1", port)
            for _ in range(start, min(start + 100, count))
        ]
        devices += [device for _, device in await asyncio.gather(*made)]
    return devices


async def rate(found: Gateway, traffic: Traffic, frames: int) -> dict[str, float]:
    """As fast as it goes: each connection has WINDOW frames under way."""
    answers = Answers()
    devices = await connect(found.port, ACTIVE, answers)
    for number, device in enumerate(devices):
        device.waiting = [traffic.frame(number) for _ in range(frames // ACTIVE)]
    begin, cpu = time.perf_counter(), found.cpu_seconds
    for device in devices:
        device.send(WINDOW)
    await answers.wait(frames // ACTIVE * ACTIVE, 300)
    spent, wall = found.cpu_seconds - cpu, time.perf_counter() - begin
    for device in devices:
        assert device.transport is not None
        device.transport.close()
    return {
        "frames": frames,
        "cpu_seconds": round(spent, 2),
        "frames_per_cpu_second": round(frames / spent),
        "frames_per_wall_second": round(frames / wall),
    }


async def paced(found: Gateway, traffic: Traffic, per_second: int, seconds: float) -> dict[str, float]:
    """Frames at their times, spread over all connections; the answer's time counts from when a frame was due."""
    answers = Answers()
    devices = await connect(found.port, ACTIVE, answers)
    total = int(per_second * seconds)
    for number, device in enumerate(devices):
        device.waiting = [traffic.frame(number) for _ in range(total // ACTIVE + 1)]
    begin, cpu, sent = time.perf_counter(), found.cpu_seconds, 0
    while sent < total:
        due = min(total, int((time.perf_counter() - begin) * per_second))
        for number in range(sent, due):
            device = devices[number % ACTIVE]
            assert device.transport is not None
            device.sent_at.append(begin + number / per_second)
            device.transport.write(device.waiting[number // ACTIVE])
        sent = due
        await asyncio.sleep(TURN_SECONDS)
    offered = total / (time.perf_counter() - begin)
    for device in devices:
        device.waiting = []
    await answers.wait(total, 120)
    cuts = statistics.quantiles(answers.seconds, n=1000)
    for device in devices:
        assert device.transport is not None
        device.transport.close()
    return {
        "frames_per_second_wanted": per_second,
        "frames_per_second_offered": round(offered),
        "p50_ms": round(cuts[499] * 1000, 1),
        "p99_ms": round(cuts[989] * 1000, 1),
        "p999_ms": round(cuts[998] * 1000, 1),
        "ingest_cores": round((found.cpu_seconds - cpu) / (time.perf_counter() - begin), 2),
    }


async def idle(found: Gateway, traffic: Traffic) -> dict[str, float]:
    """Memory of the process before and after all senders are connected and have sent a frame each."""
    answers = Answers()
    before = found.resident_bytes
    devices = await connect(found.port, SENDERS, answers)
    for number, device in enumerate(devices):
        device.waiting = [traffic.frame(number)]
        device.send(1)
        if number % 100 == 0:
            await asyncio.sleep(0.02)
    await answers.wait(SENDERS, 120)
    after = found.resident_bytes
    for device in devices:
        assert device.transport is not None
        device.transport.abort()
    return {
        "connections": SENDERS,
        "resident_megabytes_before": round(before / 1e6, 1),
        "resident_megabytes_after": round(after / 1e6, 1),
        "bytes_per_connection": round((after - before) / SENDERS),
    }


def _say(what: str, result: dict[str, float]) -> None:
    sys.stderr.write(f"{what}: {json.dumps(result)}\n")


async def measure(bootstrap: str) -> dict[str, object]:
    """All three against one process."""
    await register(bootstrap)
    traffic = Traffic()
    with gateway(bootstrap) as found:
        await found.ready()
        _say("warm", await rate(found, traffic, WARM_FRAMES))
        rates = []
        for _ in range(ROUNDS):
            rates.append(await rate(found, traffic, FRAMES))
            _say("rate", rates[-1])
        latency = await paced(found, traffic, PACED_PER_SECOND, PACED_SECONDS)
        memory = await idle(found, traffic)
    return {
        "frames_per_cpu_second": {
            "median": round(statistics.median(one["frames_per_cpu_second"] for one in rates)),
            "rounds": [one["frames_per_cpu_second"] for one in rates],
            "frames_per_wall_second": [one["frames_per_wall_second"] for one in rates],
        },
        "latency": latency,
        "memory": memory,
    }


def main(argv: list[str]) -> dict[str, object]:
    """Starts a broker unless one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", help="an empty broker; one is started when none is named")
    bootstrap = parser.parse_args(argv).bootstrap
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if bootstrap:
        return _measured(bootstrap)
    with broker() as address:
        return _measured(address)


def _measured(bootstrap: str) -> dict[str, object]:
    create_topics(
        bootstrap, [replace(topic, partitions=min(PARTITIONS, topic.partitions)) for topic in TOPICS.values()]
    )
    return asyncio.run(measure(bootstrap))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.stdout.write(json.dumps(main(sys.argv[1:]), indent=2) + "\n")
