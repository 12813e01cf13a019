"""How the cost of a frame grows with sources, rules and partitions: `make bench-growth`.

Sources and rules are measured on the engine alone, each case a process of its own: records of one ten-factor frame,
decompressed, from their bytes through unpacking and the loop, in chunks as a fetch gives them. What a frame costs and
what the end of an hour costs are told apart, since frames an hour differ from site to site. Partitions are measured
with the service's own wiring on a real broker, several rounds by turns. All of it is processor time, which a busy
machine stretches, by a third and more: compare numbers of one run.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bench import traffic
from bench.contenders.contender import catalogue, registry
from bench.detection import broker, fill
from bench.growth_report import page
from bench.machine import facts
from bench.rounds import ROOT, Contender, module, rounds
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.layout import CLOSED_HOUR
from lantian_alerts.core.state import dirty_blocks
from lantian_alerts.core.unpack import Unpacker
from lantian_kit.bus import create_topics, partition_of
from lantian_kit.process import settle_memory
from lantian_proto import readings
from lantian_proto.readings import Columns
from lantian_proto.topics import LEADS, READINGS, REGISTRY, SOURCE_HOURS, TOPICS, Topic, dead_letters_by

RESULTS = ROOT / "bench" / "results"
ALL = 0
CASES = ((1_000, ALL), (10_000, ALL), (100_000, ALL), (2_000, 1), (2_000, 10), (2_000, ALL))
"""Sources and rules."""
PARTITIONS = (1, 4, 16)
BUS_FRAMES = 300_000
WARM_FRAMES = 3 * traffic.SOURCES
CHUNK_RECORDS = 2_000
FRAMES_AN_HOUR_AT_MOST = 600_000
HOURS = 2.3
HOUR_MS = 3_600_000
LIMIT_SECONDS = 1_500.0


def rule_set(rules: int) -> Catalogue:
    """The first so many rules of the catalogue, or all."""
    whole = catalogue()
    return whole if rules == ALL else Catalogue(dict(list(whole.entries.items())[:rules]))


@dataclass
class Spent:
    """Processor seconds, and what for."""

    seconds: float = 0.0
    count: int = 0

    def add(self, seconds: float, count: int) -> None:
        """Notes a step."""
        self.seconds, self.count = self.seconds + seconds, self.count + count

    def microseconds(self) -> float:
        """Of one."""
        return round(self.seconds / max(1, self.count) * 1e6, 2)


def measure(sources: int, rules: int) -> dict[str, float]:
    """One case; the first half hour only makes the state."""
    found, chosen = registry(sources), rule_set(rules)
    engine, unpacker = Engine(chosen, found), Unpacker()
    engine.step(-1, readings.tick(0))
    settle_memory()
    minutes = max(1, 60 * sources // FRAMES_AN_HOUR_AT_MOST)
    frames_an_hour = 60 // minutes * sources
    total, warm, offset = int(HOURS * frames_an_hour), frames_an_hour // 2, 0
    stream = (value for _, value, _ in traffic.records(total, 1, 1, partition_of, sources, minutes * 60_000))
    frame, hour, first = Spent(), Spent(), Spent()
    while chunk := list(islice(stream, CHUNK_RECORDS)):
        closed = int(engine.partition.state.scalars[CLOSED_HOUR])
        began = time.thread_time()
        columns = [piece.columns for piece in unpacker.unpack(chunk) if isinstance(piece.columns, Columns)]
        engine.step_many(range(offset, offset + len(columns)), columns)
        seconds = time.thread_time() - began
        offset += len(chunk)
        engine.take_shared()
        if offset <= warm:
            first.add(seconds, len(chunk))
        elif int(engine.partition.state.scalars[CLOSED_HOUR]) != closed:
            hour.add(seconds - len(chunk) * frame.microseconds() / 1e6, sources)
        else:
            frame.add(seconds, len(chunk))
    engine.partition.state.dirty[:] = 1
    began = time.thread_time()
    saved = dirty_blocks(engine)
    saving = time.thread_time() - began
    return {
        "sources": sources,
        "rules": len(chosen.entries),
        "frames": frame.count,
        "frames_an_hour_of_a_source": 60 // minutes,
        "microseconds_a_frame": frame.microseconds(),
        "microseconds_an_hour_of_a_source": hour.microseconds(),
        "microseconds_a_save_of_a_source": round(saving / sources * 1e6, 2),
        "bytes_a_save_of_a_source": round(sum(map(len, saved.values())) / sources),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def alone() -> Iterator[dict[str, Any]]:
    """All cases of the engine, one after the other; what died says so."""
    for sources, rules in CASES:
        command = [sys.executable, "-m", "bench.growth", "--case", str(sources), str(rules)]
        try:
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
            lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
            told = json.loads(lines[-1]) if lines else {"died": done.stderr[-500:]}
        except subprocess.TimeoutExpired:
            told = {"died": f"no result within {LIMIT_SECONDS:.0f} s"}
        print(f"  {sources} sources, {rules or 'all'} rules: {told}", flush=True)
        yield {"sources": sources} | told


def by_partitions(count: int) -> dict[str, Any]:
    """Frames a processor second of the detector on a real broker, by the number of its topic's partitions."""
    with broker() as bootstrap:
        ours = [TOPICS[name] for name in (LEADS, READINGS, REGISTRY, SOURCE_HOURS, *dead_letters_by("alerts"))]
        plain = [Topic(f"in-{n}", "", "", n, 3_600_000, "delete", "bench", (), "", ()) for n in PARTITIONS]
        create_topics(bootstrap, [*plain, *ours])
        contenders = []
        for number in PARTITIONS:
            filled = asyncio.run(fill(bootstrap, f"in-{number}", traffic.records(BUS_FRAMES, 1, number, partition_of)))
            command = module("lantian", "--rules", "all", "--partitions", str(number))
            contenders.append(Contender(f"{number}", command, f"in-{number}", filled, WARM_FRAMES, limit_seconds=300))
        found = rounds(contenders, bootstrap, range(1, count + 1), LIMIT_SECONDS)
    return {
        name: {
            "microseconds_a_frame": [round(1e6 / one.rate, 2) for one in found if one.name == name and one.rate],
            "died": [one.died for one in found if one.name == name and one.died],
        }
        for name in map(str, PARTITIONS)
    }


def main() -> int:
    """All of it, or one case for the parent."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", nargs=2, type=int, metavar=("SOURCES", "RULES"))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(measure(*arguments.case)))
        return 0
    machine = facts()
    kept = {"machine": machine, "alone": list(alone()), "partitions": by_partitions(arguments.rounds)}
    (RESULTS / "growth.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "growth.md").write_text(page(kept), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
