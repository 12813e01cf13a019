"""`lantian-simulator`: loggers of invented stacks against a gateway, with the truth written beside the traffic."""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from lantian_kit.clock import SuiteClock
from lantian_simulator import truth
from lantian_simulator.fleet import Fleet
from lantian_simulator.plant import HOUR_MS
from lantian_simulator.season import Season


def main() -> int:
    """Run the fleet for the given suite hours; 0 when everything measured was acknowledged."""
    parser = argparse.ArgumentParser(prog="lantian-simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=19212)
    parser.add_argument("--stacks", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hours", type=float, default=12.0, help="suite hours of traffic")
    parser.add_argument("--rate", type=float, default=720.0, help="suite seconds in one wall second")
    parser.add_argument("--wall-epoch-ms", type=int, default=0, help="wall time of the suite's epoch; 0 is now")
    parser.add_argument("--suite-epoch-ms", type=int, default=0, help="suite time at the epoch; 0 is the wall time")
    parser.add_argument("--output", type=Path, default=Path("."), help="folder for truth.jsonl and sent.jsonl")
    options = parser.parse_args()
    wall_epoch = options.wall_epoch_ms or int(time.time() * 1000)
    clock = SuiteClock(options.rate, wall_epoch, options.suite_epoch_ms or wall_epoch)
    return asyncio.run(_run(options, clock))


async def _run(options: argparse.Namespace, clock: SuiteClock) -> int:
    start_ms = clock.now_ms()
    duration_ms = int(options.hours * HOUR_MS)
    season = Season.plan(options.stacks, seed=options.seed, start_ms=start_ms, duration_ms=duration_ms)
    options.output.mkdir(parents=True, exist_ok=True)
    truth.write(options.output / "truth.jsonl", season.episodes)
    fleet = Fleet(
        season.stations,
        clock=clock,
        host=options.host,
        port=options.port,
        journal=options.output / "sent.jsonl",
    )
    fleet.start(start_ms)
    try:
        while clock.now_ms() < start_ms + duration_ms:
            await asyncio.sleep(min(5.0, (start_ms + duration_ms - clock.now_ms()) / 1000 / clock.rate))
            progress = fleet.progress()
            hours = (clock.now_ms() - start_ms) / HOUR_MS
            sys.stdout.write(f"{hours:6.1f} h  {progress.counters}  backlog={progress.backlog}\n")
        left = await fleet.drain(60)
    finally:
        await fleet.stop()
    return 0 if left == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
