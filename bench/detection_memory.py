"""Memory of detection: 70,000 sources of ten factors in one process, and what each of them costs as they grow.

Frames go through the engine as in the service, from bytes of Arrow to findings, without Kafka: ten-minute means, so
that every hour is valid, two of the factors converted to reference oxygen as well. Each case is a process of its own.
A month of frames would take hours, so after the hours of a case the rings of days are filled from the day it has
counted, with noise on every number, so that they compress no better than measured days; then two hours follow.
"""

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil

from bench import traffic
from bench.contenders.contender import catalogue
from bench.rounds import ROOT
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.history import DAYS_KEPT, SHAPES_KEPT, Chunk
from lantian_alerts.core.layout import BLOCK_ROWS, HOUR_MS, MINUTE_MS
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.state import dirty_blocks
from lantian_alerts.core.unpack import Unpacker
from lantian_alerts.knowledge.validity import AIR_O2
from lantian_kit.bus import partition_of
from lantian_proto import readings
from lantian_proto.readings import Columns, Period, Stat
from lantian_proto.v1.registry_pb2 import RegistryChange

CASES = ((1_000, "all", 27), (10_000, "all", 27), (70_000, "all", 27))
TARGET_MEGABYTES = 1000
START_MS = traffic.START_MS - 8 * HOUR_MS  # midnight in Beijing: the first day is whole
PARTITIONS = 4
MINUTES = 10
FRAMES_AN_HOUR = 60 // MINUTES
SOURCES_A_RECORD = 1000
HOURS_AFTER = 2
LIMIT_SECONDS = 3600
CONVERTED, REFERENCE_O2 = 2, 16.0
"""Of so many factors, those with a reference oxygen in the registry, a frame carries the converted value too."""


def measure(sources: int, rules: str, hours: int) -> dict[str, Any]:
    """One case: megabytes of the process bare, with the registry and with everything, and bytes a source by part."""
    process, registry, rule_set = psutil.Process(), Registry(), catalogue(rules)
    _warm(rule_set)
    gc.collect()
    gc.freeze()  # as a process does when it has started
    base = process.memory_info().rss
    for change in _registry(sources):
        registry.apply(f"{change.kind}/{change.id}", change.SerializeToString())
    with_registry = process.memory_info().rss
    engines = [
        Engine(
            rule_set,
            registry,
            lambda name, own=own: partition_of(name.encode(), PARTITIONS) == own,  # type: ignore[misc]
            tick_gap_ms=MINUTES * MINUTE_MS,
        )
        for own in range(PARTITIONS)
    ]
    run = _Run(engines, sources)
    began = time.process_time()
    run.turn(0)
    first = time.process_time() - began
    for turn in range(1, hours * FRAMES_AN_HOUR):
        run.turn(turn)
    for own in range(PARTITIONS):
        run.fill_days(own)
    for turn in range(hours * FRAMES_AN_HOUR, (hours + HOURS_AFTER) * FRAMES_AN_HOUR):
        run.turn(turn)
    rss = process.memory_info().rss
    parts = {name: round(size / sources) for name, size in _parts(registry, engines).items()}
    known = sum(parts.values())
    return {
        "sources": sources,
        "rules": len(rule_set.entries),
        "hours": hours + HOURS_AFTER,
        "megabytes_base": round(base / 1e6),
        "megabytes_registry": round((with_registry - base) / 1e6),
        "megabytes": round(rss / 1e6),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6),
        "bytes_a_source": round((rss - base) / sources),
        "open_episodes": sum(engine.episodes.opened for engine in engines),
        "parts": parts | {"rest": round((rss - base) / sources) - known},
        "bytes_saved_a_source": round(sum(size for topic in run.saved for size in topic.values()) / sources),
        "cpu_seconds_first_frames": round(first, 1),
        "cpu_seconds": round(time.process_time() - began, 1),
        "readings": run.readings,
    }


def _registry(sources: int) -> Iterator[RegistryChange]:
    """The benchmark's registry, with feeds that send ten-minute means."""
    for change in traffic.registry(sources):
        if change.kind == "feed":
            change.feed.real_time_interval_seconds, change.feed.minute_interval_minutes = 0, MINUTES
        yield change


