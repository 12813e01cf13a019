"""How long a frame waits in alerts at 70,000 frames a second, with the whole catalogue, state saved as always.

Records of a hundred frames, as ingest packs them at that rate, are due one after another; counted is from when a
record was due at its producer to the end of its batch: judged, leads at the broker. Event time runs with the wall
clock: 10,000 sources send seven frames a second each, as 70,000 would one. Producer, broker and detector share the
machine.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaProducer

from bench import traffic
from bench.detection import broker
from bench.rounds import ROOT, end, module
from lantian_kit.bus import create_topics, partition_of
from lantian_proto.topics import ALERTS_STATE, TOPICS, Topic

FRAMES_PER_SECOND = 70_000
PACK, PARTITIONS, SOURCES = 100, 4, 10_000
WARM_SECONDS, SECONDS = 8, 20
WANTED_P99_MS = 50
TOPIC = "paced"

Record = tuple[int, bytes, bytes | None]
Due = dict[int, list[float]]


def _records() -> list[Record]:
    frames = FRAMES_PER_SECOND * (WARM_SECONDS + SECONDS)
    interval_ms = 1000 * SOURCES // FRAMES_PER_SECOND
    return list(traffic.records(frames, PACK, PARTITIONS, partition_of, SOURCES, interval_ms))


async def _pace(bootstrap: str, records: list[Record], begin: float) -> Due:
    """Sends each record when it is due; when that was, by partition in order."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=0, max_batch_size=512 * 1024, compression_type="lz4"
    )
    await producer.start()
    due: Due = defaultdict(list)
    step = (WARM_SECONDS + SECONDS) / len(records)
    try:
        for number, (partition, value, key) in enumerate(records):
            at = begin + number * step
            if (wait := at - time.time()) > 0:
                await asyncio.sleep(wait)
            await producer.send(TOPIC, value, key=key, partition=partition)
            due[partition].append(at)
        await producer.flush()
    finally:
        await producer.stop()
    return due


def waits(due: Due, done: list[tuple[int, int, float]], since: float) -> list[float]:
    """Seconds each record that was due from `since` on waited until its batch was done."""
    taken: dict[int, int] = defaultdict(int)
    found = []
    for partition, count, at in done:
        found += [at - one for one in due[partition][taken[partition] : count] if one >= since]
        taken[partition] = count
    return found


def main() -> dict[str, Any]:
    """Starts a broker and the detector, paces the records, gives the quantiles."""
    records = _records()
    with broker() as bootstrap:
        plain = Topic(TOPIC, "", "", PARTITIONS, 3_600_000, "delete", "bench", (), "", ())
        state = replace(TOPICS[ALERTS_STATE], name="state-paced", partitions=PARTITIONS)
        create_topics(bootstrap, [plain, state, *(topic for topic in TOPICS.values() if topic.name != ALERTS_STATE)])
        task = {
            "records": len(records), "bootstrap": bootstrap, "group": "paced", "topic": TOPIC, "state": state.name,
            "sources": SOURCES,
        }  # fmt: skip
        command = module("timed", json.dumps(task))
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
        try:
            assert child.stdout is not None
            _said(child.stdout, b'{"partitions"')
            begin = time.time() + 1
            due = asyncio.run(_pace(bootstrap, records, begin))
            told = json.loads(_said(child.stdout, b'{"cpu_seconds"'))
        finally:
            end(child)
    found = waits(due, told["done"], begin + WARM_SECONDS)
    cuts = statistics.quantiles(found, n=1000)
    return {
        "frames_per_second": FRAMES_PER_SECOND,
        "frames_per_record": PACK,
        "sources": SOURCES,
        "records": len(found),
        "p50_ms": round(cuts[499] * 1000, 1),
        "p90_ms": round(cuts[899] * 1000, 1),
        "p99_ms": round(cuts[989] * 1000, 1),
        "p999_ms": round(cuts[998] * 1000, 1),
        "longest_ms": round(max(found) * 1000, 1),
        "cores": round(told["cpu_seconds"] / (WARM_SECONDS + SECONDS), 2),
    }


def _said(lines: Iterable[bytes], beginning: bytes) -> bytes:
    """The next line that begins so. Raises RuntimeError when the detector ends first."""
    for line in lines:
        if line.startswith(beginning):
            return line
    raise RuntimeError("the detector ended")


def written(facts: dict[str, Any], found: dict[str, Any]) -> str:
    """The page, Markdown."""
    rows = "\n".join(f"| {name} | {found[name]} |" for name in found)
    said = " ".join((__doc__ or "").split("\n\n", 1)[1].split())
    return (
        f"# How long a frame waits in alerts\n\nWritten by `make bench` (`bench/latency.py`). {said}\n\n"
        f"{facts['measured']}, {facts['cpu']}, {facts['cores']} shared cores, load before {facts['load_before']}."
        f" Wanted: p99 of {WANTED_P99_MS} ms.\n\n| what | value |\n|---|---:|\n{rows}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(), indent=2) + "\n")
