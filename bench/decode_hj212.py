"""How many HJ 212 frames a core decodes: cut from the stream, check code verified, head read, values as typed columns.

The frame is a captured one (MYHJ00000000000080011128 in `tests/data/hj212`) without one of its eleven factors, so that
ten remain, each with its mark; repeated as 100 senders would: each with its own MN, and QN, DataTime and every value
different from frame to frame. Every frame is fed by itself, as it arrives from a socket. Time is CPU time of this
process. Compiling or loading the matcher, once in the life of a process and beside the traffic, is not in it.
"""

import argparse
import json
import random
import sys
import time
from datetime import datetime, timedelta

from lantian_ingest.decoders.hj212 import checkcode
from lantian_ingest.decoders.hj212.frame import Framer
from lantian_ingest.decoders.hj212.reader import Reader

SENDERS = 100
FRAMES_OF_A_SENDER = 30
CODES = ("a24088", "a24087", "a25005", "a25003", "a25002", "a01014", "a01013", "a01012", "a01011", "a00000")


def frames(seed: int = 1) -> list[tuple[int, bytes]]:
    """Sender and frame, in the order in which 100 senders with a minute's interval would be heard."""
    chance = random.Random(seed)
    start = datetime(2020, 4, 28, 12, 3)
    rows = []
    for minute in range(FRAMES_OF_A_SENDER):
        at = start + timedelta(minutes=minute)
        for sender in range(SENDERS):
            sent = at + timedelta(milliseconds=chance.randrange(60_000))
            measured = (at + timedelta(seconds=sender % 60)).strftime("%Y%m%d%H%M%S")
            values = ";".join(f"{code}-Rtd={chance.uniform(0, 200):.3f},{code}-Flag=N" for code in CODES)
            qn = sent.strftime("%Y%m%d%H%M%S%f")[:17]
            segment = (
                f"QN={qn};ST=31;CN=2011;PW=123456;MN=MYHJ0000000000008001{sender:04d};Flag=4;"
                f"CP=&&DataTime={measured};{values}&&"
            ).encode()
            rows.append((sender, b"##%04d%s%s\r\n" % (len(segment), segment, checkcode.text(segment))))
    return rows


def main(argv: list[str]) -> dict[str, float]:
    """Runs for about `--seconds` of CPU time; the result has frames and readings per CPU second of one core."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="CPU seconds to measure")
    arguments = parser.parse_args(argv)
    traffic = frames()
    framers = [Framer() for _ in range(SENDERS)]
    reader = Reader()
    reader.prepare()

    def turn() -> int:
        values = 0
        quick = reader.quick
        for sender, data in traffic:
            for piece in framers[sender].feed(data):
                decoded = quick(piece)
                if decoded is None:  # as in lantian_ingest.judge
                    found = reader.read(piece)
                    decoded = found.decoded
                    if decoded is None:
                        raise AssertionError(f"not decoded: {found.reason}")
                    reader.accepted(piece, found)
                values += len(decoded.values)
        return values

    turn()  # the layouts are learnt once in the life of a process
    counted = values = 0
    best = 0.0
    begin = time.process_time()
    while (spent := time.process_time() - begin) < arguments.seconds or not counted:
        before = time.process_time()
        values += turn()
        counted += len(traffic)
        best = max(best, len(traffic) / (time.process_time() - before))
    return {
        "frames": counted,
        "cpu_seconds": round(spent, 3),
        "frames_per_cpu_second": round(counted / spent),
        "frames_per_cpu_second_best_turn": round(best),
        "readings_per_cpu_second": round(values / spent),
        "frame_bytes": round(sum(len(data) for _, data in traffic) / len(traffic), 1),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:]), indent=2) + "\n")