def _warm(rule_set: Any) -> None:
    """Loads the compiled code, as a process does before it takes anything."""
    engine = Engine(rule_set, Registry())
    for piece in Unpacker().unpack([readings.encode(readings.tick(0))]):
        if isinstance(piece.columns, Columns):
            engine.step(0, piece.columns)


class _Run:
    """Turns of the clock, each a frame of every source in records of a thousand of them."""

    def __init__(self, engines: list[Engine], sources: int) -> None:
        self._engines, self._sources = engines, sources
        self._unpacker = Unpacker()
        self._chance = np.random.default_rng(1)
        self._home = np.array([partition_of(traffic.source_id(one).encode(), PARTITIONS) for one in range(sources)])
        self._offsets = [0] * PARTITIONS
        self.saved: list[dict[int, int]] = [{} for _ in engines]
        self.readings = 0

    def turn(self, turn: int) -> None:
        """A frame of each source, then a tick in every partition."""
        frames = traffic.Frames(turn * self._sources, self._sources, self._chance, self._sources)
        begin = START_MS + turn * MINUTES * MINUTE_MS
        frames.time[:], newest = begin, begin + 2 * MINUTES * MINUTE_MS
        for own in range(PARTITIONS):
            places = np.flatnonzero(self._home == own)
            for first in range(0, len(places), SOURCES_A_RECORD):
                self._take(own, _ten_minutes(frames.columns(places[first : first + SOURCES_A_RECORD])))
            self._take(own, readings.tick(newest))
            self._save(own)

    def _save(self, own: int) -> None:
        """What the compacted topic of the state holds, by size."""
        self.saved[own] |= {number: len(data) for number, data in dirty_blocks(self._engines[own]).items()}

    def fill_days(self, own: int) -> None:
        """Fills the rings of days and shapes behind the newest day, which the stream has counted, by likes of it."""
        memory, chance = self._engines[own].memory, np.random.default_rng(2)
        for block in memory.blocks():
            _fill_days(memory.chunk(block), chance)
            self._save(own)
        memory.rest()

    def _take(self, own: int, columns: Columns) -> None:
        self.readings += len(columns)
        for piece in self._unpacker.unpack([readings.encode(columns)]):
            assert isinstance(piece.columns, Columns), piece.columns
            self._engines[own].step(self._offsets[own], piece.columns)
            self._engines[own].take_shared()  # the service writes these hours to their topic at once
            self._offsets[own] += 1


def _ten_minutes(found: Columns) -> Columns:
    """Means instead of real-time values, and the converted ones of the first factors of each frame."""
    count = len(found) // len(traffic.CODES)
    first = np.arange(len(found)).reshape(count, -1)[:, :CONVERTED].reshape(-1)
    arrays = {name: getattr(found, name) for name in readings.DTYPES}
    arrays["stat"] = np.full_like(found.stat, Stat.AVG)
    arrays["period"] = np.full_like(found.period, Period.MINUTE)
    arrays["received"] = found.received + MINUTES * MINUTE_MS
    more = {name: values[first] for name, values in arrays.items()}
    more["stat"] = np.full_like(more["stat"], Stat.ZS_AVG)
    oxygen = np.repeat(found.value.reshape(count, -1)[:, traffic.CODES.index("a19001")], CONVERTED)
    more["value"] = np.round(more["value"] * (AIR_O2 - REFERENCE_O2) / (AIR_O2 - oxygen), 3)
    # A frame's rows stay together, so that the loop meets its factors in one order.
    order = np.argsort(np.concatenate((np.arange(len(found)), first + 0.5)), kind="stable")
    return Columns(found.sources, **{name: np.concatenate((arrays[name], more[name]))[order] for name in arrays})


def _fill_days(chunk: Chunk, chance: np.random.Generator) -> None:
    newest = int(chunk.days.labels.max())
    if newest < 0 or not chunk.lanes:
        return
    like = chunk.days.opened([newest % DAYS_KEPT])[newest % DAYS_KEPT].copy()
    for day in range(newest - DAYS_KEPT + 1, newest):
        column = chunk.day_column(day)
        column[:] = like
        for name in ("mean", "spread", "noise"):
            column[name] *= 1 + 0.02 * chance.standard_normal(like.shape)
    _fill_shapes(chunk, newest, chance)
    chunk.pack()


