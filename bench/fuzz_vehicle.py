"""Mutated vehicle frames only: for a quick look while that decoder is being worked on; writes no result."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that bench.… and tests.data.… import

from bench.fuzz import run
from bench.fuzz_targets import Vehicle

if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print(json.dumps(run(Vehicle(), number).as_json(), indent=2))
