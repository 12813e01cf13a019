"""Memory of detection: 70,000 sources of ten factors in one process, and what each of them costs as they grow.

Frames go through the engine as in the service, without Kafka; every source sends two an hour, since making every hour
valid would only take longer: the arrays are the same. Each case is a process of its own.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil

from bench import traffic
from bench.contenders.contender import catalogue
from bench.rounds import ROOT
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.state import dirty_blocks
from lantian_kit.bus import partition_of
from lantian_proto import readings

CASES = ((1_000, "all", 30), (10_000, "all", 30), (70_000, "three", 3), (70_000, "all", 3), (70_000, "all", 30))
PARTITIONS = 4
FRAMES_AN_HOUR = 2
HOUR_MS = 3_600_000


def measure(sources: int, rules: str, hours: int) -> dict[str, float]:
    """One case: megabytes of the process with the registry alone, with the state, and of the saved blocks."""
    process, registry = psutil.Process(), Registry()
    for change in traffic.registry(sources):
        registry.apply(f"{change.kind}/{change.id}", change.SerializeToString())
    home = np.array([partition_of(traffic.source_id(one).encode(), PARTITIONS) for one in range(sources)])
    rule_set = catalogue(rules)
    engines = [
        Engine(rule_set, registry, lambda name, own=own: partition_of(name.encode(), PARTITIONS) == own)  # type: ignore[misc]
        for own in range(PARTITIONS)
    ]
    engines[0].step(-1, readings.tick(0))
    with_registry = process.memory_info().rss
    chance, began = np.random.default_rng(1), time.process_time()
    saved, readings_taken = 0, 0
    for turn in range(hours * FRAMES_AN_HOUR):
        frames = traffic.Frames(turn * sources, sources, chance, sources)
        frames.time[:] = traffic.START_MS + turn * (HOUR_MS // FRAMES_AN_HOUR) + frames.source % 60_000
        for own, engine in enumerate(engines):
            places = np.flatnonzero(home == own)
            tick = readings.tick(int(frames.time.max()) + 300)
            engine.step_many([turn * 2, turn * 2 + 1], [frames.columns(places), tick])
        readings_taken += sources * len(traffic.CODES)
        if turn % FRAMES_AN_HOUR == 0:
            saved = sum(len(block) for engine in engines for block in dirty_blocks(engine).values())
    rss = process.memory_info().rss
    return {
        "sources": sources,
        "rules": len(rule_set.entries),
        "hours": hours,
        "megabytes_registry": round(with_registry / 1e6),
        "megabytes_with_state": round(rss / 1e6),
        "bytes_of_state_per_source": round((rss - with_registry) / sources),
        "bytes_of_a_save_per_source": round(saved / sources),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "cpu_seconds": round(time.process_time() - began, 1),
        "readings": readings_taken,
    }


def main() -> list[dict[str, float]]:
    """All cases, one after the other."""
    found = []
    for sources, rules, hours in CASES:
        command = [sys.executable, "-m", "bench.detection_memory", str(sources), rules, str(hours)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            print(f"  {sources} sources, {rules}: DIED {done.stderr[-500:]}", flush=True)
            continue
        print(f"  {lines[-1]}", flush=True)
        found.append(json.loads(lines[-1]))
    return found


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    parser = argparse.ArgumentParser()
    parser.add_argument("sources", type=int)
    parser.add_argument("rules")
    parser.add_argument("hours", type=int)
    given = parser.parse_args()
    print(json.dumps(measure(given.sources, given.rules, given.hours)))
