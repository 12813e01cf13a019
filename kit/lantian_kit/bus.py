"""The one kafka-python door: producing, partitions, topic administration.

Producing leans on private names of kafka-python 3.0.12, which tests/contract/test_kafka_names.py guards: `_accumulator`
and in it `_batches`, `_tp_lock`, `_incomplete`, `_closed`; `_sender`; `_builder` and `_next_offset` of
MemoryRecordsBuilder; `_buffer`, `_num_records`, `_last_offset`, `_first_timestamp` and `_max_timestamp` of its builder;
`_record_futures` of ProducerBatch.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

import structlog
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import IllegalStateError, KafkaError, KafkaTimeoutError, TopicAlreadyExistsError
from kafka.partitioner.default import murmur2
from kafka.producer.producer_batch import ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.structs import TopicPartition

from lantian_kit.batches import Errors, Fate, Records, Slots
from lantian_kit.publisher import Delivered as Delivered
from lantian_kit.publisher import DeliveryError as DeliveryError
from lantian_kit.publisher import Publisher as Publisher
from lantian_proto.topics import Topic

PROBE_SECONDS = 5.0
SEEN_WITHIN_SECONDS = 15.0
OVERDUE_SECONDS = 10.0
SHOWN_WITHIN_SECONDS = 30.0
LARGEST_RECORD_BYTES = 4 * 1024 * 1024
RECORD_OVERHEAD_BYTES = 100
BATCH_BYTES = 262_144


@lru_cache(maxsize=131_072)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition Java, aiokafka and kafka-python clients choose for a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


def built(records: Records, codec: int) -> MemoryRecordsBuilder:
    """A batch as the library would have built it; it writes header, check sum and compression when it sends."""
    found = MemoryRecordsBuilder(2, codec, 0)  # room for no bytes, so that it is full
    builder = found._builder
    builder._buffer += records.payload
    builder._num_records = found._next_offset = len(records.stamps)
    builder._last_offset = len(records.stamps) - 1
    builder._first_timestamp, builder._max_timestamp = records.stamps[0], max(records.stamps)
    return found


def hand_over(
    producer: KafkaProducer, records: Records, settled: Callable[[int, Errors | None], None], fate: Fate
) -> None:
    """Gives the records to the producer's sender, behind what it has of the partition.

    `settled` hears of all of them at once, the offset of the first or what is wrong; `fate` of each one instead when
    the broker made the library divide them. Both are called in its thread. Raises IllegalStateError when the producer
    is closed.
    """
    accumulator = producer._accumulator
    batch = ProducerBatch(records.place, built(records, accumulator.config["compression_attrs"]), now=time.monotonic())
    batch._record_futures = Slots(fate, len(records.stamps))
    batch.produce_future.add_callback(lambda result: settled(result[0], result[2]))
    batch.produce_future.add_errback(lambda error: settled(-1, lambda _: error))
    with accumulator._tp_lock(records.place):
        if accumulator._closed:
            raise IllegalStateError("the producer is closed")
        accumulator._batches[records.place].append(batch)
        accumulator._incomplete.add(batch)
    producer._sender.wakeup()


class Producer:
    """Idempotent producer with acks=all; sends from the event loop, delivers from the library's thread.

    Records of one partition keep their order; they are gathered for `linger_ms`, or up to BATCH_BYTES. A record that
    could not be delivered in time leaves the library's producer without a known sequence, and kafka-python 3.0.12 then
    never sends again: it is replaced by a new one, with a new identity. What it still held fails with DeliveryError,
    and so does what comes while there is none.
    """

    name = "producer"

    def __init__(
        self,
        bootstrap: str,
        client_id: str,
        topics: Iterable[str],
        *,
        linger_ms: int = 2,
        delivery_seconds: float = 60.0,
        in_flight_bytes: int = 32 * 1024 * 1024,
    ) -> None:
        self._bootstrap = bootstrap.split(",")
        self._client_id = client_id
        self._topics = list(topics)
        self._linger_ms = linger_ms
        self._delivery_ms = int(delivery_seconds * 1000)
        self._in_flight_limit = in_flight_bytes
        self._in_flight_bytes = 0
        self._producer: KafkaProducer | None = None
        self._partitions: dict[str, int] = {}
        self._room = asyncio.Event()
        self._room.set()
        self._seen = 0.0
        self._prober: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._moved = 0.0  # when a record was last answered for, or nothing was under way
        self._open: dict[TopicPartition, Records] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._turn = 0  # whose turn it is among the partitions, for records without a key
        self._settled: list[tuple[Records, int | None, int, Errors | None]] = []
        self._settled_lock = threading.Lock()
        self.failure: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Connects and learns the partitions; waits for the broker as long as it takes."""
        self._loop = asyncio.get_running_loop()
        self.failure = self._loop.create_future()
        self._producer = await self._connected()
        self._seen = self._moved = time.monotonic()
        self._prober = asyncio.create_task(self._probe_broker(), name="broker probe")

    async def _connected(self) -> Any:
        """A producer that has found the broker and knows every topic."""
        while True:
            producer: Any = None
            try:
                producer = await asyncio.to_thread(self._connect)
                for topic in self._topics:
                    self._partitions[topic] = len(await asyncio.to_thread(producer.partitions_for, topic))
            except KafkaError as error:
                structlog.get_logger().warning("waiting for the broker", error=repr(error))
                if producer is not None:
                    await asyncio.to_thread(producer.close, 0)
                await asyncio.sleep(0.5)
            else:
                return producer

    def _renew(self) -> None:
        if self._renewing is None:
            self._renewing = self._loop.create_task(self._replace(), name="new producer")
            self._renewing.add_done_callback(self._renewed)

    def _renewed(self, task: "asyncio.Task[None]") -> None:
        self._renewing = None
        if not task.cancelled() and (error := task.exception()) is not None and self.failure is not None:
            self.failure.set_exception(error)

    async def _replace(self) -> None:
        old, self._producer = self._producer, None
        structlog.get_logger().warning("records not delivered in time, a new producer takes over")
        if old is not None:
            await asyncio.to_thread(old.close, 0)
        self._producer = await self._connected()
        self._moved = time.monotonic()
        structlog.get_logger().info("the new producer works")

    def _connect(self) -> KafkaProducer:
        return KafkaProducer(
            bootstrap_servers=self._bootstrap,
            client_id=self._client_id,
            acks="all",
            enable_idempotence=True,
            linger_ms=0,  # batches come whole
            delivery_timeout_ms=self._delivery_ms,
            max_block_ms=10_000,
            compression_type="lz4",  # records repeat themselves: a twelfth of the bytes, half the cost of reading
            request_timeout_ms=min(30_000, self._delivery_ms - 1000),
            allow_auto_create_topics=False,
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1000,
            max_request_size=LARGEST_RECORD_BYTES,
            metrics_enabled=False,
        )

    async def stop(self) -> None:
        """Flushes what was handed over, then closes."""
        self._hand_over_all()
        tasks = [task for task in (self._prober, self._renewing) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._producer is not None:
            with contextlib.suppress(KafkaError):  # undelivered records were told to their senders by their futures
                await asyncio.to_thread(self._producer.flush, 10)
            await asyncio.to_thread(self._producer.close, 5)

    def partitions(self, topic: str) -> int:
        return self._partitions[topic]

    @property
    def in_flight_bytes(self) -> int:
        """Bytes handed over and not yet answered."""
        return self._in_flight_bytes

    def enqueue(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> "asyncio.Future[Delivered]":
        """Hands a record over without waiting; callers who do not use `send` bound what they have in flight."""
        if self.failure is None:
            raise DeliveryError("the producer is not started")
        future: asyncio.Future[Delivered] = self._loop.create_future()
        if self._producer is None:
            future.set_exception(DeliveryError(f"{topic}: no broker"))
            return future
        size = (len(value) if value else 0) + RECORD_OVERHEAD_BYTES
        if size > LARGEST_RECORD_BYTES:
            future.set_exception(DeliveryError(f"{topic}: {size} bytes are too many for a record"))
            return future
        if partition is None:
            partition = self._partition(topic, key)
        place = TopicPartition(topic, partition)
        records = self._open.get(place)
        if records is None:
            records = self._open[place] = Records(place)
            if self._timer is None:
                self._timer = self._loop.call_later(self._linger_ms / 1000, self._hand_over_all)
        records.append(key, value, headers, int(time.time() * 1000))
        records.futures.append((future, size))
        self._in_flight_bytes += size
        if self._in_flight_bytes >= self._in_flight_limit:
            self._room.clear()
        if records.size >= BATCH_BYTES:
            del self._open[place]
            self._hand_over(records)
        return future

    def _partition(self, topic: str, key: bytes | None) -> int:
        if key is not None:
            return partition_of(key, self._partitions[topic])
        self._turn += 1
        return self._turn % self._partitions[topic]

    def _hand_over_all(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        found, self._open = self._open, {}
        for records in found.values():
            self._hand_over(records)

    def _hand_over(self, records: Records) -> None:
        try:
            if self._producer is None:
                raise KafkaError("no broker")
            hand_over(self._producer, records, partial(self._answered, records), partial(self._one_answered, records))
        except KafkaError as error:
            wrong = error  # the name of the clause is gone when it is asked
            self._settled.append((records, None, -1, lambda _: wrong))
            self._resolve()

    async def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> Delivered:
        """Waits for room and for a producer that works, then for the acknowledgement."""
        while not self._room.is_set():
            await self._room.wait()
        if self._renewing is not None:
            await asyncio.wait({self._renewing})
        return await self.enqueue(topic, value, key=key, headers=headers, partition=partition)

    # The next three run in the library's thread: a whole batch of answers costs one wake-up of the loop.
    def _answered(self, records: Records, offset: int, errors: Errors | None) -> None:
        self._settle((records, None, offset, errors))

    def _one_answered(self, records: Records, number: int, offset: int, error: BaseException | None) -> None:
        self._settle((records, number, offset, None if error is None else lambda _: error))

    def _settle(self, answer: tuple[Records, int | None, int, Errors | None]) -> None:
        with self._settled_lock:
            first = not self._settled
            self._settled.append(answer)
        if first:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(self._resolve)

    def _resolve(self) -> None:
        with self._settled_lock:
            settled, self._settled = self._settled, []
        self._moved = time.monotonic()
        for records, number, offset, errors in settled:
            topic, partition = records.place
            numbers = range(len(records.futures)) if number is None else (number,)
            for each in numbers:
                future, size = records.futures[each]
                self._in_flight_bytes -= size
                if errors is not None:
                    self._failed(future, topic, errors(each))
                elif not future.done():  # else the waiter was cancelled; the record is counted by its topic
                    at = offset + each if number is None else offset
                    future.set_result(Delivered(topic, partition, at, records.stamps[each]))
        if self._in_flight_bytes < self._in_flight_limit:
            self._room.set()

    def _failed(self, future: "asyncio.Future[Delivered]", topic: str, error: BaseException) -> None:
        if isinstance(error, KafkaTimeoutError):
            self._renew()
        if not future.done():
            future.set_exception(DeliveryError(f"{topic}: {error!r}"))

    def _watch(self) -> None:
        """Replaces a producer that has answered for nothing although all it holds is long overdue."""
        now = time.monotonic()
        if not self._in_flight_bytes:
            self._moved = now
        elif now - self._moved > self._delivery_ms / 1000 + OVERDUE_SECONDS:
            self._renew()

    async def _probe_broker(self) -> None:
        while True:
            self._watch()
            for address in self._bootstrap:
                host, _, port = address.rpartition(":")
                with contextlib.suppress(OSError, TimeoutError):
                    async with asyncio.timeout(2):
                        _, writer = await asyncio.open_connection(host, int(port))
                    writer.close()
                    self._seen = time.monotonic()
                    break
            await asyncio.sleep(PROBE_SECONDS)

    def probe(self) -> str | None:
        """For readiness: None while a broker was seen within 15 s."""
        away = time.monotonic() - self._seen
        return None if away < SEEN_WITHIN_SECONDS else f"no broker seen for {away:.0f} s"


def create_topics(
    bootstrap: str, topics: Iterable[Topic], *, replication: int = 1, partitions_override: int | None = None
) -> list[str]:
    """Creates the topics that are missing and returns their names once the broker shows them; others are left as is.

    `partitions_override` caps the partitions, for one machine. Raises KafkaError.
    """
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap.split(","), client_id="lantian-topics", bootstrap_timeout_ms=30_000
    )
    try:
        created = []
        present = set(admin.list_topics())
        for topic in topics:
            if topic.name in present:
                continue
            count = min(topic.partitions, partitions_override) if partitions_override else topic.partitions
            settings = topic.settings() | {"max.message.bytes": str(LARGEST_RECORD_BYTES)}
            new = NewTopic(
                name=topic.name, num_partitions=count, replication_factor=replication, topic_configs=settings
            )
            with contextlib.suppress(TopicAlreadyExistsError):  # another job was faster
                admin.create_topics([new])
                created.append(topic.name)
        deadline = time.monotonic() + SHOWN_WITHIN_SECONDS
        while missing := set(created) - set(admin.list_topics()):  # created is not yet known to every listener
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"created and not shown within {SHOWN_WITHIN_SECONDS:g} s: {missing}")
            time.sleep(0.05)
        return created
    finally:
        admin.close()
