"""A stream that fills every part of the state, and a snapshot from the middle of it that the version before wrote.

The snapshot lies in data/state_format_2.msgpack.zlib, written by release of the format by `python -m
tests.unit.alerts.earlier_state PATH`; when the format changes again, write one with the code before the change.
"""

import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from lantian_alerts.core.engine import Engine
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.state import dirty_blocks
from lantian_alerts.rules import shipped
from lantian_proto import factors
from lantian_proto.readings import DTYPES, Columns, Edition, Period, Stat, concatenate, tick
from lantian_proto.v1.registry_pb2 import Feed, Limit, RegistryChange, Source

SNAPSHOT = Path(__file__).parent / "data/state_format_2.msgpack.zlib"
START_MS = 1_795_305_600_000  # 2026-11-22 08:00 +08:00
HOURS, CUT_AT = 64, 45
CODES = ("a21026", "a19001", "a00000", "a01011", "a34013")
LEVELS = (30.0, 9.0, 70.0, 11.0, 3.0)
SOURCES = ("one", "two", "three")
MINUTES = 10


def registry() -> Registry:
    """Three outlets with limits, one of them converted to a reference oxygen."""
    found = Registry()
    for name in SOURCES:
        feed = Feed(feed_id=f"mn-{name}", source_id=name, protocol="hj212", minute_interval_minutes=MINUTES)
        changes = [
            RegistryChange(kind="source", id=name, revision=1, source=Source(source_id=name, kind="outlet")),
            RegistryChange(kind="feed", id=feed.feed_id, revision=1, feed=feed),
        ]
        for code, value, oxygen in (("a21026", 35.0, 6.0), ("a34013", 10.0, 0.0)):
            limit = Limit(
                limit_id=f"{name}-{code}", source_id=name, factor=code, value=value, reference_oxygen_percent=oxygen
            )
            changes.append(RegistryChange(kind="limit", id=limit.limit_id, revision=1, limit=limit))
        for change in changes:
            found.apply(f"{change.kind}/{change.id}", change.SerializeToString())
    return found


def records() -> Iterator[Columns]:
    """An hour a record, with the tick after it: minute values of all, hour values of the device from the first."""
    chance = np.random.default_rng(5)
    for hour in range(HOURS):
        start = START_MS + hour * 3_600_000
        rows = []
        for source, name in enumerate(SOURCES):
            for minute in range(0, 60, MINUTES):
                flag = "M" if (name, hour % 24) == ("three", 3) else "N"
                for code, level in zip(CODES, LEVELS, strict=True):
                    value = level * (1 + 0.05 * chance.standard_normal()) * (1.5 if hour % 30 == 20 else 1.0)
                    at, stat = start + minute * 60_000, Stat.ZS_AVG if code == "a34013" and minute == 0 else Stat.AVG
                    rows.append((source, code, stat, Period.MINUTE, at, round(value, 3), flag))
            if name == "one":
                for code, level in zip(CODES, LEVELS, strict=True):
                    rows.append((source, code, Stat.AVG, Period.HOUR, start, level, "N"))
        rows.sort(key=lambda row: row[4] + (3_600_000 if row[3] is Period.HOUR else 0))
        yield concatenate([_columns(rows), tick(start + 3_600_000 + 25 * 60_000)])


def _columns(rows: list[tuple[int, str, Stat, Period, int, float, str]]) -> Columns:
    numbers = {code: factor.number for code in CODES if (factor := factors.by_code(code)) is not None}
    arrays = {
        "source": [row[0] for row in rows],
        "factor": [numbers[row[1]] for row in rows],
        "stat": [int(row[2]) for row in rows],
        "period": [int(row[3]) for row in rows],
        "time": [row[4] for row in rows],
        "value": [row[5] for row in rows],
        "flag": [ord(row[6]) for row in rows],
        "received": [row[4] + (3_605_000 if row[3] is Period.HOUR else 5_000) for row in rows],
        "edition": [int(Edition.E2017)] * len(rows),
        "seq": list(range(len(rows))),
    }
    return Columns(list(SOURCES), **{name: np.array(arrays[name], DTYPES[name]) for name in arrays})


def cut() -> dict[int, bytes]:
    """The blocks as they are in the topic after CUT_AT hours: saved every hour, a later part over an earlier one."""
    engine = Engine(shipped(), registry(), tick_gap_ms=4_000_000)
    blocks: dict[int, bytes] = {}
    for offset, columns in enumerate(records()):
        if offset == CUT_AT:
            break
        engine.step(offset, columns)
        blocks |= dirty_blocks(engine)
    return blocks


def snapshot() -> dict[int, bytes]:
    """What the version before wrote."""
    return msgspec.msgpack.decode(zlib.decompress(SNAPSHOT.read_bytes()), type=dict[int, bytes])


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(zlib.compress(msgspec.msgpack.encode(cut()), 9))
