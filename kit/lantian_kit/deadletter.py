"""Dead letters: what a service could not use, whole, with the reason; and the limit that stops a broken service."""

from collections import deque
from importlib.metadata import version

from lantian_kit.bus import Publisher
from lantian_kit.clock import Clock
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.topics import dead_letters_of
from lantian_proto.v1.dead_letter_pb2 import DeadLetter, Header

DETAIL_BYTES = 1024


class DeadLetters:
    """Writes dead letters. The id is derived from group, topic, partition and offset: a repeat is the same letter."""

    def __init__(self, publisher: Publisher, clock: Clock, metrics: KitMetrics, service: str) -> None:
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._service = service
        self._version = version(f"lantian-{service}")

    async def put(self, record: Record, reason: str, detail: str, *, group: str, attempts: int) -> None:
        """Returns when the letter is acknowledged. Raises DeliveryError: the record must then not be acknowledged."""
        id_ = content_id(group, record.topic, str(record.partition), str(record.offset))
        now = self._clock.now_ms()
        letter = DeadLetter(
            dead_letter_id=id_,
            reason=reason,
            detail=detail.encode()[:DETAIL_BYTES].decode(errors="ignore"),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            timestamp_ms=record.timestamp_ms,
            key=record.key or b"",
            value=record.value or b"",
            headers=[Header(name=name, value=value) for name, value in record.headers],
            group=group,
            attempts=attempts,
            service_version=self._version,
            failed_ms=now,
        )
        await self._publisher.send(
            dead_letters_of(group),
            letter.SerializeToString(),
            key=record.topic.encode(),
            headers=headers("cn.lantian.dead-letter.v1", id_, f"/{self._service}", now, PROTOBUF),
        )
        self._metrics.dead_letters.labels(record.topic, group, reason).inc()


class TooManyFailures(Exception):
    """More records failed than a sound service would see; the process must end instead of draining the topic."""


class FailureLimit:
    """At most `failures` dead letters within the last `window` records; pure counting, no clock."""

    def __init__(self, failures: int = 100, window: int = 1000) -> None:
        self._failures = failures
        self._window = window
        self._seen = 0
        self._failed_at: deque[int] = deque()

    def note(self, failed: bool, records: int = 1) -> None:
        """Counts neighbouring records that all failed or all did not. Raises TooManyFailures past the limit."""
        for _ in range(records if failed else 0):
            self._seen += 1
            self._failed_at.append(self._seen)
        self._seen += 0 if failed else records
        while self._failed_at and self._failed_at[0] <= self._seen - self._window:
            self._failed_at.popleft()
        if len(self._failed_at) > self._failures:
            among = min(self._seen, self._window)
            raise TooManyFailures(f"{len(self._failed_at)} of the last {among} records failed")
