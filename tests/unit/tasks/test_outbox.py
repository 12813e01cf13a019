"""Outboxes: everything reaches its topic, in order, with the same id each time, whatever fails in between."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.bus import DeliveryError
from lantian_kit.clock import ManualClock
from lantian_kit.records import Record as TopicRecord
from lantian_kit.worker import Unavailable
from lantian_proto.events import header
from lantian_proto.topics import ISSUE_EVENTS, REGISTRY
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.registry_pb2 import RegistryChange
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.issue import Issue, State, Step
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.outbox import AT_ONCE, Outbox
from lantian_tasks.registry.document import record_update
from lantian_tasks.registry.record import Belongs, Kind, Record, Validity, change, message
from lantian_tasks.watch import StoreWatch
from tests.support.tasks_bus import FakePublisher
from tests.support.tasks_issues import NOW_MS, an_issue
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead
from tests.support.tasks_store import FakeStore

ADMIN = Actor("admin-1", "administrator", "省厅")


class Bench:
    """An outbox between a fake store and a fake broker."""

    def __init__(self) -> None:
        self.store, self.bus, self.registry = FakeStore(), FakePublisher(), CollectorRegistry()
        self.metrics = TasksMetrics(self.registry)
        self.outbox = Outbox(self.store, self.bus, self.metrics, poll_seconds=0.01)

    async def keep(self, *issues: Issue) -> None:
        """Issues with all their events waiting."""
        for issue in issues:
            await self.store.open(Step(issue, "registered", (), ()))

    def events(self) -> list[tuple[str, int]]:
        """Published issue events."""
        found = [IssueEvent.FromString(r.value or b"") for r in self.bus.sent if r.topic == ISSUE_EVENTS]
        return [(event.issue_id, event.sequence) for event in found]

    def changes(self) -> list[tuple[str, int]]:
        """Published registry changes."""
        found = [RegistryChange.FromString(r.value or b"") for r in self.bus.sent if r.topic == REGISTRY]
        return [(f"{change.kind}/{change.id}", change.revision) for change in found]

    def value(self, metric: str, **labels: str) -> float:
        """A metric."""
        return self.registry.get_sample_value(metric, labels) or 0.0

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for the running outbox."""
        while not holds():  # noqa: ASYNC110  # what is waited for lies behind a fake that has no event
            await asyncio.sleep(0.002)


@pytest.fixture
def bench() -> Bench:
    """Empty."""
    return Bench()


def issue_number(number: int, state: State = State.REGISTERED) -> Issue:
    """Different issues."""
    return an_issue(state, a_lead(start_ms=START_MS + number * HOUR_MS))


def a_source(name: str = "1号排口", before: Record | None = None, id_: str = "s1") -> Record:
    """A revision of a source."""
    entity = {"enterprise_id": "e1", "name": name, "kind": "outlet"}
    made = change(before, Kind.SOURCE, id_, entity, Validity(), Belongs(id_, "e1", "130102"), actor=ADMIN, at_ms=NOW_MS)
    assert made is not None
    return made


async def test_events_leave_in_order_of_each_issue(bench: Bench) -> None:
    """Once each, keyed by the issue, with their ids in the header; then nothing waits."""
    issues = [issue_number(number, State.CLOSED) for number in range(3)]
    await bench.keep(*issues)
    assert await bench.outbox.publish_issues() == 3
    for issue in issues:
        mine = [record for record in bench.bus.sent if record.key == issue.issue_id.encode()]
        assert [record.value for record in mine] == [waiting.event for waiting in issue.outbox]
        assert [header(record.headers, "ce_id") for record in mine] == [w.event_id for w in issue.outbox]
    assert await bench.store.waiting_issues(10) == []
    assert await bench.outbox.publish_issues() == 0
    assert bench.value("lantian_outbox_published_total", topic=ISSUE_EVENTS) == sum(
        len(issue.outbox) for issue in issues
    )


