"""Records in Kafka's format v2, encoded as they come: one join of prepared pieces a record.

`KafkaProducer.send` encodes each header field by field and holds a future a record: 50 to 100 µs a record. The batch
made of these records, and its way into the library, are in `bus`; what a frame costs now: bench/results/gateway.json.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lantian_kit.publisher import Delivered, DeliveryError, Told
from lantian_kit.publisher import Packed as Packed

NAMES_KEPT = 1024

Errors = Callable[[int], BaseException]
"""What is wrong with the n-th record of a batch."""

Fate = Callable[[int, int, BaseException | None], None]
"""Of a record of a batch: its number there, its offset, or why it has none."""


def varint(number: int) -> bytes:
    """Zigzag, seven bits a byte (Kafka record format v2, as in Protocol Buffers)."""
    left = number << 1 if number >= 0 else (-number << 1) - 1
    found = bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


_VARINTS = [varint(number) for number in range(4096)]
_NOTHING = varint(-1)


def _count(number: int) -> bytes:
    return _VARINTS[number] if number < 4096 else varint(number)


_NAMES: dict[str, bytes] = {}  # of headers, encoded: a few dozen


def _name(name: str) -> bytes:
    data = name.encode()
    found = varint(len(data)) + data
    if len(_NAMES) < NAMES_KEPT:
        _NAMES[name] = found
    return found


def packed(headers: Sequence[tuple[str, bytes]]) -> bytes:
    """Headers as they stand in a record, without their number before them."""
    parts: list[bytes] = []
    for name, content in headers:
        parts += (_NAMES.get(name) or _name(name), _count(len(content)), content)
    return b"".join(parts)


def packed_headers(number: int, *parts: bytes) -> Packed:
    """`number` headers, from parts made by `packed`."""
    return Packed(_count(number) + b"".join(parts))


class Records:
    """Records of one partition, encoded as they come, and who is to hear what became of them."""

    def __init__(self, place: tuple[str, int]) -> None:
        self.place = place
        self.stamps: list[int] = []
        self.size = 0
        self._left = 0  # of one that was divided: records that are not answered for
        self._pieces: list[bytes] = []
        self._tags: list[Any] = []
        self._runs: list[tuple[int, Told]] = []  # from which record on who hears of it
        self._last: Told | None = None

    def __len__(self) -> int:
        return len(self.stamps)

    def waits(self, told: Told, tag: object) -> None:
        """Who is to hear of the next record, and by which name."""
        if told is not self._last:
            self._last = told
            self._runs.append((len(self._tags), told))
        self._tags.append(tag)

    def tell(self, offset: int, errors: "Errors | None") -> None:
        """All of them lie in Kafka, the first at `offset`, or none does; each hearer is told once of its run."""
        ends = [start for start, _ in self._runs[1:]] + [len(self._tags)]
        for (start, told), end in zip(self._runs, ends, strict=True):
            self._say(told, start, end, offset + start, None if errors is None else errors(start))

    def tell_one(self, number: int, offset: int, error: BaseException | None) -> bool:
        """The same of one record, whose offset is its own; True when it was the last one."""
        told = next(told for start, told in reversed(self._runs) if start <= number)
        self._left = (self._left or len(self)) - 1
        self._say(told, number, number + 1, offset, error)
        return not self._left

    def _say(self, told: Told, start: int, end: int, offset: int, error: BaseException | None) -> None:
        topic, partition = self.place
        if error is not None:
            told(self._tags[start:end], None, DeliveryError(f"{topic}: {error!r}"))
        else:
            told(self._tags[start:end], Delivered(topic, partition, offset, self.stamps[start]), None)

    def append(
        self,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] | Packed,
        timestamp_ms: int,
    ) -> None:
        """One more record."""
        stamps = self.stamps
        after_ms = timestamp_ms - stamps[0] if stamps else 0
        parts = [b"\0", _VARINTS[after_ms] if 0 <= after_ms < 4096 else varint(after_ms), _count(len(stamps))]
        parts += (_NOTHING,) if key is None else (_count(len(key)), key)
        parts += (_NOTHING,) if value is None else (_count(len(value)), value)
        if isinstance(headers, Packed):
            parts.append(headers)
        else:
            parts += (_count(len(headers)), packed(headers))
        record = b"".join(parts)
        stamps.append(timestamp_ms)
        self._pieces += (_count(len(record)), record)
        self.size += len(record) + 3

    @property
    def payload(self) -> bytes:
        """All records, without the header of the batch."""
        return b"".join(self._pieces)


class _Slot(NamedTuple):
    """A record of a batch that the broker found too large: the library divides it and asks each record to follow."""

    fate: Fate
    number: int

    def rebind(self, produced: Any, index: int) -> None:
        """The record is now number `index` of another batch."""

        def told(result: tuple[int, int, Errors | None]) -> None:
            offset, _, errors = result
            self.fate(self.number, offset + index, None if errors is None else errors(index))

        produced.add_callback(told)
        produced.add_errback(lambda error: self.fate(self.number, -1, error))


class Slots:
    """Made only when asked for."""

    def __init__(self, fate: Fate, count: int) -> None:
        self._fate, self._count = fate, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, number: int) -> _Slot:
        return _Slot(self._fate, number)
