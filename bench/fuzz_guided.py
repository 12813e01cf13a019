"""Coverage-guided inputs by atheris, in a process of its own because libFuzzer ends the one it runs in."""

import random
import re
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that bench.… and tests.data.… import
LARGEST_INPUT = 2048


def guided_run(number: int) -> list[dict[str, object]]:
    """Both decoders, `number` inputs each; empty where atheris is not installed. Raises CalledProcessError."""
    if find_spec("atheris") is None:
        return []
    found: list[dict[str, object]] = []
    for target in ("hj212", "vehicle"):
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as corpus:
            command = [sys.executable, __file__, target, str(number), corpus]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        counts = re.findall(r"Done (\d+) runs", done.stderr) or ["0"]
        covered = re.findall(r"cov: (\d+)", done.stderr) or ["0"]
        result: dict[str, object] = {"target": target, "inputs": int(counts[-1]), "covered": int(covered[-1])}
        found.append(result | {"seconds": round(time.monotonic() - begin, 1)})
    return found


def _child(name: str, number: int, corpus: Path) -> None:
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]  # ships no types, may be absent

    with atheris.instrument_imports(include=["lantian_ingest.decoders", "lantian_ingest.decode"]):
        from bench.fuzz_targets import HJ212, Vehicle

    target = HJ212(fast=False) if name == "hj212" else Vehicle()
    for count, seed in enumerate(target.seeds):
        (corpus / str(count)).write_bytes(seed[:LARGEST_INPUT])

    def one(data: bytes) -> None:
        target.check(target.repaired(data) if data[:1] > b"\x40" else data, random.Random(len(data)))

    atheris.Setup([sys.argv[0], str(corpus), f"-runs={number}", f"-max_len={LARGEST_INPUT}", "-seed=1"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    _child(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
