"""`make fuzz`: a million mutated frames through both decoders; result in bench/results/fuzz.{json,md}."""

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that bench.… and tests.data.… import

from bench import machine
from bench.fuzz import Report, run
from bench.fuzz_targets import HJ212, Vehicle

RESULTS = Path(__file__).resolve().parent / "results"
GROWTH_MB = 32.0  # of resident memory after the warm-up; caches are bounded and full by then


def main(argv: list[str]) -> int:
    """Runs both; exit code 1 when memory grew. A broken promise ends it with the input that broke it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hj212", type=int, default=500_000, help="inputs for HJ 212")
    parser.add_argument("--vehicle", type=int, default=600_000, help="inputs for vehicles")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other inputs")
    parser.add_argument("--guided", type=int, default=50_000, help="inputs of each that atheris finds, 0 for none")
    arguments = parser.parse_args(argv)
    shares = {"hj212": arguments.hj212, "vehicle": arguments.vehicle}
    with ProcessPoolExecutor(len(shares), mp_context=get_context("spawn")) as pool:
        results = list(pool.map(one, shares, shares.values(), repeat(arguments.seed)))
    print(json.dumps(results, indent=2), flush=True)
    guided = []
    if arguments.guided:
        from bench.fuzz_guided import guided_run

        guided = guided_run(arguments.guided)
    write(results, guided, arguments.seed)
    return 0 if all(result["flat"] for result in results) else 1


def one(name: str, number: int, seed: int) -> dict[str, object]:
    """One decoder, in a process of its own, so that its memory is its own."""
    target = HJ212() if name == "hj212" else Vehicle()
    begin = time.monotonic()
    report = run(target, number, seed)
    return report.as_json() | {"seconds": round(time.monotonic() - begin, 1), "flat": _flat(report)}


def _flat(report: Report) -> bool:
    return report.rss_end_mb - report.rss_warm_mb < GROWTH_MB


def write(results: list[dict[str, object]], guided: list[dict[str, object]], seed: int) -> None:
    """The two result files."""
    whole = {"seed": seed, "machine": machine.facts(), "runs": results, "guided": guided}
    (RESULTS / "fuzz.json").write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [
        "# Mutated frames",
        "",
        f"Seed {seed}. Inputs are captured frames, changed; every input was read, none raised, every byte was in one",
        "piece, the fast way agreed with the slow way, and the next good frame was read.",
        "",
        "| decoder | inputs | resident memory after warm-up → end | seconds |",
        "|---|---|---|---|",
        *(
            f"| {result['target']} | {result['inputs']:,} | {result['rss_after_warm_up_mb']} → "
            f"{result['rss_at_end_mb']} MB | {result['seconds']} |"
            for result in results
        ),
        *(
            f"| {run_['target']}, guided by coverage (atheris) | {run_['inputs']:,} | | {run_['seconds']} |"
            for run_ in guided
        ),
        "",
    ]
    (RESULTS / "fuzz.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
