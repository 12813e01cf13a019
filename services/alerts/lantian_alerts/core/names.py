"""Names of sources as numbers: each name met is numbered once for the life of the process, by a compiled table.

Reading the names of a fetch one by one in Python took a third of the time of its frames. The numbers mean nothing
outside: a partition keeps the row of each (`Partition.gather`).
"""

import secrets
from typing import Any, Final, NamedTuple

import numpy as np

from lantian_alerts.core.compiled import compiled
from lantian_alerts.core.layout import Array

NAMES_AT_MOST: Final = 2_000_000  # names nobody registered must not fill the memory
SLOTS_AT_FIRST: Final = 1 << 12
PRIME: Final = 0x9E3779B97F4A7C15
WORD: Final = 8


class Known(list[str]):
    """Names by their number. Only grows; another object means other numbers."""


class Table(NamedTuple):
    """Numbers by place, -1 where none is; hash, start and end (of the next) of each number, and the text of all."""

    slots: Array
    hashes: Array
    bounds: Array
    text: Array


@compiled
def _hashed(data: Any, begin: Any, end: Any, seed: Any) -> Any:
    value = seed ^ np.uint64(end - begin)
    while end - begin >= WORD:
        word = np.uint64(0)
        for byte in range(WORD):
            word |= np.uint64(data[np.uint64(begin + byte)]) << np.uint64(8 * byte)
        value = (value ^ word) * np.uint64(PRIME)
        value ^= value >> np.uint64(29)
        begin += WORD
    for place in range(begin, end):
        value = (value ^ np.uint64(data[np.uint64(place)])) * np.uint64(PRIME)
        value ^= value >> np.uint64(29)
    return value


@compiled
def place(data: Any, begin: Any, end: Any, seed: Any, table: Any) -> Any:
    """Where the table holds the name, or the empty place where it belongs."""
    value = _hashed(data, begin, end, seed)
    slots, hashes, bounds, text = table.slots, table.hashes, table.bounds, table.text
    mask = np.int64(len(slots) - 1)
    at = np.int64(value & np.uint64(mask))
    while slots[at] >= 0:
        number = slots[at]
        if hashes[number] == value and bounds[number + 1] - bounds[number] == end - begin:
            first, difference = bounds[number], np.uint8(0)
            for step in range(end - begin):
                difference |= np.uint8(text[np.uint64(first + step)] ^ data[np.uint64(begin + step)])
            if difference == 0:
                return at
        at = (at + 1) & mask
    return at


@compiled
def find(data: Any, spans: Any, seed: Any, table: Any, out: Any) -> Any:
    """Numbers of the names at `spans`, -1 for new ones; returns how many are new."""
    missing = 0
    for name in range(len(spans)):
        out[name] = table.slots[place(data, spans[name, 0], spans[name, 1], seed, table)]
        if out[name] < 0:
            missing += 1
    return missing


@compiled
def fill(seed: Any, first: Any, count: Any, table: Any) -> None:
    """Puts names that are in the text, numbers `first` up to `count`, into the table."""
    for number in range(first, count):
        begin, end = table.bounds[number], table.bounds[number + 1]
        table.hashes[number] = _hashed(table.text, begin, end, seed)
        table.slots[place(table.text, begin, end, seed, table)] = number


class Names:
    """The table. Not thread-safe."""

    def __init__(self) -> None:
        self.seed = np.uint64(secrets.randbits(64))  # nobody outside can make names collide
        self._clear()

    def _clear(self) -> None:
        self.known = Known()
        self.table = Table(
            np.full(SLOTS_AT_FIRST, -1, np.int32),
            np.zeros(SLOTS_AT_FIRST // 2, np.uint64),
            np.zeros(SLOTS_AT_FIRST // 2 + 1, np.int64),
            np.zeros(SLOTS_AT_FIRST * 8, np.uint8),
        )

    def numbers(self, data: Array, spans: Array) -> Array:
        """Numbers of the names at `spans` of `data`. Raises UnicodeDecodeError: one is no text."""
        out = np.empty(len(spans), np.int32)
        if not self._find(data, spans, out):
            return out
        if len(self.known) >= NAMES_AT_MOST:
            self._clear()
        first = len(self.known)
        new = np.flatnonzero(out < 0) if first else np.arange(len(spans))
        fresh = dict.fromkeys(data[begin:end].tobytes() for begin, end in spans[new].tolist())
        self.known += [name.decode() for name in fresh]
        self._add(first, list(fresh))
        self._find(data, spans, out)
        return out

    def _find(self, data: Array, spans: Array, out: Array) -> int:
        return int(find(data, spans, self.seed, self.table, out))

    def _add(self, first: int, fresh: list[bytes]) -> None:
        slots, hashes, bounds, text = self.table
        count, begin = len(self.known), first
        if count > len(hashes):  # half full at most
            begin = 0
            size = 1 << int(count * 2 - 1).bit_length()
            slots = np.full(size, -1, np.int32)
            hashes = np.zeros(size // 2, np.uint64)
            bounds = np.concatenate((bounds[: first + 1], np.zeros(size // 2 - first, np.int64)))
        bounds[first + 1 : count + 1] = bounds[first] + np.cumsum([len(name) for name in fresh])
        needed = int(bounds[count])
        if needed > len(text):
            text = np.concatenate((text, np.zeros(2 * needed - len(text), np.uint8)))
        text[int(bounds[first]) : needed] = np.frombuffer(b"".join(fresh), np.uint8)
        self.table = Table(slots, hashes, bounds, text)
        fill(self.seed, begin, count, self.table)
