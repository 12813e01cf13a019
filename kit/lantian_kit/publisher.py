"""What services know of producing, whoever does it."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol


class DeliveryError(Exception):
    """The broker did not acknowledge a record; whether it lies in the topic is unknown."""


class Delivered(NamedTuple):
    """Where a record lies; `timestamp_ms` is the record's own wall time."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int


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
