"""Sub-packets of one message (HJ 212-2017 6.3.2, C.49 and C.50): which came, which did not.

Every sub-packet holds whole items and its own DataTime, so each is read, kept and answered by itself; nothing waits in
memory between an answer and the store. What is joined here is the knowledge whether the set became complete.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from lantian_ingest.decoders.hj212.decode import Decoded
from lantian_ingest.decoders.hj212.site import SiteEvent

LARGEST_SET: Final = 256  # sub-packets; a day of minute data of a hundred factors has fewer
SETS: Final = 8192
WAIT_MS: Final = 120_000  # three repeats of ten seconds each, for a few packets (2017 6.1)

Key = tuple[str, str, str, int, int]  # MN, ST, CN, DataTime, PNUM


class Joined(NamedTuple):
    """A set of sub-packets in the order of their numbers. `missing` is empty when all came."""

    key: Key
    parts: tuple[Decoded, ...]
    missing: tuple[int, ...]
    first_ms: int
    last_ms: int

    @property
    def complete(self) -> bool:
        """True when every number from 1 to PNUM came."""
        return not self.missing

    @property
    def values(self) -> tuple[float, ...]:
        """The values of all parts."""
        return tuple(value for part in self.parts for value in part.values)

    @property
    def events(self) -> tuple[SiteEvent, ...]:
        """The statements of all parts."""
        return tuple(event for part in self.parts for event in part.events)


@dataclass(slots=True)
class _Set:
    first_ms: int
    last_ms: int
    parts: dict[int, Decoded] = field(default_factory=dict)


class Joiner:
    """Holds at most `sets` unfinished sets, each for `wait_ms` after its last part; times are the caller's."""

    def __init__(self, *, sets: int = SETS, wait_ms: int = WAIT_MS) -> None:
        self._limit = sets
        self._wait_ms = wait_ms
        self._open: dict[Key, _Set] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, decoded: Decoded, now_ms: int) -> list[Joined]:
        """Takes a packet; the sets that ended by it: its own when complete, the oldest one when there are too many.

        A packet that is alone (PNUM 1, or no numbers) is a complete set at once; a repeated one changes nothing. One
        with numbers that can not be (PNO over PNUM, PNUM over 256) is a set with everything else missing.
        """
        head = decoded.shape.head
        total = 1 if head.pnum is None else head.pnum
        number = 1 if head.pno is None else head.pno
        key = (head.mn, head.st, head.cn, decoded.time_ms, total)
        if total == 1 and number == 1:
            return [Joined(key, (decoded,), (), now_ms, now_ms)]
        if total > LARGEST_SET or not 1 <= number <= total:
            return [Joined(key, (decoded,), (0,), now_ms, now_ms)]
        ended: list[Joined] = []
        found = self._open.get(key)
        if found is None:
            if len(self._open) >= self._limit:
                ended.append(self._end(next(iter(self._open))))
            found = self._open[key] = _Set(now_ms, now_ms)
        found.last_ms = max(found.last_ms, now_ms)
        found.parts.setdefault(number, decoded)
        if len(found.parts) == total:
            ended.append(self._end(key))
        return ended

    def expire(self, now_ms: int) -> list[Joined]:
        """The sets that waited too long, incomplete as they are, oldest first."""
        late = [key for key, found in self._open.items() if now_ms - found.last_ms >= self._wait_ms]
        return [self._end(key) for key in late]

    def _end(self, key: Key) -> Joined:
        found = self._open.pop(key)
        missing = tuple(number for number in range(1, key[4] + 1) if number not in found.parts)
        parts = tuple(found.parts[number] for number in sorted(found.parts))
        return Joined(key, parts, missing, found.first_ms, found.last_ms)
