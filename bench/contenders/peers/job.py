"""What the peers do with a frame: the same three rules with the same windows and limits, in the least Python.

Hour mean over its limit, a run of equal values, a gap between frames; the state of a source is one flat list. Frames
are read at fixed places, which is as quick as a reader that knows the writer can be; Lantian reads any Arrow record.
Needs the standard library only: peers run in an environment of their own.
"""

import argparse
import json
import os
import resource
import struct
import time
from dataclasses import dataclass
from typing import Any

HOUR_MS = 3_600_000
LIMITS = (35.0, 50.0, 10.0) + (float("inf"),) * 7
EQUAL_VALUES = 240
GAP_MS = 5 * 60_000
FIELDS = 5  # hour, sum, number, value of the run, length of the run
PARTITIONS = 4


@dataclass(frozen=True)
class Layout:
    """Places in a record of one frame; other lengths are ticks with a frame, and passed over."""

    length: int
    time: int
    value: int
    name: int
    name_length: int
    rows: int

    @classmethod
    def parse(cls, text: str) -> "Layout":
        """From `length=…,time=…`."""
        return cls(**{name: int(value) for name, value in (part.split("=") for part in text.split(","))})

    def frame(self, record: bytes) -> tuple[str, int, tuple[float, ...]]:
        """Source, time and values."""
        name = record[self.name : self.name + self.name_length].decode()
        (at,) = struct.unpack_from("<q", record, self.time)
        return name, at, struct.unpack_from(f"<{self.rows}d", record, self.value)


def empty(rows: int) -> list[Any]:
    """State of a source: the time of its last frame, then FIELDS a factor."""
    return [0, *([-1, 0.0, 0, None, 0] * rows)]


def judge(state: list[Any], at: int, values: tuple[float, ...]) -> int:
    """Takes one frame into the state; how many findings it gave."""
    found = 1 if 0 < state[0] < at - GAP_MS else 0
    state[0] = at
    hour, place = at // HOUR_MS, 1
    for value, limit in zip(values, LIMITS, strict=True):
        if state[place] != hour:
            if state[place + 2] and state[place + 1] / state[place + 2] > limit:
                found += 1
            state[place], state[place + 1], state[place + 2] = hour, 0.0, 0
        state[place + 1] += value
        state[place + 2] += 1
        if state[place + 3] == value:
            state[place + 4] += 1
            found += state[place + 4] == EQUAL_VALUES
        else:
            state[place + 3], state[place + 4] = value, 1
        place += FIELDS
    return found


class Stopwatch:
    """Starts when every partition has given its share of the first `warm` records, ends the process at `records`."""

    def __init__(self) -> None:
        parser = argparse.ArgumentParser()
        for name in ("bootstrap", "topic", "group", "layout"):
            parser.add_argument(f"--{name}", required=True)
        for name in ("records", "warm"):
            parser.add_argument(f"--{name}", type=int, required=True)
        parser.add_argument("--take", type=int, help="end after so many records on the stopwatch")
        self.task = parser.parse_args()
        self.layout = Layout.parse(self.task.layout)
        self.findings = 0
        self._missing = dict.fromkeys(range(PARTITIONS), self.task.warm // PARTITIONS)
        self._seen = self._before = 0
        self._cpu = self._wall = 0.0

    def saw(self, partition: int, records: int = 1) -> None:
        """Notes records that were taken; the last one ends the process."""
        self._seen += records
        if self._missing:
            left = self._missing.get(partition, 0) - records
            self._missing[partition] = left
            if left <= 0:
                self._missing.pop(partition)
            if not self._missing:
                self._cpu, self._wall, self._before = time.process_time(), time.perf_counter(), self._seen
        taken = 0 if self._missing else self._seen - self._before
        if self._seen >= self.task.records or (self.task.take and taken >= self.task.take):
            self.report()

    def report(self) -> None:
        """One JSON line, then the end: stopping is not measured."""
        result = {
            "records": self._seen - self._before,
            "cpu_seconds": time.process_time() - self._cpu,
            "wall_seconds": time.perf_counter() - self._wall,
            "findings": self.findings,
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        os.write(1, json.dumps(result).encode() + b"\n")
        os._exit(0)
