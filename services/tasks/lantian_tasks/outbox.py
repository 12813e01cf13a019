"""From the outboxes of the store to their topics: at least once, in order of each issue, the same id at every attempt.

Several processes may publish at once. For issues a repeat is the same event again. For the compacted registry.v1 the
last record of a key must be the newest revision: whoever finds after publishing that a record has moved on publishes
it anew, so an old revision is never the last word. Before a change leaves the outbox, what hangs on its record lies
where the record does: the process that wrote it may have ended in between.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from lantian_kit import tracing
from lantian_kit.bus import DeliveryError, Publisher
from lantian_kit.worker import Unavailable
from lantian_proto.events import Headers
from lantian_proto.topics import ISSUE_EVENTS, REGISTRY, TASK_EVENTS
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.task_event_pb2 import TaskEvent
from lantian_tasks.ledger import case, events
from lantian_tasks.ledger.issue import Outgoing
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import Store
from lantian_tasks.registry import record as registry
from lantian_tasks.registry.homes import Homes, has_moved
from lantian_tasks.registry.record import Record

AT_ONCE = 200
"""Documents taken in one round."""
LONGEST_PAUSE_SECONDS = 5.0


class Outbox:
    """Publishes what waits; `wake` after a local write, the poll finds the writes of others. A part of a process.

    Issues and registry go their own ways: neither waits for the other.
    """

    name = "outbox"

    def __init__(self, store: Store, publisher: Publisher, metrics: TasksMetrics, poll_seconds: float) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._store = store
        self._homes = Homes(store)
        self._publisher = publisher
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._written = {topic: asyncio.Event() for topic in (ISSUE_EVENTS, TASK_EVENTS, REGISTRY)}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self.failure = asyncio.get_running_loop().create_future()
        ways = (
            (ISSUE_EVENTS, self.publish_issues),
            (TASK_EVENTS, self.publish_cases),
            (REGISTRY, self.publish_records),
        )
        for topic, publish in ways:
            task = asyncio.create_task(self._run(topic, publish), name=f"{self.name} {topic}")
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and self.failure is not None and not self.failure.done():
            self.failure.set_exception(error)

    async def stop(self) -> None:
        """What is not published stays in the store for the next process."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Something was written: look now."""
        for written in self._written.values():
            written.set()

    async def _run(self, topic: str, publish: Callable[[], Awaitable[int]]) -> None:
        written = self._written[topic]
        pause = self._poll_seconds
        while True:
            written.clear()
            try:
                taken = await publish()
            except (DeliveryError, Unavailable) as error:
                self._metrics.publish_failures.labels(topic).inc()
                structlog.get_logger().warning("outbox waits", topic=topic, reason=str(error))
                await asyncio.sleep(pause)  # not woken by writes: broker or store are away
                pause = min(pause * 2, max(self._poll_seconds, LONGEST_PAUSE_SECONDS))
                continue
            pause = self._poll_seconds
            if taken < AT_ONCE:
                with contextlib.suppress(TimeoutError):  # the fall-back: writes of other processes
                    async with asyncio.timeout(self._poll_seconds):
                        await written.wait()

    async def publish_issues(self) -> int:
        """One round of issue events; returns the number of issues taken. Raises DeliveryError, Unavailable.

        What the broker acknowledged is cleared even when other issues of the round failed.
        """
        waiting = {one.issue_id: one.events for one in await self._store.waiting_issues(AT_ONCE)}
        return await self._publish(ISSUE_EVENTS, waiting, events.event_headers, self._store.published_issues)

    async def publish_cases(self) -> int:
        """The same for events of leads and rounds."""
        waiting = {one.case_id: one.events for one in await self._store.waiting_cases(AT_ONCE)}
        return await self._publish(TASK_EVENTS, waiting, case.event_headers, self._store.published_cases)

    async def _publish(
        self,
        topic: str,
        waiting: Mapping[str, Sequence[Outgoing]],
        headers_of: Callable[[Outgoing], Headers],
        published: Callable[[Mapping[str, int]], Awaitable[None]],
    ) -> int:
        sending = (self._send_events(topic, key, of_one, headers_of) for key, of_one in waiting.items())
        answers = await asyncio.gather(*sending, return_exceptions=True)
        sent = {key: answer for key, answer in zip(waiting, answers, strict=True) if isinstance(answer, int)}
        await published({key: sequence for key, sequence in sent.items() if sequence})
        _raise_first(answers)
        return len(waiting)

    async def _send_events(
        self, topic: str, key: str, waiting: Sequence[Outgoing], headers_of: Callable[[Outgoing], Headers]
    ) -> int:
        """Sends in order, awaiting each: a failure in the middle must not let a later event pass."""
        last = 0
        for event in waiting:
            try:
                with tracing.going_on(f"outbox {topic}", lead_id=_lead_id(topic, event) if tracing.active() else ""):
                    await self._publisher.send(topic, event.event, key=key.encode(), headers=headers_of(event))
            except DeliveryError:
                if last == 0:
                    raise
                return last  # the rest comes in the next round
            last = event.sequence
            self._metrics.published.labels(topic).inc()
        return last

    async def publish_records(self) -> int:
        """One round of registry changes; returns the number of records taken. Raises DeliveryError, Unavailable."""
        waiting = await self._store.waiting_records(AT_ONCE)
        batch = waiting
        while batch:
            answers = await asyncio.gather(*(self._send_record(record) for record in batch), return_exceptions=True)
            sent = [record for record, answer in zip(batch, answers, strict=True) if answer is None]
            for record in filter(has_moved, sent):
                await self._homes.follow_enterprise(record.id)
            await self._homes.settle(record.belongs for record in sent)
            moved_on = await self._store.published_records({record.key: record.rev for record in sent})
            _raise_first(answers)
            batch = moved_on
        return len(waiting)

    async def _send_record(self, record: Record) -> None:
        await self._publisher.send(
            REGISTRY,
            registry.message(record).SerializeToString(deterministic=True),
            key=record.key.encode(),
            headers=registry.event_headers(record),
        )
        self._metrics.published.labels(REGISTRY).inc()


def _lead_id(topic: str, event: Outgoing) -> str:
    """Of the lead an event is about; empty for a round's."""
    read = IssueEvent.FromString if topic == ISSUE_EVENTS else TaskEvent.FromString
    return read(event.event).lead.lead_id


def _raise_first(answers: list[int | BaseException] | list[None | BaseException]) -> None:
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
