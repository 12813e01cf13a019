"""Names of sources as numbers: each name met is numbered once for the life of the process, by a compiled table.

Reading the names of a fetch one by one in Python took a third of the time of its frames. The numbers mean nothing
outside: a partition keeps the row of each (`Partition.gather`).
"""

import secrets
from typing import Any, Final

import numpy as np

from lantian_alerts.core.compiled import compiled
from lantian_alerts.core.layout import Array

NAMES_AT_MOST: Final = 2_000_000  # names nobody registered must not fill the memory
SLOTS_AT_FIRST: Final = 1 << 12
PRIME: Final = 0x9E3779B97F4A7C15


class Known(list[str]):
    """Names by their number. Only grows; another object means other numbers."""


@compiled
def _hashed(data: Any, begin: Any, end: Any, seed: Any) -> Any:
    value = seed ^ np.uint64(end - begin)
    for place in range(begin, end):
        value = (value ^ np.uint64(data[place])) * np.uint64(PRIME)
        value ^= value >> np.uint64(29)
    return value


@compiled
def _place(data: Any, begin: Any, end: Any, value: Any, slots: Any, hashes: Any, bounds: Any, text: Any) -> Any:
    """Where the table holds the name, or the empty place where it belongs."""
    mask = np.int64(len(slots) - 1)
    at = np.int64(value & np.uint64(mask))
    while slots[at] >= 0:
        number = slots[at]
        if hashes[number] == value and bounds[number + 1] - bounds[number] == end - begin:
            first, same = bounds[number], True
            for place in range(end - begin):
                if text[first + place] != data[begin + place]:
                    same = False
                    break
            if same:
                return at
        at = (at + 1) & mask
    return at


@compiled
def find(data: Any, spans: Any, seed: Any, slots: Any, hashes: Any, bounds: Any, text: Any, out: Any) -> Any:
    """Numbers of the names at `spans`, -1 for new ones; returns how many are new."""
    missing = 0
    for name in range(len(spans)):
        begin, end = spans[name, 0], spans[name, 1]
        value = _hashed(data, begin, end, seed)
        out[name] = slots[_place(data, begin, end, value, slots, hashes, bounds, text)]
        if out[name] < 0:
            missing += 1
    return missing


@compiled
def fill(seed: Any, first: Any, count: Any, slots: Any, hashes: Any, bounds: Any, text: Any) -> None:
    """Puts names that are in the text, numbers `first` up to `count`, into the table."""
    for number in range(first, count):
        begin, end = bounds[number], bounds[number + 1]
        value = _hashed(text, begin, end, seed)
        hashes[number] = value
        slots[_place(text, begin, end, value, slots, hashes, bounds, text)] = number


class Names:
    """The table. Not thread-safe."""

    def __init__(self) -> None:
        self._seed = np.uint64(secrets.randbits(64))  # nobody outside can make names collide
        self._clear()

    def _clear(self) -> None:
        self.known = Known()
        self._slots = np.full(SLOTS_AT_FIRST, -1, np.int32)
        self._hashes = np.zeros(SLOTS_AT_FIRST // 2, np.uint64)
        self._bounds = np.zeros(SLOTS_AT_FIRST // 2 + 1, np.int64)
        self._text = np.zeros(SLOTS_AT_FIRST * 8, np.uint8)

    def numbers(self, blob: bytes, data: Array, spans: Array) -> Array:
        """Numbers of the names at `spans` of `data`, which is `blob`. Raises UnicodeDecodeError: one is no text."""
        out = np.empty(len(spans), np.int32)
        if not self._find(data, spans, out):
            return out
        if len(self.known) >= NAMES_AT_MOST:
            self._clear()
        first = len(self.known)
        new = np.flatnonzero(out < 0) if first else np.arange(len(spans))
        fresh = dict.fromkeys(blob[begin:end] for begin, end in spans[new].tolist())
        self.known += [name.decode() for name in fresh]
        self._add(first, list(fresh))
        self._find(data, spans, out)
        return out

    def _find(self, data: Array, spans: Array, out: Array) -> int:
        return int(find(data, spans, self._seed, self._slots, self._hashes, self._bounds, self._text, out))

    def _add(self, first: int, fresh: list[bytes]) -> None:
        count, begin = len(self.known), first
        if count > len(self._hashes):  # half full at most
            begin = 0
            size = 1 << int(count * 2 - 1).bit_length()
            self._slots = np.full(size, -1, np.int32)
            self._hashes = np.zeros(size // 2, np.uint64)
            self._bounds = np.concatenate((self._bounds[: first + 1], np.zeros(size // 2 - first, np.int64)))
        self._bounds[first + 1 : count + 1] = self._bounds[first] + np.cumsum([len(name) for name in fresh])
        needed = int(self._bounds[count])
        if needed > len(self._text):
            self._text = np.concatenate((self._text, np.zeros(2 * needed - len(self._text), np.uint8)))
        self._text[int(self._bounds[first]) : needed] = np.frombuffer(b"".join(fresh), np.uint8)
        fill(self._seed, begin, count, self._slots, self._hashes, self._bounds, self._text)
