"""`make bench`: runs the benchmarks and writes their results with the machine's facts to bench/results."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that the contenders import as bench.…

from bench import decode_hj212, detection, gateway, machine

RESULTS = Path(__file__).resolve().parent / "results"
BENCHMARKS: dict[str, Callable[[], object]] = {
    "decode_hj212": lambda: decode_hj212.main(["--seconds", "10"]),
    "detection": detection.main,
    "gateway": lambda: gateway.main([]),
}


def main() -> int:
    """All benchmarks, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], help="which; all when none is named")
    names = parser.parse_args().names or list(BENCHMARKS)
    for name in names:
        print(f"{name} …", flush=True)
        facts = machine.facts()
        result = {"benchmark": name, "machine": facts, "result": BENCHMARKS[name]()}
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
        print(json.dumps(result["result"], indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
