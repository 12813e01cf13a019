"""A publisher without a broker; tests/contract/test_publishers.py runs the same suite over it and the real one."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from lantian_kit.bus import Delivered, DeliveryError, partition_of
from lantian_kit.publisher import Posted, Told
from lantian_kit.records import Record


class FakePublisher:
    """Keeps records in memory; `fail_next` lets the next sends fail, `hold` keeps acknowledgements back."""

    def __init__(self, partitions: Mapping[str, int] | None = None) -> None:
        self._partitions = dict(partitions or {})
        self._logs: dict[tuple[str, int], list[Record]] = {}
        self._held: list[Callable[[], None]] = []
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
        if self._fails():
            future.set_exception(DeliveryError(f"{topic}: told to fail"))
            return future
        if partition is None:
            partition = partition_of(key or b"", self.partitions(topic))
        delivered = self._lay(topic, partition, key, value, headers)
        if self.hold:
            self._held.append(lambda: None if future.done() else future.set_result(delivered))
        else:
            future.set_result(delivered)
        return future

    def post(self, topic: str, records: Iterable[Posted], told: Told) -> None:
        tell = self._held.append if self.hold else asyncio.get_running_loop().call_soon
        runs: dict[int, tuple[list[object], Delivered]] = {}
        for key, value, headers, tag in records:
            if self._fails():
                tell(partial(told, [tag], None, DeliveryError(f"{topic}: told to fail")))
                continue
            delivered = self._lay(
                topic, partition_of(key, self.partitions(topic)), key, value, list(_unpacked(headers))
            )
            runs.setdefault(delivered.partition, ([], delivered))[0].append(tag)
        for tags, first in runs.values():
            tell(partial(told, tags, first, None))

    def _fails(self) -> bool:
        if not self.fail_next:
            return False
        self.fail_next -= 1
        return True

    def _lay(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> Delivered:
        log = self._logs.setdefault((topic, partition), [])
        record = Record(topic, partition, len(log), 1_700_000_000_000, key, value, tuple(headers))
        log.append(record)
        return Delivered(topic, partition, record.offset, record.timestamp_ms)

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
        for acknowledge in held:
            acknowledge()

    def records(self, topic: str) -> list[Record]:
        """Everything in a topic, partition by partition."""
        return [record for (name, _), log in sorted(self._logs.items()) if name == topic for record in log]


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Headers of a record as Kafka writes them."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)

    def text() -> bytes:
        nonlocal at
        size = number()
        at += size
        return data[at - size : at]

    for _ in range(number()):
        name = text().decode()
        yield name, text()
