"""What a restart costs whoever compares sources: source-hours.v1 from its beginning, without Kafka, in one process.

Hours of so many outlets of three pollutants (a daily cycle, slow noise, one hour in a hundred missing) are written as
in the service, read back and compared. Prints seconds and bytes a day, and what they come to for the topic's 75 days.
    python -m bench.comparing [--outlets 20000] [--days 2]
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import psutil

from lantian_alerts.core.across import Across
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.sharing import decoded, encoded, key_of
from lantian_alerts.core.together import SharedHour
from lantian_alerts.detect import catalogues
from lantian_proto.topics import SOURCE_HOURS, load
from lantian_proto.v1.registry_pb2 import RegistryChange, Source

FACTORS: Final = ("a21002", "a21026", "a34013")
FIRST_HOUR: Final = 489_640  # 2025-11-10 00:00 in Beijing
PARTITIONS: Final = 12
MISSING: Final = 0.01
KEEP: Final = 0.9
DAY_MS: Final = 86_400_000


def hours(outlets: int, count: int) -> Iterator[SharedHour]:
    """Hour by hour, partition by partition."""
    chance = np.random.default_rng(1)
    level, phase = chance.uniform(5, 80, (3, outlets)), chance.uniform(0, 2 * np.pi, (3, outlets))
    noise = chance.standard_normal((3, outlets))
    names = np.array([f"outlet-{one}" for one in range(outlets)])
    for hour in range(count):
        noise = KEEP * noise + np.sqrt(1 - KEEP**2) * chance.standard_normal((3, outlets))
        values = level * np.exp(0.15 * noise + 0.1 * np.sin(2 * np.pi * hour / 24 + phase))
        there = chance.random((3, outlets)) > MISSING
        for partition in range(PARTITIONS):
            own = np.arange(outlets) % PARTITIONS == partition
            parts = {
                code: (names[own & there[at]].tolist(), values[at][own & there[at]].astype(np.float32))
                for at, code in enumerate(FACTORS)
            }
            yield SharedHour(partition, PARTITIONS, FIRST_HOUR + hour, parts)


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outlets", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=2)
    arguments = parser.parse_args(argv)
    registry = Registry()
    for one in range(arguments.outlets):
        name = f"outlet-{one}"
        registry.take(RegistryChange(kind="source", id=name, revision=1, source=Source(source_id=name, kind="outlet")))
    across, size, reading, comparing = Across(catalogues.shipped(), registry), 0, 0.0, 0.0
    for shared in hours(arguments.outlets, arguments.days * 24):
        for record in encoded(shared):
            size += len(record)
            began = time.process_time()
            back = decoded(key_of(shared.partition, shared.partitions), record)
            reading += time.process_time() - began
            began = time.process_time()
            for _ in across.take(back):
                pass
            comparing += time.process_time() - began
    kept_ms = load()[SOURCE_HOURS].retention_ms
    assert kept_ms is not None
    kept = kept_ms / DAY_MS
    found = {
        "outlets": arguments.outlets,
        "days": arguments.days,
        "megabytes_a_day": round(size / 1e6 / arguments.days, 1),
        "reading_cpu_seconds_a_day": round(reading / arguments.days, 2),
        "comparing_cpu_seconds_a_day": round(comparing / arguments.days, 2),
        "cpu_minutes_of_a_restart": round((reading + comparing) / arguments.days * kept / 60, 1),
        "megabytes_of_the_process": round(psutil.Process().memory_info().rss / 1e6),
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
