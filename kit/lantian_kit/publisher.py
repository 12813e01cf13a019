"""What services know of producing, whoever does it."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol


class DeliveryError(Exception):
    """The broker did not acknowledge a record; whether it lies in the topic is unknown."""


class Delivered(NamedTuple):
    """Where a record lies; `timestamp_ms` is the record's own wall time."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


Told = Callable[[list[Any], Delivered | None, DeliveryError | None], None]
"""Hears what became of records of one partition that were posted one after another: their tags, and where the first
lies, the others right behind it; or what is wrong with all of them. It must not raise."""


class Packed(bytes):
    """All headers of a record as they stand in it; made by `lantian_kit.batches.packed_headers`."""

    __slots__ = ()


Posted = tuple[bytes, bytes, Packed, Any]
"""Key, value, headers, and a tag, which is the poster's own."""


class Publisher(Protocol):
    """What services know of producing."""

    def partitions(self, topic: str) -> int:
        """Number of partitions of a topic."""

    def enqueue(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> "asyncio.Future[Delivered]":
        """Hands a record over, in order; the future ends with Delivered or DeliveryError."""

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> Delivered:
        """Returns when the broker has acknowledged the record. Raises DeliveryError."""


class Poster(Publisher, Protocol):
    """One who also takes many records at a time."""

    def post(self, topic: str, records: Iterable[Posted], told: Told) -> None:
        """Hands many records over, in order; `told` hears of each exactly once, of many at a time, and never in here.

        What a future a record costs is the reason for it. `told` must be the same object for all that may be told of
        together.
        """
