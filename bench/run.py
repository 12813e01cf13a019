"""`make bench`: runs the benchmarks and writes their results with the machine's facts to bench/results."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that the contenders import as bench.…

from bench import decode_hj212, detection, detection_report, gateway, machine

RESULTS = Path(__file__).resolve().parent / "results"
PAGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {"detection": detection_report.written}
BENCHMARKS: dict[str, Callable[[], object]] = {
    "decode_hj212": lambda: decode_hj212.main(["--seconds", "10"]),
    "detection": detection.main,
    "gateway": lambda: gateway.main([]),
}


def main() -> int:
    """All benchmarks, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which; all when none is named")
    parser.add_argument("--rounds", type=int, default=detection.ROUNDS, help="interleaved rounds of detection")
    arguments = parser.parse_args()
    names = arguments.names or list(BENCHMARKS)
    for name in names:
        print(f"{name} …", flush=True)
        facts = machine.facts()
        measured: Any = detection.main(arguments.rounds) if name == "detection" else BENCHMARKS[name]()
        result = {"benchmark": name, "machine": facts, "result": measured}
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        if name in PAGES:
            (RESULTS / f"{name}.md").write_text(PAGES[name](facts, measured), encoding="utf-8")
        print(json.dumps(measured, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