def _fill_shapes(chunk: Chunk, newest: int, chance: np.random.Generator) -> None:
    like = chunk.shapes.opened([newest % SHAPES_KEPT])[newest % SHAPES_KEPT]["hours"].copy()
    for day in range(newest - SHAPES_KEPT + 1, newest):
        column = chunk.shape_column(day)
        column["hours"] = like * (1 + 0.02 * chance.standard_normal(like.shape))
        column["day"] = day


def _parts(registry: Registry, engines: list[Engine]) -> Counter[str]:
    """Bytes by what they are for, as far as arrays and strings of bytes tell."""
    found: Counter[str] = Counter()
    found["registry: entities"] = sum(sys.getsizeof(data) for data in registry._bytes)
    for engine in engines:
        partition, memory = engine.partition, engine.memory
        known, state = len(partition.ids), partition.state
        found["hot: hours"] += state.hours[:known].nbytes
        found["hot: runs of equal values"] += state.series[:known].nbytes
        found["hot: source and frames"] += sum(
            array[:known].nbytes for array in (state.sources, state.ring_seq, state.ring_time)
        )
        found["plan"] += partition.plan.series[:known].nbytes + partition.plan.sources[:known].nbytes
        for block in range(-(-known // BLOCK_ROWS)):
            chunk = memory.chunk(block)
            for name, ring in zip(("hours", "days", "shapes", "months"), chunk.rings, strict=True):
                found[f"history: {name}"] += ring.nbytes
            found["usual levels"] += sum(array.nbytes for array in chunk.usual.values()) + chunk.lane_of.nbytes
        memory.rest()
    return found


def written(facts: dict[str, Any], cases: list[dict[str, Any]]) -> str:
    """The part of bench/results/detection.md."""
    lines = [
        "",
        "## Memory",
        "",
        "Engine and registry in one process, without Kafka (`python bench/run.py detection_memory`; how the days are "
        f"filled: `bench/detection_memory.py`). {facts['measured']}, load before {facts['load_before']}. Memory of the "
        "process at the end, and the highest it had; the state is saved each ten minutes of the stream.",
        "",
        "| sources of ten factors | rules | hours | bare process, MB | registry, MB | in all, MB | highest, MB "
        "| bytes a source | in the state topic, bytes a source | CPU s, first frames | CPU s |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for one in cases:
        names = (
            "sources", "rules", "hours", "megabytes_base", "megabytes_registry", "megabytes", "peak_megabytes",
            "bytes_a_source", "bytes_saved_a_source", "cpu_seconds_first_frames", "cpu_seconds",
        )  # fmt: skip
        lines.append(f"| {' | '.join(f'{one[name]:,}' for name in names)} |")
    lines += ["", *(f"- {one['sources']:,} sources: {one['note']}." for one in cases if "note" in one)]
    largest = max(cases, key=lambda one: (one["sources"], one["rules"]))
    met = "met" if largest["megabytes"] <= TARGET_MEGABYTES else "missed"
    lines += [
        "",
        f"The target of {TARGET_MEGABYTES:,} MB for 70,000 sources of ten factors is {met}: "
        f"{largest['megabytes']:,} MB at {largest['sources']:,} with {largest['rules']} rules. Where they are:",
        "",
        "| part | bytes a source |",
        "|---|---:|",
        *(f"| {name} | {size:,} |" for name, size in largest["parts"].items()),
        "",
        "`rest`: names and numbers of sources, tables of Python, and what the allocator holds between them.",
    ]
    return "\n".join(lines) + "\n"


def main() -> list[dict[str, Any]]:
    """All cases, one after the other."""
    found = []
    for sources, rules, hours in CASES:
        command = [sys.executable, "-m", "bench.detection_memory", str(sources), rules, str(hours)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            raise RuntimeError(f"{sources} sources, {rules}: {done.stderr[-2000:]}")
        print(f"  {lines[-1]}", flush=True)
        found.append(json.loads(lines[-1]))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("sources", type=int)
    parser.add_argument("rules")
    parser.add_argument("hours", type=int)
    given = parser.parse_args()
    print(json.dumps(measure(given.sources, given.rules, given.hours)))
