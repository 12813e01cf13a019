"""Readings for the benchmarks: the same on every run, by a fixed seed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lantian_proto import factors, readings
from lantian_proto.readings import DTYPES, Columns, Edition, Period, Stat
from lantian_proto.v1.registry_pb2 import Enterprise, Feed, Limit, RegistryChange, Source

SOURCES = 2000
INTERVAL_MS = 60_000
START_MS = 1_795_305_600_000  # 2026-11-22 08:00 +08:00
CODES = ("a21026", "a21002", "a34013", "a19001", "a00000", "a01011", "a01012", "a01013", "a01014", "a21005")
LEVELS = np.array([12.0, 28.0, 3.1, 9.4, 71.0, 11.2, 52.0, -0.21, 11.5, 80.0])
TICK_EVERY = 500
NUMBERS = np.array([factor.number for code in CODES if (factor := factors.by_code(code)) is not None], np.uint16)


def source_id(number: int) -> str:
    """Ids as the registry has them."""
    return f"outlet-{number:06d}"


def registry(sources: int = SOURCES) -> Iterator[RegistryChange]:
    """An enterprise, and for each source a feed and three limits, two of them converted to reference oxygen."""
    yield RegistryChange(
        kind="enterprise", id="e", enterprise=Enterprise(enterprise_id="e", name="bench", division_code="130200")
    )
    for number in range(sources):
        id_ = source_id(number)
        yield RegistryChange(kind="source", id=id_, source=Source(source_id=id_, enterprise_id="e", kind="outlet"))
        feed = Feed(feed_id=f"mn{number}", source_id=id_, protocol="hj212", real_time_interval_seconds=60)
        yield RegistryChange(kind="feed", id=feed.feed_id, feed=feed)
        for code, value, oxygen in (("a21026", 35.0, 16.0), ("a21002", 50.0, 16.0), ("a34013", 10.0, 0.0)):
            limit = Limit(
                limit_id=f"{id_}-{code}", source_id=id_, factor=code, value=value, reference_oxygen_percent=oxygen
            )
            yield RegistryChange(kind="limit", id=limit.limit_id, limit=limit)


def frame(number: int, chance: np.random.Generator, sources: int = SOURCES) -> Columns:
    """The readings of one ten-factor frame: source and minute follow from its number."""
    minute, source = divmod(number, sources)
    time = START_MS + minute * INTERVAL_MS + source * INTERVAL_MS // sources
    rows = len(CODES)
    arrays: dict[str, Any] = {
        "source": np.zeros(rows),
        "factor": NUMBERS,
        "stat": np.full(rows, Stat.RTD),
        "period": np.full(rows, Period.REAL_TIME),
        "time": np.full(rows, time),
        "value": np.round(LEVELS * (1 + 0.05 * chance.standard_normal(rows)), 3),
        "flag": np.full(rows, ord("N")),
        "received": np.full(rows, time + 300),
        "edition": np.full(rows, Edition.E2017),
        "seq": np.full(rows, number),
    }
    return Columns(sources=[source_id(source)], **{name: arrays[name].astype(dtype) for name, dtype in DTYPES.items()})


def records(
    frames: int, per_record: int, partitions: int, partition_of: Callable[[bytes, int], int]
) -> Iterator[tuple[int, bytes]]:
    """Partition and record, `per_record` frames each, with ticks for every partition, as ingest writes them."""
    chance = np.random.default_rng(20261122)
    batches: list[list[Columns]] = [[] for _ in range(partitions)]
    for number in range(frames):
        found = frame(number, chance)
        partition = partition_of(found.sources[0].encode(), partitions)
        batches[partition].append(found)
        if number % TICK_EVERY == 0:
            for batch in batches:
                batch.append(readings.tick(int(found.received[0])))
        if len(batches[partition]) >= per_record:
            yield partition, readings.encode(readings.concatenate(batches[partition]))
            batches[partition] = []
    for partition, batch in enumerate(batches):
        if batch:
            yield partition, readings.encode(readings.concatenate(batch))
