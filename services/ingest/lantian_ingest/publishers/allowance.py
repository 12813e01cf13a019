"""How many rows a publisher may still send; and what it has sent under which Idempotency-Key. Time is an argument."""

from collections import OrderedDict
from enum import Enum
from typing import Final, NamedTuple

MINUTE_SECONDS: Final = 60.0
DAY_SECONDS: Final = 86_400.0
KEYS_KEPT: Final = 20_000


class Allowance:
    """A bucket a publisher that fills steadily and holds one minute's rows."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_seconds(self, publisher: str, rows_per_minute: int, rows: int, now: float) -> float:
        """0 when the rows may come now, and they count then; else the seconds until they may.

        A batch larger than a minute's rows may come when the bucket is full, and leaves a debt.
        """
        speed = rows_per_minute / MINUTE_SECONDS
        level, last = self._buckets.get(publisher, (float(rows_per_minute), now))
        level = min(float(rows_per_minute), level + max(0.0, now - last) * speed)
        wanted = min(rows, rows_per_minute)
        self._buckets[publisher] = (level, now)
        if level < wanted:
            return (wanted - level) / speed
        self._buckets[publisher] = (level - rows, now)
        return 0.0


class Seen(Enum):
    """What an Idempotency-Key says of a request."""

    NEW = "new"
    UNDER_WAY = "under-way"
    DONE = "done"
    OTHER_BODY = "other-body"


class _Entry(NamedTuple):
    fingerprint: str
    since: float
    answer: tuple[int, bytes] | None


class Repeats:
    """Remembers answers for a day, in this process: after a restart a repeat is taken as new, which does no harm
    (same source, time and value).
    """

    def __init__(self, kept: int = KEYS_KEPT) -> None:
        self._kept = kept
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()

    def begin(self, publisher: str, key: str, fingerprint: str, now: float) -> tuple[Seen, tuple[int, bytes] | None]:
        """What the key says, with the answer when it is DONE. NEW is noted as under way: end it with `end`."""
        place = (publisher, key)
        entry = self._entries.get(place)
        if entry is not None and now - entry.since <= DAY_SECONDS:
            if entry.fingerprint != fingerprint:
                return Seen.OTHER_BODY, None
            return (Seen.UNDER_WAY, None) if entry.answer is None else (Seen.DONE, entry.answer)
        self._entries[place] = _Entry(fingerprint, now, None)
        self._entries.move_to_end(place)
        while len(self._entries) > self._kept:
            self._entries.popitem(last=False)
        return Seen.NEW, None

    def end(self, publisher: str, key: str, answer: tuple[int, bytes] | None) -> None:
        """The answer; None forgets the key, so that a request that failed here can be tried again."""
        place = (publisher, key)
        entry = self._entries.get(place)
        if entry is None:
            return
        if answer is None:
            del self._entries[place]
        else:
            self._entries[place] = entry._replace(answer=answer)
