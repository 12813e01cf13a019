"""`make bench`: runs the benchmarks and writes their results with the machine's facts to bench/results."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that the contenders import as bench.…

from bench import (
    decode_hj212,
    decode_vehicle,
    detection,
    detection_memory,
    detection_report,
    gateway,
    gateway_report,
    latency,
    machine,
    rounds,
)

RESULTS = Path(__file__).resolve().parent / "results"
PAGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "detection": detection_report.written,
    "gateway": gateway_report.written,
    "latency": latency.written,
}
BENCHMARKS: dict[str, Callable[[], object]] = {
    "decode_hj212": lambda: decode_hj212.main(["--seconds", "10"]),
    "decode_vehicle": lambda: decode_vehicle.main([]),
    "detection": detection.main,
    "detection_memory": detection_memory.main,
    "gateway": lambda: gateway.main([]),
    "latency": latency.main,
}


def earlier() -> list[rounds.Run]:
    """The rounds that detection.json holds."""
    return [rounds.Run(**one) for one in kept("detection")[1]["runs"]]


def kept(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts of the machine and numbers of a result that is there."""
    found = json.loads((RESULTS / f"{name}.json").read_text())
    return found["machine"], found["result"]


def main() -> int:
    """All benchmarks, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which; all when none is named")
    parser.add_argument("--rounds", type=int, default=detection.ROUNDS, help="interleaved rounds of detection")
    parser.add_argument("--more", action="store_true", help="adds the rounds to those of detection.json")
    arguments = parser.parse_args()
    names = arguments.names or list(BENCHMARKS)
    for name in names:
        print(f"{name} …", flush=True)
        facts = machine.facts()
        measured: Any
        if name == "detection":
            measured = detection.main(arguments.rounds, earlier=earlier() if arguments.more else ())
        else:
            measured = BENCHMARKS[name]()
        result = {"benchmark": name, "machine": facts, "result": measured}
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        if name == "detection_memory":  # it is a part of another one's page
            name, facts, measured = "detection", *kept("detection")
        if name in PAGES:
            (RESULTS / f"{name}.md").write_text(PAGES[name](facts, measured), encoding="utf-8")
        print(json.dumps(measured, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
