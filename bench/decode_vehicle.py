"""How many vehicle frames a core decodes, by protocol: cut from the stream, check byte verified, readings told.

The frames are the captured ones of `tests/data/vehicle` that carry blocks (OBD, engine and other streams, electric
data), again and again, each group by itself: no two vehicles of a group share anything, and every byte is read anew
each time. Time is CPU time of this process.
"""

import argparse
import json
import sys
import time

from lantian_ingest.decoders.vehicle.frame import Framer
from lantian_ingest.decoders.vehicle.reader import Reader
from tests.data.vehicle.golden import captured

FRAMES_A_TURN = 200


def groups() -> dict[str, list[bytes]]:
    """Frames with blocks, by protocol and dialect."""
    found: dict[str, list[bytes]] = {}
    for row in captured():
        framer, reader = Framer(), Reader()
        for piece in framer.feed(row.frame) + framer.expire():
            read = reader.read(piece)
            if read.decoded is None or not read.decoded.blocks:
                continue
            name = str(read.decoded.protocol) + (f" {read.decoded.dialect}" if read.decoded.dialect else "")
            found.setdefault(name, []).append(piece.raw)
    return found


def measure(frames: list[bytes], seconds: float) -> dict[str, float]:
    """Frames and readings a CPU second."""
    framer, reader = Framer(), Reader()
    turns = -(-FRAMES_A_TURN // len(frames))
    counted = values = size = 0
    begin = time.process_time()
    while (spent := time.process_time() - begin) < seconds or not counted:
        for _ in range(turns):
            for frame in frames:
                for piece in framer.feed(frame):
                    read = reader.read(piece)
                    if read.readings is None:
                        raise AssertionError(f"not decoded: {read.reason}")
                    values += len(read.readings.values)
                    counted += 1
                    size += len(frame)
    return {
        "kinds_of_frames": len(frames),
        "bytes_a_frame": round(size / counted),
        "frames_per_cpu_second": round(counted / spent),
        "readings_per_cpu_second": round(values / spent),
    }


def main(argv: list[str]) -> dict[str, dict[str, float]]:
    """About `--seconds` of CPU time each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU seconds to measure of each protocol")
    arguments = parser.parse_args(argv)
    return {name: measure(frames, arguments.seconds) for name, frames in sorted(groups().items())}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:]), indent=2) + "\n")
