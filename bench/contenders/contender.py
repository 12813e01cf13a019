"""What the contenders share: their task, the catalogue and the registry, and how they tell the result."""

import argparse
import json
import os
import resource
from dataclasses import dataclass

from bench import traffic
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.registry import Registry
from lantian_alerts.rules import shipped

THREE = ("hour-exceedance", "data-dropout", "frozen-value")


@dataclass(frozen=True)
class Task:
    """Read `records` records of `topic`, ten readings a frame.

    The stopwatch starts when every partition has given its share of the first `warm` records. Counted over all
    partitions it started earlier for who reads whole fetches, which come from one partition at a time: sources of the
    others were then met, and their state made, while it ran.
    """

    bootstrap: str
    topic: str
    group: str
    records: int
    warm: int
    rules: str = "all"
    partitions: int = 4

    @classmethod
    def from_arguments(cls, argv: list[str]) -> "Task":
        """From the command line."""
        parser = argparse.ArgumentParser()
        parser.add_argument("--bootstrap", required=True)
        parser.add_argument("--topic", required=True)
        parser.add_argument("--group", required=True)
        parser.add_argument("--records", type=int, required=True)
        parser.add_argument("--warm", type=int, default=0)
        parser.add_argument("--rules", choices=["three", "all"], default="all")
        parser.add_argument("--partitions", type=int, default=4)
        return cls(**vars(parser.parse_args(argv)))


class Warming:
    """Counts records by partition until the stopwatch may start."""

    def __init__(self, task: Task) -> None:
        self._missing = dict.fromkeys(range(task.partitions), task.warm // task.partitions)

    def over(self) -> bool:
        """Whether every partition has given its share."""
        return not self._missing

    def saw(self, partition: int, records: int) -> None:
        """Notes records that were taken."""
        left = self._missing.get(partition)
        if left is not None and left <= records:
            del self._missing[partition]
        elif left is not None:
            self._missing[partition] = left - records


def catalogue(rules: str = "all") -> Catalogue:
    """The catalogue of the service: all of it, or its three first rules."""
    whole = shipped()
    if rules == "all":
        return whole
    return Catalogue({name: entry for name, entry in whole.entries.items() if name in THREE})


def registry(sources: int = traffic.SOURCES) -> Registry:
    """The benchmark's registry."""
    found = Registry()
    for change in traffic.registry(sources):
        found.apply(f"{change.kind}/{change.id}", change.SerializeToString())
    return found


def report(task: Task, records: int, cpu_seconds: float, wall_seconds: float, findings: int) -> None:
    """One JSON line; then the process ends at once, since stopping is not measured."""
    result = {
        "records": records,
        "cpu_seconds": cpu_seconds,
        "wall_seconds": wall_seconds,
        "findings": findings,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    os.write(1, json.dumps(result).encode() + b"\n")  # Faust redirects sys.stdout
    os._exit(0)