async def test_a_crash_before_clearing_repeats_the_same_events(bench: Bench) -> None:
    """Same bytes, same ids: the receiver takes it once."""
    await bench.keep(issue_number(0, State.ASSIGNED))

    async def crash(*_: object) -> None:
        raise Unavailable("store: away")

    bench.store.published_issues = crash  # type: ignore[method-assign,assignment]
    with pytest.raises(Unavailable):
        await bench.outbox.publish_issues()
    del bench.store.published_issues
    await bench.outbox.publish_issues()
    first, second = bench.bus.sent[:2], bench.bus.sent[2:]
    assert [(r.value, r.headers) for r in first] == [(r.value, r.headers) for r in second]
    assert len(first) == 2


async def test_no_event_passes_one_that_failed(bench: Bench) -> None:
    """The second event fails: the first is cleared, the third waits behind it; other issues go on."""
    one, other = issue_number(0, State.PLAN_SUBMITTED), issue_number(1)
    await bench.keep(one, other)
    failing = one.outbox[1].event
    bench.bus.refuses = lambda record: record.value == failing
    assert await bench.outbox.publish_issues() == 2
    with pytest.raises(DeliveryError):
        await bench.outbox.publish_issues()
    assert (one.issue_id, 3) not in bench.events()
    assert await bench.store.waiting_issues(10) != []
    bench.bus.refuses = lambda record: False
    await bench.outbox.publish_issues()
    mine = [sequence for issue_id, sequence in bench.events() if issue_id == one.issue_id]
    assert mine == [1, 2, 2, 2, 3]
    assert bench.events().count((other.issue_id, 1)) == 1
    assert await bench.store.waiting_issues(10) == []


async def test_two_publishers_do_no_harm(bench: Bench) -> None:
    """Replicas that publish at once: every event is there, repeats are equal, nothing waits."""
    issue = issue_number(0, State.CLOSED)
    await bench.keep(issue)
    twin = Outbox(bench.store, bench.bus, bench.metrics, poll_seconds=1)
    await asyncio.gather(bench.outbox.publish_issues(), twin.publish_issues())
    assert {record.value for record in bench.bus.sent} == {waiting.event for waiting in issue.outbox}
    assert await bench.store.waiting_issues(10) == []


async def test_changes_are_published_and_cleared(bench: Bench) -> None:
    """Key kind/id, the entity as it stands."""
    await bench.store.add([a_source(), a_source(id_="s2")])
    assert await bench.outbox.publish_records() == 2
    assert sorted(bench.changes()) == [("source/s1", 1), ("source/s2", 1)]
    assert bench.bus.sent[0].key in (b"source/s1", b"source/s2")
    assert await bench.outbox.publish_records() == 0


async def test_an_old_revision_is_never_the_last_word(bench: Bench) -> None:
    """The record changes, and another replica publishes the change, while we are sending the old one."""
    first = a_source()
    second = a_source("2号排口", first)
    await bench.store.add([first])
    twin_bus = bench.bus

    def overtake(record: TopicRecord) -> None:
        twin_bus.before = lambda record: None
        assert bench.store.registry.update("source/s1", 1, record_update(second))
        twin_bus.sent.append(TopicRecord(REGISTRY, 0, 0, 0, b"source/s1", message(second).SerializeToString()))
        document = bench.store.registry.get("source/s1")
        assert document is not None
        document.pop("waiting_ms")
        bench.store.registry.put(document)

    bench.bus.before = overtake
    await bench.outbox.publish_records()
    assert bench.changes() == [("source/s1", 2), ("source/s1", 1), ("source/s1", 2)]
    assert await bench.store.waiting_records(10) == []


async def test_a_failed_change_waits(bench: Bench) -> None:
    """The acknowledged ones are cleared, the other is sent again."""
    await bench.store.add([a_source(), a_source(id_="s2")])
    bench.bus.refuses = lambda record: record.key == b"source/s1"
    with pytest.raises(DeliveryError):
        await bench.outbox.publish_records()
    assert [record.id for record in await bench.store.waiting_records(10)] == ["s1"]
    bench.bus.refuses = lambda record: False
    assert await bench.outbox.publish_records() == 1


