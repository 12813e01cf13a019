"""A publisher without a broker; tests/contract/test_publishers.py runs the same suite over it and the real one."""

import asyncio
from collections.abc import Mapping, Sequence

from lantian_kit.bus import Delivered, DeliveryError, partition_of
from lantian_kit.records import Record


class FakePublisher:
    """Keeps records in memory; `fail_next` lets the next sends fail, `hold` keeps acknowledgements back."""

    def __init__(self, partitions: Mapping[str, int] | None = None) -> None:
        self._partitions = dict(partitions or {})
        self._logs: dict[tuple[str, int], list[Record]] = {}
        self._held: list[tuple[asyncio.Future[Delivered], Delivered]] = []
        self.fail_next = 0
        self.hold = False
        self.in_flight_bytes = 0

    def partitions(self, topic: str) -> int:
        return self._partitions.get(topic, 4)

    def enqueue(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> "asyncio.Future[Delivered]":
        future: asyncio.Future[Delivered] = asyncio.get_running_loop().create_future()
        if self.fail_next:
            self.fail_next -= 1
            future.set_exception(DeliveryError(f"{topic}: told to fail"))
            return future
        if partition is None:
            partition = partition_of(key or b"", self.partitions(topic))
        log = self._logs.setdefault((topic, partition), [])
        record = Record(topic, partition, len(log), 1_700_000_000_000, key, value, tuple(headers))
        log.append(record)
        delivered = Delivered(topic, partition, record.offset, record.timestamp_ms)
        if self.hold:
            self._held.append((future, delivered))
        else:
            future.set_result(delivered)
        return future

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> Delivered:
        return await self.enqueue(topic, value, key=key, headers=headers, partition=partition)

    def release(self) -> None:
        """Acknowledges what was held."""
        held, self._held = self._held, []
        for future, delivered in held:
            if not future.done():
                future.set_result(delivered)

    def records(self, topic: str) -> list[Record]:
        """Everything in a topic, partition by partition."""
        return [record for (name, _), log in sorted(self._logs.items()) if name == topic for record in log]
