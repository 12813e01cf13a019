"""Detection against stock Faust on one topic of a real broker: same records, same engine, three rules on, interleaved.

Lantian runs as the service does: whole fetches, leads awaited at the broker, state saved every two seconds by a
transactional producer. Stock Faust keeps its state in memory only, which favours it. CPU time is that of the whole
contender process, from its first record to its last.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench import traffic
from lantian_kit.bus import create_topics, partition_of
from lantian_local.kafka import kafka
from lantian_local.part import Child, await_ready
from lantian_local.ports import PortLease
from lantian_proto.topics import ALERTS_STATE, LEADS, READINGS, REGISTRY, TOPICS, Topic

ROOT = Path(__file__).resolve().parents[1]
PARTITIONS = 4
STOCK_RECORDS = 14_000
WARM_FRAMES = 3 * traffic.SOURCES  # every source known and its state made before the stopwatch starts
SINGLE_FRAMES = 200_000
PACKED_FRAMES, PACK = 800_000, 100
ROUNDS = 5


@contextmanager
def broker() -> Iterator[str]:
    """A real broker of its own."""
    with tempfile.TemporaryDirectory(prefix="lantian-bench-") as folder:
        lease = PortLease()
        part = kafka(Path(folder), port=lease.any(), controller=lease.any(), jar_cache=ROOT / ".local" / "jars")
        part.prepare(print)
        child = Child(part)
        try:
            await_ready(child, 120)
            yield part.address
        finally:
            child.stop()
            lease.release()


async def fill(bootstrap: str, topic: str, records: Iterator[tuple[int, bytes]]) -> int:
    """Writes records to the partitions of their sources; returns how many."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=20, max_batch_size=512 * 1024, compression_type="lz4"
    )
    await producer.start()
    count = 0
    try:
        for partition, value in records:
            await producer.send(topic, value, partition=partition)
            count += 1
        await producer.flush()
    finally:
        await producer.stop()
    return count


def contend(name: str, bootstrap: str, topic: str, records: int, warm: int) -> dict[str, float]:
    """Runs one contender in a process of its own."""
    command = [sys.executable, "-m", f"bench.contenders.{name}", "--bootstrap", bootstrap, "--topic", topic]
    command += ["--group", f"{name}-{uuid.uuid4().hex[:6]}", "--records", str(records)]
    command += ["--warm", str(warm)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"{name} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    result: dict[str, float] = json.loads(lines[-1])
    return result


def _topics(bootstrap: str) -> None:
    plain = [Topic(name, "", "", PARTITIONS, 3_600_000, "delete", "bench", (), "", ()) for name in ("single", "packed")]
    ours = [replace(TOPICS[name], partitions=PARTITIONS) for name in (ALERTS_STATE, LEADS, READINGS)]
    create_topics(bootstrap, [*plain, *ours, TOPICS[REGISTRY], TOPICS["dead-letters.v1"]])


def main() -> dict[str, object]:
    """The result: frames per CPU second of each contender, and the ratios."""
    rates: dict[str, list[float]] = {"stock_faust": [], "lantian": [], "lantian_packed": []}
    with broker() as bootstrap:
        _topics(bootstrap)
        single = asyncio.run(fill(bootstrap, "single", traffic.records(SINGLE_FRAMES, 1, PARTITIONS, partition_of)))
        packed_records = asyncio.run(
            fill(bootstrap, "packed", traffic.records(PACKED_FRAMES, PACK, PARTITIONS, partition_of))
        )
        contend("lantian", bootstrap, "single", 1000, 0)  # compiles
        for _ in range(ROUNDS):
            stock = contend("stock_faust", bootstrap, "single", STOCK_RECORDS, WARM_FRAMES)
            rates["stock_faust"].append(stock["records"] / stock["cpu_seconds"])
            ours = contend("lantian", bootstrap, "single", single, WARM_FRAMES)
            rates["lantian"].append(ours["records"] / ours["cpu_seconds"])
            packed = contend("lantian", bootstrap, "packed", packed_records, WARM_FRAMES // PACK)
            rates["lantian_packed"].append(packed["records"] * PACK / packed["cpu_seconds"])
    ratios = [ours / stock for ours, stock in zip(rates["lantian"], rates["stock_faust"], strict=True)]
    packed_ratios = [ours / stock for ours, stock in zip(rates["lantian_packed"], rates["stock_faust"], strict=True)]
    middle = {name: statistics.median(found) for name, found in rates.items()}
    return {
        "frames_per_cpu_second": {name: [round(rate) for rate in found] for name, found in rates.items()},
        "median": {name: round(rate) for name, rate in middle.items()},
        "ratio_to_stock_faust": {
            "median": round(statistics.median(ratios), 1),
            "of_medians": round(middle["lantian"] / middle["stock_faust"], 1),
            "rounds": [round(r, 1) for r in ratios],
        },
        "packed_ratio_to_stock_faust": {
            "median": round(statistics.median(packed_ratios), 1),
            "of_medians": round(middle["lantian_packed"] / middle["stock_faust"], 1),
            "rounds": [round(r, 1) for r in packed_ratios],
        },
        "readings_per_frame": len(traffic.CODES),
        "rounds": ROUNDS,
    }
