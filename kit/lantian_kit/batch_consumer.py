"""Whole fetches for Faust: one event per fetch and partition instead of one per record (ADR 2).

Faust stays the host: app, worker, agents, rebalancing, commits. Classes are subclassed and registered through
`app.transport`; nothing is patched in place. It leans on private names of faust-streaming 0.15.3 and aiokafka 0.14,
which tests/contract/test_faust_names.py guards: `_drain_messages`, `_wait_next_records`, `_new_offset`, `_acked`,
`_acked_index`, `_buffered_partitions`, `_read_offset`, `_committed_offset` (in worker.py), `_fetch_max_wait_ms`,
`_fetch_min_bytes`, `_coordinator`,
`_fetch_records`, `_create_fetch_waiter`, and those of `whole_fetch`.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

import faust
from faust import Schema
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage

from lantian_kit.whole_fetch import WholeFetch, exchange

RECORDS_AT_MOST = 5000
BATCHES_IN_FLIGHT = 32
WHOLE_IN_FLIGHT = 8  # each up to 16 MB once decompressed


class BatchSchema(Schema[Any, Any]):
    """The value is already a list of records: no codec call per message."""

    def compile(self, app: Any, **kwargs: Any) -> Any:
        create_event = app.create_event

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return create_event(None, message.value, None, message)

        return decode


def pieces(found: list[Any], first: int) -> Iterator[tuple[Any, int, int]]:
    """What is handed over at once: a whole fetch, or so many records; with its last offset and time."""
    records = [one for one in found if not isinstance(one, WholeFetch) and one.offset >= first]
    for start in range(0, len(records), RECORDS_AT_MOST):
        chunk = records[start : start + RECORDS_AT_MOST]
        yield chunk, chunk[-1].offset, chunk[-1].timestamp
    for one in found:
        if isinstance(one, WholeFetch) and one.last >= first:
            yield one.since(first), one.last, one.timestamp


class BatchConsumer(driver.Consumer):
    """Hands over lists of records; commits only whole batches that were acknowledged in order."""

    leave_on_stop = False
    in_flight = BATCHES_IN_FLIGHT

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._outstanding: defaultdict[Any, deque[int]] = defaultdict(deque)
        self._delivered = self._processed = 0

    def processed(self) -> None:
        """The agent calls this once a batch, whether it acknowledges now or after a snapshot."""
        self._processed += 1

    async def _drain_messages(self, fetcher: Any) -> None:
        consumer_stopped, fetcher_stopped = self._stopped.is_set, fetcher._stopped.is_set
        try:
            while not (consumer_stopped() or fetcher_stopped()):
                records, active = await self._wait_next_records(1.0)
                if not records or self.should_stop:
                    await asyncio.sleep(0)
                    continue
                generation = self.app.consumer_generation_id
                if not self.flow_active:
                    await self.perform_seek()
                    continue
                # Stock Faust arms this race once per record: 110 us each.
                await self.wait_first(self._deliver(records, active, generation), self.suspend_flow.wait())
        except self.consumer_stopped_errors:
            if not self.transport.app.should_stop:
                raise
        except asyncio.CancelledError:
            if not self.transport.app.should_stop:
                raise

    async def _wait_next_records(self, timeout: float) -> Any:
        def full() -> bool:
            return self._delivered - self._processed >= self.in_flight

        while full() and self.flow_active and not self.should_stop:  # noqa: ASYNC110  # one of three conditions is Faust's
            await asyncio.sleep(0.002)
        return await super()._wait_next_records(timeout)

    async def _deliver(self, records: Any, active: Any, generation: int) -> None:
        app, read = self.app, self._read_offset
        for tp, batch in records.items():
            if not (active is None or tp in active or tp in self._buffered_partitions):
                continue  # not ours any more: the next owner reads it
            app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            for value, last, timestamp in pieces(batch, read[tp] or 0):
                if not self.flow_active or app.consumer_generation_id != generation:
                    return
                await self._hand_over(tp, value, last, timestamp, generation)

    async def _hand_over(self, tp: Any, value: Any, last: int, timestamp: int, generation: int) -> None:
        message = ConsumerMessage(
            tp.topic, tp.partition, last, timestamp / 1000.0, 0,
            None, None, value, None, 0, 0, tp, generation_id=generation,
        )  # fmt: skip
        self._outstanding[tp].append(last)
        self._delivered += 1
        try:
            await self.callback(message)
        except BaseException:  # cancelled: the batch never reached the agent
            if self._outstanding[tp] and self._outstanding[tp][-1] == last:
                self._outstanding[tp].pop()
            self._delivered -= 1
            raise
        self._read_offset[tp] = last

    def _new_offset(self, tp: Any) -> int | None:
        """Stock Faust may commit past a record in flight (faust-streaming#606); here only whole batches, in order."""
        acked, index, outstanding = self._acked[tp], self._acked_index[tp], self._outstanding[tp]
        last = None
        while outstanding and outstanding[0] in index:
            last = outstanding.popleft()
            index.discard(last)
        if last is None:
            return None
        acked[:] = [offset for offset in acked if offset > last]
        return int(last) + 1

    async def on_partitions_assigned(self, assigned: Any, generation_id: int = 0) -> None:
        self._delivered = self._processed = 0
        for book in (self._outstanding, self._acked, self._acked_index):
            book.clear()
        await super().on_partitions_assigned(assigned, generation_id)

    async def on_stop(self) -> None:
        await super().on_stop()
        if self.leave_on_stop:  # aiokafka sends no LeaveGroup for a static member: its partitions would rest 10 s
            thread: Any = self._thread
            thread._consumer._coordinator._group_instance_id = None


def install(
    app: faust.App, *, fetch_max_wait_ms: int, fetch_min_bytes: int, leave_on_stop: bool, whole: bool = False
) -> None:
    """Gives the app the batch consumer; call before the app starts. `whole`: fetches come as WholeFetch."""
    wait_ms, min_bytes, leave = fetch_max_wait_ms, fetch_min_bytes, leave_on_stop

    class FetchThread(driver.AIOKafkaConsumerThread):
        def _create_worker_consumer(self, transport: Any) -> Any:
            consumer = super()._create_worker_consumer(transport)  # not started yet: start() hands these to the fetcher
            consumer._fetch_max_wait_ms = wait_ms
            consumer._fetch_min_bytes = min_bytes
            return consumer

        async def _fetch_records(
            self, consumer: Any, active_partitions: Any, timeout: float | None = None, max_records: int | None = None
        ) -> Any:
            if not whole:
                return await super()._fetch_records(consumer, active_partitions, timeout, max_records)
            fetcher = consumer._fetcher
            exchange(fetcher)
            if not any(place in active_partitions for place in fetcher._records):
                waiter = fetcher._create_fetch_waiter()
                done, _ = await asyncio.wait([waiter], timeout=timeout)
                if not done:
                    waiter.cancel()
                    return {}
                waiter.result()  # raises what the fetcher met, such as a refused authorization
                exchange(fetcher)
            return await super()._fetch_records(consumer, active_partitions, 0, max_records)

    class Consumer(BatchConsumer):
        leave_on_stop = leave
        in_flight = WHOLE_IN_FLIGHT if whole else BATCHES_IN_FLIGHT

        def _new_consumer_thread(self) -> Any:
            return FetchThread(self, loop=self.loop, beacon=self.beacon)

    class Transport(driver.Transport):
        pass

    Transport.Consumer = Consumer
    app.transport = Transport(app.conf.broker_consumer, app, loop=None)