async def test_the_running_outbox_wakes_polls_and_survives(bench: Bench) -> None:
    """A wake publishes at once, the poll finds foreign writes, an outage of both sides is waited out."""
    bench.outbox = Outbox(bench.store, bench.bus, bench.metrics, poll_seconds=0.02)
    await bench.outbox.start()
    await bench.keep(issue_number(0))
    bench.outbox.wake()
    await bench.until(lambda: len(bench.events()) == 1)
    await bench.keep(issue_number(1))  # another process wrote this one: no wake
    await bench.until(lambda: len(bench.events()) == 2)
    bench.store.away = True
    await bench.until(lambda: bench.value("lantian_outbox_failures_total", topic=ISSUE_EVENTS) > 0)
    bench.store.away = False
    bench.bus.refuses = lambda record: True
    await bench.keep(issue_number(2))
    await bench.until(lambda: len(bench.events()) >= 3)
    bench.bus.refuses = lambda record: False
    await bench.until(lambda: len(bench.events()) >= 4)
    assert bench.outbox.failure is not None
    assert not bench.outbox.failure.done()
    await bench.outbox.stop()
    assert set(bench.events()) == {(issue_number(number).issue_id, 1) for number in range(3)}


async def test_more_than_one_round(bench: Bench) -> None:
    """A backlog beyond one round is drained without waiting for the next poll."""
    bench.outbox = Outbox(bench.store, bench.bus, bench.metrics, poll_seconds=60)
    await bench.store.add([a_source(id_=f"s{number}") for number in range(AT_ONCE + 5)])
    await bench.outbox.start()
    await bench.until(lambda: len(bench.changes()) == AT_ONCE + 5)
    await bench.outbox.stop()


async def test_a_broken_outbox_ends_the_process(bench: Bench) -> None:
    """Anything but an outage is a failure of the part."""

    async def broken(limit: int) -> list[Record]:
        raise KeyError("rev")

    bench.store.waiting_records = broken  # type: ignore[method-assign]
    await bench.outbox.start()
    assert bench.outbox.failure is not None
    with pytest.raises(KeyError):
        await bench.outbox.failure
    await bench.outbox.stop()


async def test_the_watch_counts_and_knows_whether_the_store_answers(bench: Bench) -> None:
    """Open issues by severity, backlog with its age in wall seconds, readiness."""
    clock = ManualClock(NOW_MS + 5000)
    watch = StoreWatch(bench.store, clock, bench.metrics, every_seconds=60)
    assert watch.probe() == "the store has not answered yet"
    await bench.keep(issue_number(0), issue_number(1, State.CLOSED), issue_number(2, State.VERIFIED))
    await bench.store.add([a_source()])
    await watch.look()
    assert bench.value("lantian_issue_open", severity="3") == 2
    assert bench.value("lantian_outbox_pending", topic=ISSUE_EVENTS) == 3
    assert bench.value("lantian_outbox_oldest_seconds", topic=ISSUE_EVENTS) == 5
    assert bench.value("lantian_outbox_pending", topic=REGISTRY) == 1
    assert watch.probe() is None
    clock.rate = 10.0
    await bench.outbox.publish_records()
    await watch.look()
    assert bench.value("lantian_outbox_oldest_seconds", topic=ISSUE_EVENTS) == 0.5
    assert bench.value("lantian_outbox_oldest_seconds", topic=REGISTRY) == 0
    bench.store.away = True
    with pytest.raises(Unavailable):
        await watch.look()
    await watch.start()
    await asyncio.sleep(0)
    assert watch.failure is not None
    assert not watch.failure.done()
    await watch.stop()
    bench.store.away = False
    assert len(await bench.store.records(["source/s1"], EVERYTHING)) == 1
