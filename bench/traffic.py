"""Readings for the benchmarks: the same on every run, by a fixed seed."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench.template import Template
from lantian_proto import factors, readings
from lantian_proto.readings import DTYPES, Columns, Edition, Period, Stat
from lantian_proto.v1.registry_pb2 import Enterprise, Feed, Limit, RegistryChange, Source

SOURCES = 2000
INTERVAL_MS = 60_000
START_MS = 1_795_305_600_000  # 2026-11-22 08:00 +08:00
CODES = ("a21026", "a21002", "a34013", "a19001", "a00000", "a01011", "a01012", "a01013", "a01014", "a21005")
LEVELS = np.array([12.0, 28.0, 3.1, 9.4, 71.0, 11.2, 52.0, -0.21, 11.5, 80.0])
TICK_EVERY = 500
AT_ONCE = 8 * TICK_EVERY
RECEIVED_AFTER_MS = 300
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


class Frames:
    """Columns of ten-factor frames from `first` on: source and minute follow from their number."""

    def __init__(
        self,
        first: int,
        count: int,
        chance: np.random.Generator,
        sources: int = SOURCES,
        interval_ms: int = INTERVAL_MS,
    ) -> None:
        number = np.arange(first, first + count)
        minute, self.source = np.divmod(number, sources)
        self.time = START_MS + minute * interval_ms + self.source * interval_ms // sources
        noise = chance.standard_normal((count, len(CODES)))
        self.value = np.round(LEVELS * (1 + 0.05 * noise), 3)
        self.number = number

    def columns(self, chosen: Any) -> Columns:
        """The frames at these places as one record's columns."""
        rows = len(CODES)
        known, index = np.unique(self.source[chosen], return_inverse=True)
        count = len(index)
        arrays: dict[str, Any] = {
            "source": np.repeat(index, rows),
            "factor": np.tile(NUMBERS, count),
            "stat": np.full(count * rows, Stat.RTD),
            "period": np.full(count * rows, Period.REAL_TIME),
            "time": np.repeat(self.time[chosen], rows),
            "value": self.value[chosen].reshape(-1),
            "flag": np.full(count * rows, ord("N")),
            "received": np.repeat(self.time[chosen] + RECEIVED_AFTER_MS, rows),
            "edition": np.full(count * rows, Edition.E2017),
            "seq": np.repeat(self.number[chosen], rows),
        }
        typed = {name: arrays[name].astype(dtype) for name, dtype in DTYPES.items()}
        return Columns(sources=[source_id(one) for one in known.tolist()], **typed)


def records(
    frames: int,
    per_record: int,
    partitions: int,
    partition_of: Callable[[bytes, int], int],
    sources: int = SOURCES,
    interval_ms: int = INTERVAL_MS,
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Partition, record and key, `per_record` frames each, with ticks for every partition, as ingest writes them."""
    chance = np.random.default_rng(20261122)
    home = np.array([partition_of(source_id(one).encode(), partitions) for one in range(sources)])
    for first in range(0, frames, AT_ONCE):
        found = Frames(first, min(AT_ONCE, frames - first), chance, sources, interval_ms)
        yield from _singles(found, home) if per_record == 1 else _packed(found, home, per_record, partitions)


def template() -> Template:
    """Of a record of one frame."""
    return Template(readings.encode(Frames(0, 1, np.random.default_rng(1)).columns([0])))


def _singles(found: Frames, home: Any) -> Iterator[tuple[int, bytes, bytes]]:
    """Each with its source as key: peers need it to find their state."""
    rows = len(CODES)
    shape = (len(found.number), rows)
    wide = {
        name: np.broadcast_to(values[:, None], shape)
        for name, values in (("time", found.time), ("received", found.time + RECEIVED_AFTER_MS), ("seq", found.number))
    }
    names = [source_id(one) for one in found.source.tolist()]
    encoded = template().filled(names, {"value": found.value, **wide})
    partitions = home[found.source]
    due: dict[int, int] = {}
    for place, partition in enumerate(partitions.tolist()):
        if place % TICK_EVERY == 0:
            due = dict.fromkeys(range(int(home.max()) + 1), place)
        if partition in due:
            tick = readings.tick(int(found.time[due.pop(partition)] + RECEIVED_AFTER_MS))
            whole = readings.encode(readings.concatenate([found.columns([place]), tick]))
            yield partition, whole, names[place].encode()
        else:
            yield partition, encoded[place], names[place].encode()


def _packed(found: Frames, home: Any, per_record: int, partitions: int) -> Iterator[tuple[int, bytes, None]]:
    """In the order of time: a record of each partition in turn."""
    for first in range(0, len(found.number), per_record * partitions):
        places = np.arange(first, min(first + per_record * partitions, len(found.number)))
        owners = home[found.source[places]]
        tick = readings.tick(int(found.time[first] + RECEIVED_AFTER_MS))
        for partition in range(partitions):
            mine = places[owners == partition]
            if len(mine):
                yield partition, readings.encode(readings.concatenate([found.columns(mine), tick])), None
