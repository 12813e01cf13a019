"""The gateway as a process: sockets, frames, evidence and readings acknowledged by a real broker, answer 9014.

Rate: 200 connections that keep 16 frames unanswered each, as platforms that forward do, or 2,000 with one each, as
single devices do; frames per CPU second of the ingest process alone, all its threads, what the kernel does for it
included. Latency: frames due one after another at 5,000 a second over 200 connections, from when a frame was due to its
answer read.
Memory: 10,000 connections that have sent a frame each. Inside: the same code in this process, without sockets and
Kafka. Generator and broker run on the same cores as ingest, so wall clock figures are those of a machine that carries
all three.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench import gateway_inside
from bench.detection import broker
from bench.gateway_client import Senders, Traffic, mn
from bench.rounds import ROOT
from lantian_kit.bus import create_topics
from lantian_local.ports import PortLease
from lantian_proto.topics import REGISTRY, TOPICS
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange

PARTITIONS = 4
SENDERS = 10_000
ACTIVE = 200
WARM_FRAMES = 20_000
MANY = 2_000
ROUNDS = {16: (3, 60_000, ACTIVE), 1: (2, 30_000, MANY)}  # frames under way of each: rounds, frames, connections
PACED_PER_SECOND, PACED_SECONDS = 5_000, 15.0
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Gateway:
    """The process under measurement."""

    def __init__(self, bootstrap: str, port: int, http: int) -> None:
        self.port, self._http = port, http
        settings = {
            "KAFKA_BOOTSTRAP": bootstrap, "HJ212_PORT": port, "HTTP_PORT": http, "LOG_LEVEL": "WARNING",
            "VEHICLE_PORT": 0, "CONNECTIONS_AT_MOST": SENDERS + 100, "CONNECTIONS_PER_ADDRESS_AT_MOST": SENDERS + 100,
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


def frames(traffic: Traffic, total: int, connections: int = ACTIVE) -> list[list[bytes]]:
    """So many in all, shared among the connections."""
    return [[traffic.frame(number) for _ in range(total // connections)] for number in range(connections)]


def rate(found: Gateway, senders: Senders, traffic: Traffic, total: int, window: int) -> dict[str, float]:
    """As fast as it goes with so many frames under way of each connection."""
    made = frames(traffic, total, len(senders.all))
    cpu = found.cpu_seconds
    wall = senders.rate(made, window)
    spent = found.cpu_seconds - cpu
    return {
        "frames": total,
        "cpu_seconds": round(spent, 2),
        "frames_per_cpu_second": round(total / spent),
        "frames_per_wall_second": round(total / wall),
    }


def paced(found: Gateway, senders: Senders, traffic: Traffic) -> dict[str, float]:
    """Frames at their times."""
    total = int(PACED_PER_SECOND * PACED_SECONDS)
    made = frames(traffic, total)
    cpu, begin = found.cpu_seconds, time.perf_counter()
    seconds = senders.paced(made, PACED_PER_SECOND)
    wall = time.perf_counter() - begin
    cuts = statistics.quantiles(seconds, n=1000)
    return {
        "frames_per_second": PACED_PER_SECOND,
        "frames": total,
        "p50_ms": round(cuts[499] * 1000, 1),
        "p99_ms": round(cuts[989] * 1000, 1),
        "p999_ms": round(cuts[998] * 1000, 1),
        "ingest_cores": round((found.cpu_seconds - cpu) / wall, 2),
    }


def idle(found: Gateway, traffic: Traffic) -> dict[str, float]:
    """Memory of the process before and after all senders are connected and have sent a frame each."""
    before = found.resident_bytes
    senders = Senders(found.port, SENDERS)
    senders.rate([[traffic.frame(number)] for number in range(SENDERS)], 1)
    after = found.resident_bytes
    senders.close()
    return {
        "connections": SENDERS,
        "resident_megabytes_before": round(before / 1e6, 1),
        "resident_megabytes_after": round(after / 1e6, 1),
        "kilobytes_per_connection": round((after - before) / SENDERS / 1024, 1),
    }


def _say(what: str, result: object) -> None:
    sys.stderr.write(f"{what}: {json.dumps(result)}\n")


def measure(bootstrap: str) -> dict[str, object]:
    """All of it against one process."""
    inside = gateway_inside.main()
    _say("inside", inside)
    asyncio.run(register(bootstrap))
    traffic = Traffic(SENDERS)
    rates: dict[str, object] = {}
    with gateway(bootstrap) as found:
        asyncio.run(found.ready())
        senders = Senders(found.port, ACTIVE)
        _say("warm", rate(found, senders, traffic, WARM_FRAMES, 16))
        latency = paced(found, senders, traffic)
        _say("paced", latency)
        for window, (rounds, total, connections) in ROUNDS.items():
            if connections != len(senders.all):
                senders.close()
                senders = Senders(found.port, connections)
            found_rates = [rate(found, senders, traffic, total, window) for _ in range(rounds)]
            _say(f"{window} under way", found_rates)
            rates[f"{window}_under_way_of_each_of_{connections}"] = {
                "frames_per_cpu_second": round(statistics.median(one["frames_per_cpu_second"] for one in found_rates)),
                "rounds": found_rates,
            }
        senders.close()
        memory = idle(found, traffic)
        _say("memory", memory)
    return {"through_the_socket": rates, "inside": inside, "latency": latency, "memory": memory}


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
    return measure(bootstrap)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.stdout.write(json.dumps(main(sys.argv[1:]), indent=2) + "\n")
