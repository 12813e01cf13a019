"""What a partition shares of an hour for rules that compare sources; and that hour as bytes of source-hours.v1."""

from typing import Any, Final

import numpy as np

from lantian_alerts.core.layout import BLOCK_ROWS, HOUR_MS, Array
from lantian_alerts.core.memory import Memory
from lantian_alerts.core.registry import factor_number
from lantian_alerts.core.together import SharedHour
from lantian_proto import factors
from lantian_proto.readings import (
    DTYPES,
    TICK_FACTOR,
    TICK_SOURCE,
    Columns,
    Edition,
    Period,
    ReadingsError,
    Stat,
    decode,
    encode,
)

ROWS_AT_MOST: Final = 50_000
"""Rows of a record, some 2 MB: below what a broker takes at once."""


def shared_parts(memory: Memory, ids: list[str], hour: int, codes: tuple[str, ...]) -> SharedHour:
    """Valid hour means without a mark, by factor; of partition 0 of 1, until it is told whose they are."""
    names: dict[str, list[str]] = {code: [] for code in codes}
    means: dict[str, list[Array]] = {code: [] for code in codes}
    for block in memory.blocks():
        window = memory.window(block, hour, 0)
        for code in codes:
            if not window.has(code).any():
                continue
            values = window.values(code)[:, 0]
            rows = np.flatnonzero(np.isfinite(values))
            names[code] += [ids[block * BLOCK_ROWS + row] for row in rows.tolist()]
            means[code].append(values[rows].astype(np.float32))
    parts = {code: (names[code], np.concatenate(means[code])) for code in codes if names[code]}
    return SharedHour(0, 1, hour, parts)


def key_of(partition: int, partitions: int) -> bytes:
    """Key of a record: whose hours these are."""
    return f"{partition}/{partitions}".encode()


def encoded(shared: SharedHour) -> list[bytes]:
    """Batches of readings, one row a source and factor: hour means, as readings.v1 has them.

    The last row of the last batch is a tick with the start of the hour: so far the hour is whole, even without a value.
    """
    sources: list[str] = []
    numbers: list[int] = []
    means = [np.zeros(0, np.float32)]
    for code, (names, values) in shared.parts.items():
        sources += names
        numbers += [factor_number(code)] * len(names)
        means.append(values)
    found = np.concatenate(means)
    cuts = range(0, max(1, len(sources)), ROWS_AT_MOST)
    return [_batch(shared.hour, sources, numbers, found, cut, cut == cuts[-1]) for cut in cuts]


def _batch(hour: int, sources: list[str], numbers: list[int], means: Array, cut: int, last: bool) -> bytes:
    names: dict[str, int] = {}
    piece = slice(cut, cut + ROWS_AT_MOST)
    index = [names.setdefault(name, len(names)) for name in [*sources[piece], *([TICK_SOURCE] if last else [])]]
    start, ticks = hour * HOUR_MS, int(last)
    same: dict[str, float] = {
        "stat": int(Stat.AVG), "period": int(Period.HOUR), "time": start, "flag": ord("N"),
        "received": start + HOUR_MS, "edition": int(Edition.E2017), "seq": 0,
    }  # fmt: skip
    arrays: dict[str, Any] = {name: np.full(len(index), value, DTYPES[name]) for name, value in same.items()}
    arrays["factor"] = np.array([*numbers[piece], *[TICK_FACTOR] * ticks], np.uint16)
    arrays["value"] = np.array([*means[piece].tolist(), *[0.0] * ticks], np.float64)
    return encode(Columns(sources=list(names), source=np.array(index, np.int32), **arrays))


def decoded(key: bytes | None, value: bytes | None) -> SharedHour:
    """The hour of a record. Raises ReadingsError for what is none."""
    partition, _, partitions = (key or b"").decode("ascii", "replace").partition("/")
    if not (partition.isdecimal() and partitions.isdecimal() and int(partition) < int(partitions)):
        raise ReadingsError(f"key {key!r} names no partition")
    columns = decode(value or b"")
    if not len(columns):
        raise ReadingsError("an hour without a row")
    hours = np.unique(columns.time // HOUR_MS)
    if len(hours) > 1:
        raise ReadingsError(f"{len(hours)} hours in one record")
    parts = {}
    for number in np.unique(columns.factor[columns.factor != TICK_FACTOR]).tolist():
        rows = np.flatnonzero(columns.factor == number)
        try:
            code = factors.by_number(number).code
        except KeyError as error:
            raise ReadingsError(f"factor {number} is not known") from error
        names = [columns.sources[place] for place in columns.source[rows].tolist()]
        parts[code] = (names, columns.value[rows].astype(np.float32))
    whole = bool((columns.factor == TICK_FACTOR).any())
    return SharedHour(int(partition), int(partitions), int(hours[0]), parts, whole)
