"""How cost grows with workers: 1, 2 and 4 of alerts and of ingest share one load. `python -m bench.scale`

The measure is processor time a frame, of each worker and of all: on two cores four workers wait for each other, so wall
time says nothing about four machines, while what a frame costs is the same wherever it is spent. Whatever more workers
add to it (smaller fetches, more connections to the broker, more snapshots) shows in it. All workers of alerts join one
group before the first record is taken: the broker waits for them, and the backlog lies there.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import traffic
from bench.detection import broker, fill
from bench.gateway import ACTIVE as CONNECTIONS
from bench.gateway import Gateway, frames, gateway, register
from bench.gateway_client import Senders, Traffic
from bench.machine import facts
from bench.rounds import ROOT, end
from bench.scale_report import page
from bench.scale_simulation import simulated
from lantian_kit.bus import create_topics, partition_of
from lantian_proto.topics import ALERTS_STATE, TOPICS, Topic

RESULTS = ROOT / "bench" / "results"
WORKERS = (1, 2, 4)
PARTITIONS = 8
FRAMES = 120_000
WARM_FRAMES = 3 * traffic.SOURCES
JOINING_MS = 40_000
LIMIT_SECONDS = 240.0
TOLD = '{"partitions"'
"""How a worker's result begins; what else it writes is its log."""
GATEWAY_FRAMES, GATEWAY_WARM = 24_000, 8_000
UNDER_WAY = 16


def _create(bootstrap: str) -> None:
    ours = [replace(topic, partitions=min(PARTITIONS, topic.partitions)) for topic in TOPICS.values()]
    create_topics(bootstrap, [Topic("scale", "", "", PARTITIONS, 3_600_000, "delete", "bench", (), "", ()), *ours])


def _counted(counts: Counter[int]) -> Iterator[tuple[int, bytes, bytes | None]]:
    for partition, value, key in traffic.records(FRAMES, 1, PARTITIONS, partition_of):
        counts[partition] += 1
        yield partition, value, key


def detection(bootstrap: str, rounds: int) -> list[dict[str, Any]]:
    """Rounds of 1, 2 and 4 workers over the same records, frame by frame."""
    counts: Counter[int] = Counter()
    asyncio.run(fill(bootstrap, "scale", _counted(counts)))
    found = []
    for round_ in range(1, rounds + 1):
        for workers in WORKERS:
            done = {"round": round_, "workers": workers, "each": _group(bootstrap, workers, dict(counts))}
            print(f"  alerts: {json.dumps(done)}", flush=True)
            found.append(done)
    return found


def _group(bootstrap: str, workers: int, counts: dict[int, int]) -> list[dict[str, Any]]:
    """What each worker of one group told. Raises RuntimeError when one did not come to its end."""
    name = f"scale-{workers}-{uuid.uuid4().hex[:8]}"
    create_topics(bootstrap, [replace(TOPICS[ALERTS_STATE], name=f"state-{name}", partitions=PARTITIONS)])
    share = {
        "bootstrap": bootstrap,
        "topic": "scale",
        "state": f"state-{name}",
        "group": name,
        "warm": WARM_FRAMES // PARTITIONS,
        "counts": counts,
    }
    command = [sys.executable, "-m", "bench.contenders.sharing", json.dumps(share)]
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{number}" for number in range(workers)]
        children = []
        for file in files:
            out, err = stack.enter_context(file.open("wb")), stack.enter_context(file.with_suffix(".err").open("wb"))
            children.append(subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err, start_new_session=True))
            stack.callback(end, children[-1])
        deadline = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < deadline and all(child.poll() is None for child in children):
            told = [line for file in files for line in file.read_text().splitlines() if line.startswith(TOLD)]
            if len(told) == workers:
                return [json.loads(line) for line in told]
            time.sleep(0.5)
        said = [file.with_suffix(".err").read_text()[-500:] for file in files]
    raise RuntimeError(f"{workers} workers of alerts did not end: {said}")


def intake(bootstrap: str, rounds: int) -> list[dict[str, Any]]:
    """Rounds of 1, 2 and 4 gateways that share the connections and the frames."""
    asyncio.run(register(bootstrap))
    made = Traffic(CONNECTIONS)
    found = []
    for round_ in range(1, rounds + 1):
        for count in WORKERS:
            with ExitStack() as stack:
                gateways = [stack.enter_context(gateway(bootstrap)) for _ in range(count)]
                for one in gateways:
                    asyncio.run(one.ready())
                _shared(gateways, made, GATEWAY_WARM)
                done = {"round": round_, "workers": count, "each": _shared(gateways, made, GATEWAY_FRAMES)}
            print(f"  ingest: {json.dumps(done)}", flush=True)
            found.append(done)
    return found


def _shared(gateways: list[Gateway], made: Traffic, total: int) -> list[dict[str, Any]]:
    """All gateways at once, each with its part of the connections."""
    connections = CONNECTIONS // len(gateways)
    all_frames = frames(made, total)
    told: list[dict[str, Any]] = [{} for _ in gateways]

    def send(number: int) -> None:
        mine = all_frames[number * connections : (number + 1) * connections]
        senders = Senders(gateways[number].port, connections)
        cpu = gateways[number].cpu_seconds
        wall = senders.rate(mine, UNDER_WAY)
        spent = gateways[number].cpu_seconds - cpu
        told[number] = {"records": sum(map(len, mine)), "cpu_seconds": spent, "wall_seconds": wall}
        senders.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(gateways))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def main() -> None:
    """Measures one part or both, and writes scale.json and scale.md; a part that was not measured stays as it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=["alerts", "ingest", "simulation"], action="append")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing that was started is left behind
    parts = arguments.part or ["alerts", "ingest", "simulation"]
    file = RESULTS / "scale.json"
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for part, measure in (("alerts", detection), ("ingest", intake)):
        if part in parts:
            before = facts()
            joining = JOINING_MS if part == "alerts" else 0  # nobody waits for the groups of gateways
            with broker(f"group.initial.rebalance.delay.ms={joining}\n") as bootstrap:
                _create(bootstrap)
                kept[part] = {"machine": before, "runs": measure(bootstrap, arguments.rounds)}
    if "simulation" in parts:
        kept["simulation"] = simulated()
    file.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    (RESULTS / "scale.md").write_text(page(kept), encoding="utf-8")


if __name__ == "__main__":
    main()
