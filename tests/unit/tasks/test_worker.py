"""Leads into the ledger: each message one outcome, evidence with it, and only good ones."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record
from lantian_kit.worker import InvalidRecord, Unavailable
from lantian_proto.topics import LEADS, RAW_FRAMES
from lantian_proto.v1.lead_pb2 import Lead
from lantian_tasks.access.scope import EVERYTHING
from lantian_tasks.audit.examine import examine
from lantian_tasks.leads.service import ATTEMPTS
from lantian_tasks.ledger.action import act
from lantian_tasks.ledger.history import Actor
from lantian_tasks.ledger.intake import issue_id_of
from lantian_tasks.ledger.issue import Issue, Place, State, Step
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.registry.record import Belongs, Kind, Validity, change
from lantian_tasks.worker import LeadHandler
from tests.support.tasks_issues import DISPATCHER, NOW_MS, command
from tests.support.tasks_leads import a_lead
from tests.support.tasks_store import FakeStore

FRAME = b"##0101QN=20261122080000000;ST=31;CN=2061;MN=M1;&&\r\n"


class Frames:
    """Frames by offset; counts what was fetched."""

    def __init__(self) -> None:
        self.fetched: list[int] = []
        self.gone: set[int] = set()
        self.fails: Exception | None = None

    async def fetch(self, topic: str, partition: int, offset: int) -> Record | None:
        """As RecordReader."""
        if self.fails is not None:
            raise self.fails
        self.fetched.append(offset)
        if offset in self.gone:
            return None
        headers = (("received_ms", b"1795312799000"), ("peer", b"10.0.0.1:5000"), ("verdict", b"right"))
        return Record(topic, partition, offset, 7, b"M1", FRAME + str(offset).encode(), headers)


class Bench:
    """A handler between a fake store and fake frames."""

    def __init__(self) -> None:
        self.store, self.frames, self.registry = FakeStore(), Frames(), CollectorRegistry()
        self.woken = 0
        self.handler = LeadHandler(
            self.store,
            self.frames,
            ManualClock(NOW_MS),
            KitMetrics(self.registry),
            TasksMetrics(self.registry),
            self._wake,
        )

    def _wake(self) -> None:
        self.woken += 1

    async def take(self, lead: Lead) -> str:
        """The outcome of a message."""
        return await self.handler.handle(
            Record(LEADS, 0, 1, NOW_MS - 250, lead.source_id.encode(), lead.SerializeToString())
        )

    async def issue(self) -> Issue:
        """The issue of `a_lead()`."""
        found = await self.store.issue(issue_id_of(a_lead().lead_id), EVERYTHING)
        assert found is not None
        return found

    async def register(self, kind: Kind, id_: str, belongs: Belongs, **entity: Any) -> None:
        """A registry record."""
        record = change(None, kind, id_, entity, Validity(), belongs, actor=Actor("a", "administrator", ""), at_ms=1)
        assert record is not None
        await self.store.add([record])


@pytest.fixture
def bench() -> Bench:
    """Empty."""
    return Bench()


async def test_a_lead_becomes_an_issue_with_its_frames(bench: Bench) -> None:
    """State, history, evidence and event in one document; the outbox is woken."""
    await bench.register(
        Kind.ENTERPRISE, "e1", Belongs("", "e1", "130102"), name="某钢铁有限公司", division_code="130102"
    )
    await bench.register(Kind.SOURCE, a_lead().source_id, Belongs("x", "e1", "130102"), name="1号烧结机头排口")
    assert await bench.take(a_lead()) == "registered"
    issue = await bench.issue()
    assert issue.head.place == Place("e1", "某钢铁有限公司", "1号烧结机头排口", "130102")
    [frame] = issue.frames
    assert (frame.found, frame.data, frame.peer, frame.verdict) == (True, FRAME + b"100", "10.0.0.1:5000", "right")
    assert (frame.received_ms, frame.pointer.topic) == (1795312799000, RAW_FRAMES)
    assert [event.kind for event in issue.outbox] == ["registered"]
    assert examine(issue).intact
    assert bench.woken == 2  # lead and issue
    assert bench.registry.get_sample_value("lantian_event_age_seconds_sum", {"stage": "ledger"}) == 0.25


async def test_each_message_has_one_outcome(bench: Bench) -> None:
    """Extended, closed, repeated, older; frames are fetched once; repeats wake nobody."""
    leads = [a_lead(revision=1), a_lead(revision=2), a_lead(revision=3, state="closed")]
    outcomes = [await bench.take(lead) for lead in [*leads, *leads]]
    assert outcomes == ["registered", "episode-extended", "episode-closed", "older", "older", "repeated"]
    assert bench.frames.fetched == [100, 101, 102]
    assert bench.woken == 4


async def test_an_unknown_source_is_kept_without_names(bench: Bench) -> None:
    """A lead is never lost because the registry is behind."""
    await bench.take(a_lead())
    assert (await bench.issue()).head.place == Place()


async def test_an_enterprise_the_registry_lost(bench: Bench) -> None:
    """The source alone gives its name and division."""
    await bench.register(Kind.SOURCE, a_lead().source_id, Belongs("x", "e1", "130102"), name="1号排口")
    await bench.take(a_lead())
    assert (await bench.issue()).head.place == Place("e1", "", "1号排口", "130102")


async def test_a_frame_that_is_gone_is_said_to_be(bench: Bench) -> None:
    """Retention was faster: the issue stands, the gap is counted and sealed."""
    bench.frames.gone = {100}
    await bench.take(a_lead(revision=2))
    issue = await bench.issue()
    assert [(frame.found, frame.data[:2]) for frame in issue.frames] == [(False, b""), (True, b"##")]
    assert bench.registry.get_sample_value("lantian_evidence_frames_missing_total") == 1
    assert examine(issue).intact


@pytest.mark.parametrize("error", [KafkaError("gone"), TimeoutError()])
async def test_without_the_topic_the_lead_waits(bench: Bench, error: Exception) -> None:
    """Unavailable, nothing written; later it is as if nothing had been."""
    bench.frames.fails = error
    with pytest.raises(Unavailable):
        await bench.take(a_lead())
    bench.frames.fails = None
    assert await bench.take(a_lead()) == "registered"


async def test_without_the_store_the_lead_waits(bench: Bench) -> None:
    """Unavailable, never a dead letter."""
    bench.store.away = True
    with pytest.raises(Unavailable):
        await bench.take(a_lead())


@pytest.mark.parametrize(
    ("value", "reason"), [(None, "undecodable"), (b"\xff\xff", "undecodable"), (b"\x0a\x01x", "invalid")]
)
async def test_a_bad_record_is_invalid(bench: Bench, value: bytes | None, reason: str) -> None:
    """With the reason of its dead letter; the ledger stays empty."""
    with pytest.raises(InvalidRecord) as caught:
        await bench.handler.handle(Record(LEADS, 0, 1, 1, None, value))
    assert caught.value.reason == reason
    assert bench.woken == 0


async def test_a_person_in_between(bench: Bench) -> None:
    """The issue is moved between reading and writing: the message is folded into what is there then."""
    await bench.take(a_lead())
    advance = bench.store.advance

    async def assigned_first(step: Step) -> bool:
        bench.store.advance = advance  # type: ignore[method-assign]
        moved = act(await bench.issue(), command("note", DISPATCHER, "电话核实"), "k")
        assert isinstance(moved, Step)
        assert await advance(moved)
        return await advance(step)

    bench.store.advance = assigned_first  # type: ignore[method-assign,assignment]
    assert await bench.take(a_lead(revision=2)) == "episode-extended"
    issue = await bench.issue()
    assert [entry["kind"] for entry in issue.history] == ["registered", "noted", "episode-extended"]
    assert issue.state == State.REGISTERED
    assert bench.frames.fetched == [100, 101]
    assert examine(issue).intact


async def test_a_race_that_never_ends_is_tried_later(bench: Bench) -> None:
    """Not dropped, not spun on for ever."""
    await bench.take(a_lead())
    tries = 0

    async def always_late(step: Step) -> bool:
        nonlocal tries
        tries += 1
        return False

    bench.store.advance = always_late  # type: ignore[method-assign,assignment]
    with pytest.raises(Unavailable):
        await bench.take(a_lead(revision=2))
    assert tries == ATTEMPTS


async def test_two_workers_open_one_issue(bench: Bench) -> None:
    """After a rebalance both may hold the same message: one registers, the other finds it done."""
    outcomes = await asyncio.gather(*(bench.take(a_lead()) for _ in range(5)))
    assert sorted(outcomes) == ["registered", *["repeated"] * 4]
    assert len((await bench.issue()).history) == 1


async def test_headers_may_be_missing_or_strange(bench: Bench) -> None:
    """The record's own time stands in."""
    fetch = bench.frames.fetch

    async def bare(topic: str, partition: int, offset: int) -> Record | None:
        record = await fetch(topic, partition, offset)
        assert record is not None
        return replace(record, headers=(("received_ms", b"soon"),))

    bench.frames.fetch = bare  # type: ignore[method-assign]
    await bench.take(a_lead())
    [frame] = (await bench.issue()).frames
    assert (frame.received_ms, frame.peer, frame.verdict) == (7, "", "")
