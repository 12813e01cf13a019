"""A broker in memory: what was published, and failures on demand."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from lantian_kit.bus import Delivered, DeliveryError
from lantian_kit.records import Record

Headers = Sequence[tuple[str, bytes]]


@dataclass
class FakePublisher:
    """Publisher that keeps everything; `refuses` says which records are not acknowledged (but may lie there)."""

    sent: list[Record] = field(default_factory=list)
    refuses: Callable[[Record], bool] = lambda record: False
    before: Callable[[Record], None] = lambda record: None

    def partitions(self, topic: str) -> int:
        """One."""
        return 1

    def enqueue(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> "asyncio.Future[Delivered]":
        """As send."""
        return asyncio.ensure_future(self.send(topic, value, key=key, headers=headers, partition=partition))

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Headers = (),
        partition: int | None = None,
    ) -> Delivered:
        """Keeps the record after giving others a turn."""
        record = Record(topic, 0, len(self.sent), 0, key, value, tuple(headers))
        await asyncio.sleep(0)
        self.before(record)
        self.sent.append(record)
        if self.refuses(record):
            raise DeliveryError(f"{topic}: no acknowledgement")
        return Delivered(topic, 0, record.offset, 0)
