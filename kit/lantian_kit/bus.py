"""The one kafka-python door: producing, partitions, topic administration; how batches get in: `handover`."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

import structlog
from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaError, KafkaTimeoutError, TopicAlreadyExistsError
from kafka.partitioner.default import murmur2
from kafka.structs import TopicPartition

from lantian_kit import kafka_security, tracing
from lantian_kit.batches import Errors, Packed, Records
from lantian_kit.handover import hand_over
from lantian_kit.publisher import Delivered as Delivered
from lantian_kit.publisher import DeliveryError as DeliveryError
from lantian_kit.publisher import Posted, Told
from lantian_kit.publisher import Publisher as Publisher
from lantian_kit.sight import Sight
from lantian_proto.topics import Topic

OVERDUE_SECONDS = 10.0
SHOWN_WITHIN_SECONDS = 30.0
LARGEST_RECORD_BYTES = 4 * 1024 * 1024
RECORD_OVERHEAD_BYTES = 100
BATCH_BYTES = 262_144
UNDER_WAY = 1  # batches of one partition; further records wait together for its answer, which is near


@lru_cache(maxsize=131_072)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition Java, aiokafka and kafka-python clients choose for a key."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class Producer:
    """Idempotent producer with acks=all; sends from the event loop, delivers from the library's thread.

    Records of one partition keep their order; they are gathered for `linger_ms` and for as long as UNDER_WAY batches of
    the partition are not answered for, or up to BATCH_BYTES: batches grow with the load. A record that could not be
    delivered in time leaves the library's producer without a known sequence, and kafka-python 3.0.12 then
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
        self._places: dict[str, list[TopicPartition]] = {}
        self._room = asyncio.Event()
        self._room.set()
        self._sight = Sight(self._bootstrap)
        self._prober: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._moved = 0.0  # when a record was last answered for, or nothing was under way
        self._open: dict[TopicPartition, Records] = {}
        self._under_way: dict[tuple[str, int], int] = {}
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
        self._moved = time.monotonic()
        self._prober = asyncio.create_task(self._sight.watch(self._watch), name="broker probe")

    async def _connected(self) -> Any:
        """A producer that has found the broker and knows every topic."""
        while True:
            producer: Any = None
            try:
                producer = await asyncio.to_thread(self._connect)
                for topic in self._topics:
                    count = self._partitions[topic] = len(await asyncio.to_thread(producer.partitions_for, topic))
                    self._places[topic] = [TopicPartition(topic, number) for number in range(count)]
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
        self._under_way.clear()  # the old one may never answer for what it has
        self._hand_over_all()
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
            **kafka_security.options(),
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
        if (wrong := self._refused(topic, value)) is not None:
            future.set_exception(wrong)
            return future
        place = self._places[topic][self._partition(topic, key) if partition is None else partition]
        self._append(place, key, value, headers, int(time.time() * 1000), partial(_tell, future), None)
        return future

    def post(self, topic: str, records: Iterable[Posted], told: Told) -> None:
        """See Publisher; as with `enqueue` the caller bounds what is in flight."""
        if self.failure is None:
            raise DeliveryError("the producer is not started")
        places, now = self._places[topic], int(time.time() * 1000)
        count = len(places)
        for key, value, headers, tag in records:
            if (wrong := self._refused(topic, value)) is not None:
                self._loop.call_soon(told, [tag], None, wrong)
            else:
                self._append(places[partition_of(key, count)], key, value, headers, now, told, tag)

    def _refused(self, topic: str, value: bytes | None) -> DeliveryError | None:
        if self._producer is None:
            return DeliveryError(f"{topic}: no broker")
        if value is not None and len(value) + RECORD_OVERHEAD_BYTES > LARGEST_RECORD_BYTES:
            return DeliveryError(f"{topic}: {len(value)} bytes are too many for a record")
        return None

    def _append(
        self,
        place: TopicPartition,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes]] | Packed,
        now_ms: int,
        told: Told,
        tag: object,
    ) -> None:
        if tracing.active() and not isinstance(headers, Packed):
            headers = tracing.injected(headers)
        records = self._open.get(place)
        if records is None:
            records = self._open[place] = Records(place)
            if self._timer is None:
                self._timer = self._loop.call_later(self._linger_ms / 1000, self._due)
        before = records.size
        records.waits(told, tag)
        records.append(key, value, headers, now_ms)
        self._in_flight_bytes += records.size - before
        if self._in_flight_bytes >= self._in_flight_limit:
            self._room.clear()
        if records.size >= BATCH_BYTES:
            del self._open[place]
            self._hand_over(records)

    def _partition(self, topic: str, key: bytes | None) -> int:
        if key is not None:
            return partition_of(key, self._partitions[topic])
        self._turn += 1
        return self._turn % self._partitions[topic]

    def _due(self) -> None:
        """Their time is over; those whose partition has as much under way as it should wait for an answer."""
        self._timer = None
        for place in [place for place in self._open if self._under_way.get(place, 0) < UNDER_WAY]:
            self._hand_over(self._open.pop(place))

    def _hand_over_all(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        found, self._open = self._open, {}
        for records in found.values():
            self._hand_over(records)

    def _hand_over(self, records: Records) -> None:
        self._under_way[records.place] = self._under_way.get(records.place, 0) + 1
        try:
            if self._producer is None:
                raise KafkaError("no broker")
            hand_over(self._producer, records, partial(self._answered, records), partial(self._one_answered, records))
        except KafkaError as error:
            wrong = error  # the name of the clause is gone when it is asked
            self._settle((records, None, -1, lambda _: wrong))

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
            if errors is not None and isinstance(errors(number or 0), KafkaTimeoutError):
                self._renew()
            if number is None:
                records.tell(offset, errors)
            elif not records.tell_one(number, offset, None if errors is None else errors(number)):
                continue
            self._in_flight_bytes -= records.size
            self._answered_for(records)
        if self._in_flight_bytes < self._in_flight_limit:
            self._room.set()

    def _answered_for(self, records: Records) -> None:
        """The partition has room again, for what has come meanwhile."""
        place = records.place
        self._under_way[place] = max(0, self._under_way.get(place, 0) - 1)
        if self._timer is None and (waiting := self._open.pop(place, None)) is not None:
            self._hand_over(waiting)

    def _watch(self) -> None:
        """Replaces a producer that has answered for nothing although all it holds is long overdue."""
        now = time.monotonic()
        if not self._in_flight_bytes:
            self._moved = now
        elif now - self._moved > self._delivery_ms / 1000 + OVERDUE_SECONDS:
            self._renew()

    def probe(self) -> str | None:
        """For readiness: None while a broker was seen within 15 s."""
        return self._sight.probe()


def _tell(
    future: "asyncio.Future[Delivered]", _: list[Any], place: Delivered | None, wrong: DeliveryError | None
) -> None:
    """What became of the one record of a future; where it was cancelled the record is counted by its topic."""
    if future.done():
        return
    if place is not None:
        future.set_result(place)
    elif wrong is not None:
        future.set_exception(wrong)


def create_topics(
    bootstrap: str, topics: Iterable[Topic], *, replication: int = 1, partitions_override: int | None = None
) -> list[str]:
    """Creates the topics that are missing and returns their names once the broker shows them; others are left as is.

    `partitions_override` caps the partitions, for one machine. Raises KafkaError.
    """
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap.split(","),
        client_id="lantian-topics",
        bootstrap_timeout_ms=30_000,
        **kafka_security.options(),
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
