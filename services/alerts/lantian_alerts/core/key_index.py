"""Which numbers belong to a key, in 12 bytes a pair where a dictionary takes 130.

Keys are known by a hash alone: numbers of another key with the same hash come along, and who asks has to bear it. Only
grows.
"""

from array import array
from typing import Final

EMPTY: Final = -1
PLACES_AT_FIRST: Final = 1 << 6


class KeyIndex:
    """An open table of hashes and numbers, at most two thirds full. Not thread-safe."""

    def __init__(self) -> None:
        self._count = 0
        self._hashes = array("q", [0]) * PLACES_AT_FIRST
        self._numbers = array("i", [EMPTY]) * PLACES_AT_FIRST

    def of(self, key: str) -> list[int]:
        """Numbers put under the key, or under one of the same hash."""
        wanted, mask, found = hash(key), len(self._numbers) - 1, []  # seeded: nobody outside can make keys collide
        at = wanted & mask
        while self._numbers[at] != EMPTY:
            if self._hashes[at] == wanted:
                found.append(self._numbers[at])
            at = (at + 1) & mask
        return found

    def put(self, key: str, number: int) -> None:
        """Puts a number of at least zero that is not there yet."""
        if 3 * (self._count + 1) > 2 * len(self._numbers):
            self._grow()
        self._put(hash(key), number)
        self._count += 1

    def _put(self, hashed: int, number: int) -> None:
        mask = len(self._numbers) - 1
        at = hashed & mask
        while self._numbers[at] != EMPTY:
            at = (at + 1) & mask
        self._hashes[at], self._numbers[at] = hashed, number

    def _grow(self) -> None:
        hashes, numbers, places = self._hashes, self._numbers, 2 * len(self._numbers)
        self._hashes, self._numbers = array("q", [0]) * places, array("i", [EMPTY]) * places
        for hashed, number in zip(hashes, numbers, strict=True):
            if number != EMPTY:
                self._put(hashed, number)
