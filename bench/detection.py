"""Detection against stock Faust and its peers on one topic of a real broker: same records, same rules, interleaved.

Lantian runs as the service does: whole fetches, leads awaited at the broker, state saved every two seconds by a
transactional producer, input acknowledged after both. Stock Faust judges record by record with the same engine and
saves the same blocks every two seconds. CPU time is that of the whole contender process, all threads, from the moment
every source is known to the last record with its state saved.
"""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from aiokafka import AIOKafkaProducer

from bench import peers, rounds, traffic
from bench.rounds import ROOT, Contender, Run, module
from lantian_kit.bus import create_topics, partition_of
from lantian_local.kafka import kafka
from lantian_local.part import Child, await_ready
from lantian_local.ports import PortLease
from lantian_proto.topics import (
    ALERTS_STATE,
    LEADS,
    READINGS,
    REGISTRY,
    SOURCE_HOURS,
    TOPICS,
    Topic,
    dead_letters_by,
)

PARTITIONS = 4
STOCK_RECORDS = 30_000
WARM_FRAMES = 3 * traffic.SOURCES  # every source known and its state made before the stopwatch starts
SINGLE_FRAMES = 2_000_000  # some seconds of everybody: state is saved every two
PEER_RECORDS = 240_000
PACKED_FRAMES, PACK = 4_000_000, 100
ROUNDS = 5
BUDGET_SECONDS = 1_200.0
STOCK = "stock_faust"


@contextmanager
def broker(more: str = "") -> Iterator[str]:
    """A real broker of its own; `more` are further lines of its configuration."""
    with tempfile.TemporaryDirectory(prefix="lantian-bench-") as folder:
        lease = PortLease()
        part = kafka(Path(folder), port=lease.any(), controller=lease.any(), jar_cache=ROOT / ".local" / "jars")
        part.prepare(print)
        with Path(part.argv[-1]).open("a") as config:
            config.write(more)
        child = Child(part)
        try:
            await_ready(child, 120)
            yield part.address
        finally:
            child.stop()
            lease.release()


async def fill(bootstrap: str, topic: str, records: Iterator[tuple[int, bytes, bytes | None]]) -> int:
    """Writes records to the partitions of their sources; returns how many."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", linger_ms=20, max_batch_size=512 * 1024, compression_type="lz4"
    )
    await producer.start()
    count = 0
    try:
        for partition, value, key in records:
            await producer.send(topic, value, key=key, partition=partition)
            count += 1
        await producer.flush()
    finally:
        await producer.stop()
    print(f"  {topic}: {count:,} records written", flush=True)
    return count


def _topics(bootstrap: str) -> None:
    plain = [Topic(name, "", "", PARTITIONS, 3_600_000, "delete", "bench", (), "", ()) for name in ("single", "packed")]
    ours = [replace(TOPICS[name], partitions=PARTITIONS) for name in (ALERTS_STATE, LEADS, READINGS)]
    names = (REGISTRY, SOURCE_HOURS, *dead_letters_by("alerts"))
    create_topics(bootstrap, [*plain, *ours, *(TOPICS[name] for name in names)])


def _contenders(single: int, packed: int) -> list[Contender]:
    warm = WARM_FRAMES // PACK
    return [
        Contender(STOCK, module("stock_faust", "--rules", "three"), "single", STOCK_RECORDS, WARM_FRAMES),
        Contender("aiokafka_reading_only", module("raw_aiokafka"), "single", single, WARM_FRAMES),
        Contender("lantian", module("lantian", "--rules", "three"), "single", single, WARM_FRAMES),
        Contender("lantian_all_rules", module("lantian", "--rules", "all"), "single", single, WARM_FRAMES),
        Contender("lantian_packed", module("lantian", "--rules", "three"), "packed", packed, warm, PACK),
        Contender("lantian_packed_all_rules", module("lantian", "--rules", "all"), "packed", packed, warm, PACK),
    ]


def main(count: int = ROUNDS, budget_seconds: float = BUDGET_SECONDS, earlier: Sequence[Run] = ()) -> dict[str, object]:
    """Frames per CPU second of each contender, and its ratio to stock Faust, round by round, after `earlier` rounds."""
    first = max((one.round for one in earlier), default=0) + 1
    with broker() as bootstrap:
        _topics(bootstrap)
        single = asyncio.run(fill(bootstrap, "single", traffic.records(SINGLE_FRAMES, 1, PARTITIONS, partition_of)))
        packed = asyncio.run(fill(bootstrap, "packed", traffic.records(PACKED_FRAMES, PACK, PARTITIONS, partition_of)))
        ground = peers.prepared(ROOT / ".local" / "jars")
        for what in ground.missing:
            print(f"  NOT HAD: {what}", flush=True)
        layout = traffic.template().layout()
        contenders = _contenders(single, packed)
        contenders += peers.contenders(ground, layout, "single", single, WARM_FRAMES, PEER_RECORDS)
        warming = replace(contenders[2], name="compiling", records=1000, warm=0, limit_seconds=300)
        print(f"  compiled: {rounds.told(rounds.run(warming, bootstrap, 0))}", flush=True)
        found = [*earlier, *rounds.rounds(contenders, bootstrap, range(first, first + count), budget_seconds)]
    return {
        "rounds": max(one.round for one in found),
        "readings_per_frame": len(traffic.CODES),
        "not_had": list(ground.missing),
        "contenders": rounds.summary(found, STOCK),
        "lantian_to": rounds.ratios(found, "lantian"),
        "lantian_packed_to": rounds.ratios(found, "lantian_packed"),
        "runs": [asdict(one) for one in found],
    }
