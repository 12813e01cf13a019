"""The reader of source-hours.v1 with a topic in memory: whose turn it is, what is told again, what rubbish becomes."""

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from lantian_alerts import comparing
from lantian_alerts.comparing import GROUP, Comparer
from lantian_alerts.core.sharing import encoded, key_of
from lantian_alerts.core.together import SharedHour
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.telling import Teller
from lantian_kit.clock import ManualClock
from lantian_kit.deadletter import DeadLetters
from lantian_proto.topics import LEADS, READINGS, SOURCE_HOURS, dead_letters_of
from lantian_proto.v1.lead_pb2 import Lead
from tests.support.bus import FakePublisher
from tests.unit.alerts.scenario import catalogue
from tests.unit.alerts.test_across import NAMES, shared_by, told

PLACE = "source-hours.v1-0"


class Topic:
    """One partition that grows while it is read; stands in for the client library's consumer."""

    def __init__(self, records: Iterable[Any]) -> None:
        self.records, self.at, self.stopped = list(records), 0, False
        self.read = asyncio.Event()

    def assign(self, places: Any) -> None:
        assert places == [PLACE]

    async def seek_to_beginning(self, *places: Any) -> None:
        self.at = 0

    async def end_offsets(self, places: Any) -> dict[str, int]:
        return {PLACE: len(self.records)}

    async def position(self, place: str) -> int:
        return self.at

    async def getmany(self, timeout_ms: int) -> dict[str, list[Any]]:
        await asyncio.sleep(0)
        fresh, self.at = self.records[self.at : self.at + 40], min(self.at + 40, len(self.records))
        if not fresh:
            self.read.set()
            await asyncio.sleep(0.01)
        return {PLACE: fresh} if fresh else {}

    async def stop(self) -> None:
        self.stopped = True


def record(offset: int, key: bytes, value: bytes) -> Any:
    """One record of the topic."""
    return SimpleNamespace(
        topic=SOURCE_HOURS, partition=0, offset=offset, timestamp=0, key=key, value=value, headers=()
    )


def records(hours: Iterable[SharedHour]) -> list[Any]:
    """The topic's records of shared hours."""
    data = [(key_of(one.partition, one.partitions), value) for one in hours for value in encoded(one)]
    return [record(offset, key, value) for offset, (key, value) in enumerate(data)]


class Bench:
    """A comparer over a topic."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, topic: Topic, registry: Any) -> None:
        async def connected(*_: Any, **__: Any) -> Topic:
            return topic

        async def places_of(*_: Any) -> list[str]:
            return [PLACE]

        monkeypatch.setattr(comparing, "connected", connected)
        monkeypatch.setattr(comparing, "places_of", places_of)
        monkeypatch.setattr(comparing, "PAUSE_SECONDS", 0.01)
        self.epoch: int | None = 1
        self.publisher = FakePublisher({READINGS: 2})
        metrics = AlertsMetrics(CollectorRegistry())
        letters = DeadLetters(self.publisher, ManualClock(1_794_200_000_000), metrics, "alerts")
        failures = RuleFailures(metrics)
        teller = Teller(catalogue(), self.publisher, metrics, failures)
        self.comparer = Comparer("", catalogue(), registry, teller, letters, metrics, lambda: self.epoch, failures)

    def leads(self) -> list[str]:
        """Messages published, byte for byte."""
        found = [Lead.FromString(one.value or b"") for one in self.publisher.records(LEADS)]
        return [lead.SerializeToString(deterministic=True).hex() for lead in found]


async def test_what_lies_in_the_topic_and_what_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leads of the last two days are told after the start, later ones as their hours are whole."""
    registry, hours = shared_by(NAMES[0], 2)
    ordered = sorted(hours, key=lambda one: (one.hour, one.partition))
    expected = told(registry, ordered)
    topic = Topic(records(ordered)[:-30])
    bench = Bench(monkeypatch, topic, registry)
    await bench.comparer.start()
    async with asyncio.timeout(60):
        await topic.read.wait()
        topic.records += records(ordered)[len(topic.records) :]
        while len(bench.leads()) < len(expected):  # noqa: ASYNC110  # the fake publisher offers no event
            await asyncio.sleep(0.01)
    await bench.comparer.stop()
    assert bench.leads() == expected


async def test_nobody_compares_without_the_first_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins with the assignment and ends with it; rubbish between the hours becomes a dead letter."""
    registry, hours = shared_by(NAMES[0], 1)
    expected = told(registry, hours)
    lying = records(hours)
    topic = Topic([lying[0], record(9, b"0/1", b"rubbish"), record(10, b"", b""), *lying[1:]])
    bench = Bench(monkeypatch, topic, registry)
    bench.epoch = None
    await bench.comparer.start()
    await asyncio.sleep(0.05)
    assert topic.at == 0
    bench.epoch = 3
    async with asyncio.timeout(60):
        await topic.read.wait()
        while len(bench.leads()) < len(expected):  # noqa: ASYNC110  # the same
            await asyncio.sleep(0.01)
        bench.epoch = None
        while not topic.stopped:  # noqa: ASYNC110  # the same
            await asyncio.sleep(0.01)
    await bench.comparer.stop()
    assert bench.leads() == expected
    assert len(bench.publisher.records(dead_letters_of(GROUP))) == 2


async def test_old_leads_are_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found more than two days before the newest hour was told by those who owned the partition then."""
    registry, hours = shared_by(NAMES[0], 1)
    last = hours[-1].hour
    later = [SharedHour(0, 1, last + more, {}) for more in range(1, 200)]
    bench = Bench(monkeypatch, topic := Topic(records([*hours, *later])), registry)
    await bench.comparer.start()
    async with asyncio.timeout(60):
        await topic.read.wait()
    await bench.comparer.stop()
    assert all(lead not in bench.leads() for lead in told(registry, hours))
