"""The detector with a broker and a changelog in memory: order of publishing, saving and acknowledging."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from lantian_alerts.changelog import Fenced
from lantian_alerts.core.memory import FIRST_BLOCK
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import HourFact
from lantian_alerts.core.sharing import decoded
from lantian_alerts.failing import RuleFailures
from lantian_alerts.metrics import AlertsMetrics
from lantian_alerts.settings import AlertsSettings
from lantian_alerts.worker import Detector
from lantian_kit.bus import DeliveryError, partition_of
from lantian_kit.clock import ManualClock
from lantian_kit.deadletter import DeadLetters, TooManyFailures
from lantian_kit.worker import Batch
from lantian_proto.readings import encode
from lantian_proto.topics import LEADS, READINGS, SOURCE_HOURS, dead_letters_of
from lantian_proto.v1.lead_pb2 import Lead
from tests.support.bus import FakePublisher
from tests.unit.alerts.scenario import SOURCE, Scenario, catalogue

PARTITIONS = 4
PARTITION = partition_of(SOURCE.encode(), PARTITIONS)
EXCEEDING = {
    "day": "2026-11-10",
    "registry": [
        {"feed": {"sends_hours": True}},
        {"limit": {"factor": "a21026", "value": 35, "basis": "national"}},
    ],
    "stream": [{"readings": {"period": "hour", "from": "08:00", "delay": 3660, "values": {"a21026": 70}}}],
}


class FakeChangelog:
    """Blocks in memory; `fenced` refuses every write."""

    def __init__(self) -> None:
        self.blocks: dict[int, dict[int, bytes]] = {}
        self.fenced = False
        self.writes = 0
        self.under_way = self.most_under_way = 0
        self.writing = asyncio.Event()

    async def open(self, partitions: set[int]) -> dict[int, dict[int, bytes]]:
        assert self.under_way == 0, "the producer of a save under way was let go"
        return {partition: dict(self.blocks.get(partition, {})) for partition in partitions}

    async def write(self, partition: int, blocks: Mapping[int, bytes | None]) -> None:
        if self.fenced:
            raise Fenced("told to")
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        self.writing.set()
        await asyncio.sleep(0)
        self.under_way -= 1
        self.writing.clear()
        self.writes += 1
        held = self.blocks.setdefault(partition, {})
        for number, block in blocks.items():
            if block is None:
                held.pop(number, None)
            else:
                held[number] = block

    async def close(self) -> None:
        return


@dataclass
class Bench:
    """A detector and what it touches."""

    publisher: FakePublisher = field(default_factory=lambda: FakePublisher({READINGS: PARTITIONS}))
    changelog: FakeChangelog = field(default_factory=FakeChangelog)
    registry: Registry = field(default_factory=Registry)
    metrics_registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    generation: int = 1
    acknowledged: list[int] = field(default_factory=list)

    def detector(self) -> Detector:
        """A process's detector over the same broker."""
        self.metrics_registry = CollectorRegistry()
        metrics = AlertsMetrics(self.metrics_registry)
        clock = ManualClock(1_794_200_000_000)
        return Detector(
            catalogue(),
            self.registry,
            self.changelog,
            self.publisher,
            DeadLetters(self.publisher, clock, metrics, "alerts"),
            metrics,
            clock,
            AlertsSettings(),
            lambda: self.generation,
            RuleFailures(metrics),
        )

    def batch(self, values: list[bytes | None], first: int = 0, generation: int = 1) -> Batch:
        """Records of the source's partition from an offset on."""
        records: list[Any] = [
            SimpleNamespace(
                topic=READINGS,
                partition=PARTITION,
                offset=first + place,
                timestamp=0,
                key=None,
                value=value,
                headers=(),
            )
            for place, value in enumerate(values)
        ]
        last = first + len(values) - 1
        return Batch(PARTITION, records, generation, lambda: self.acknowledged.append(last))

    def leads(self) -> list[Lead]:
        """Messages published."""
        return [Lead.FromString(record.value or b"") for record in self.publisher.records(LEADS)]

    def counted(self, name: str, **labels: str) -> float:
        """A sample of the metrics."""
        return self.metrics_registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def bench() -> Bench:
    """A bench whose registry knows the source."""
    return Bench(registry=Scenario(EXCEEDING).registry())


def values() -> list[bytes | None]:
    """The records of an exceeding hour."""
    return [encode(columns) for _, columns in Scenario(EXCEEDING).stream()]


async def test_acknowledges_after_lead_and_state(bench: Bench) -> None:
    """The lead is out before the snapshot, the input is acknowledged after it."""
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch(values()))
    assert len(bench.leads()) == 1
    assert bench.acknowledged == []
    await detector.save()
    assert bench.acknowledged == [0]
    assert sorted(block for block in bench.changelog.blocks[PARTITION] if block < FIRST_BLOCK) == [-1, 0]
    assert bench.counted("lantian_alerts_leads_total", rule="hour-exceedance", state="open") == 1
    assert bench.counted("lantian_rule_findings_total", rule="hour-exceedance", outcome="exceeding") == 1
    assert bench.counted("lantian_alerts_readings_total", result="judged") == 1


async def test_lead_headers_and_key(bench: Bench) -> None:
    """A lead is keyed by its source and carries a CloudEvents id made from its content."""
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch(values()))
    record = bench.publisher.records(LEADS)[0]
    names = dict(record.headers)
    assert record.key == SOURCE.encode()
    assert names["ce_type"] == b"cn.lantian.lead.v1"
    assert len(names["ce_id"]) == 32


async def test_an_undelivered_lead_acknowledges_nothing(bench: Bench) -> None:
    """When the broker refuses the lead the batch fails, unacknowledged, and the error ends the process."""
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    bench.publisher.fail_next = 1
    with pytest.raises(DeliveryError):
        await detector.on_batch(bench.batch(values()))
    assert bench.acknowledged == []


async def test_a_restart_repeats_nothing(bench: Bench) -> None:
    """Input delivered again after a restart changes nothing and is acknowledged."""
    first = bench.detector()
    await first.on_assigned({PARTITION}, 1)
    await first.on_batch(bench.batch(values()))
    await first.save()
    second = bench.detector()
    await second.on_assigned({PARTITION}, 1)
    await second.on_batch(bench.batch(values()))
    await second.save()
    assert len(bench.leads()) == 1
    assert bench.acknowledged == [0, 0]
    assert bench.counted("lantian_pipeline_events_total", stage="alerts", result="skipped") == 1


async def test_a_restart_before_the_snapshot_repeats_the_same_lead(bench: Bench) -> None:
    """Without a snapshot the input is taken again and gives the same lead id."""
    for _ in range(2):
        detector = bench.detector()
        await detector.on_assigned({PARTITION}, 1)
        await detector.on_batch(bench.batch(values()))
    one, two = bench.leads()
    assert one.lead_id == two.lead_id


async def test_a_poison_record_leaves_its_neighbours(bench: Bench) -> None:
    """What is no batch of readings is a dead letter; the records beside it are judged."""
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch([b"rubbish", *values(), None]))
    await detector.save()
    assert len(bench.leads()) == 1
    assert len(bench.publisher.records(dead_letters_of("alerts"))) == 2
    assert bench.acknowledged == [2]
    assert bench.counted("lantian_pipeline_events_total", stage="alerts", result="dead-letter") == 2
    assert bench.counted("lantian_pipeline_events_total", stage="alerts", result="taken") == 1


async def test_too_much_poison_ends_the_process(bench: Bench) -> None:
    """A stream of rubbish is not drained into the dead letters."""
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    with pytest.raises(TooManyFailures):
        await detector.on_batch(bench.batch([b"rubbish"] * 200))


async def test_a_batch_of_another_assignment_is_left(bench: Bench) -> None:
    """Batches of an older generation, or of a partition not owned, are neither applied nor acknowledged."""
    detector = bench.detector()
    await detector.on_batch(bench.batch(values()))
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch(values(), generation=0))
    bench.generation = 2
    await detector.on_batch(bench.batch(values()))
    await detector.save()
    assert bench.leads() == []
    assert bench.acknowledged == []
    assert bench.changelog.writes == 0


async def test_fenced_acknowledges_nothing(bench: Bench) -> None:
    """A process that lost the partition while it slept writes nothing and acknowledges nothing."""
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch(values()))
    bench.changelog.fenced = True
    await detector.save()
    bench.changelog.fenced = False
    await detector.save()
    assert bench.acknowledged == []
    assert bench.counted("lantian_alerts_fenced_total") == 1
    assert detector.probe() == "no state restored yet"


async def test_saves_take_turns(bench: Bench) -> None:
    """A save that is asked for while another one is under way waits for it, and so does a new assignment."""
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch(values()))
    first = asyncio.create_task(detector.save())
    await bench.changelog.writing.wait()
    await detector.on_batch(bench.batch(values(), first=1))
    await asyncio.gather(first, detector.save())
    assert bench.changelog.writes == 2
    assert bench.changelog.most_under_way == 1
    assert bench.acknowledged == [0, 1]
    await detector.on_batch(bench.batch(values(), first=2))
    third = asyncio.create_task(detector.save())
    await bench.changelog.writing.wait()
    await asyncio.gather(third, detector.on_assigned({PARTITION}, 1))  # `open` of the fake refuses to overlap


async def test_unreadable_state_begins_anew(bench: Bench) -> None:
    """State that can not be read is removed and counted; detection goes on from the input."""
    bench.changelog.blocks[PARTITION] = {-1: b"\xc1", 0: b"\xc1"}
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    assert bench.changelog.blocks[PARTITION] == {}
    assert bench.counted("lantian_alerts_state_discarded_total", reason="unreadable") == 1
    await detector.on_batch(bench.batch(values()))
    assert len(bench.leads()) == 1


async def test_sources_of_other_partitions_are_not_judged(bench: Bench) -> None:
    """A reading in the wrong partition is counted as misplaced: two owners would hold two states."""
    detector = bench.detector()
    other = (PARTITION + 1) % PARTITIONS
    await detector.on_assigned({other}, 1)
    batch = bench.batch(values())
    await detector.on_batch(Batch(other, batch.records, 1, batch.ack))
    assert bench.leads() == []
    assert bench.counted("lantian_alerts_readings_total", result="misplaced") == 1


async def test_stop_saves(bench: Bench) -> None:
    """An orderly stop saves and acknowledges what was taken, then takes nothing."""
    detector = bench.detector()
    await detector.start()
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch(values()))
    await detector.stop()
    assert bench.acknowledged == [0]
    await detector.on_batch(bench.batch(values(), first=1))
    assert bench.acknowledged == [0]


def test_ticks_are_scaled_with_the_clock() -> None:
    """On a fast clock the pause of ingest that still counts as alive is measured in wall seconds."""
    assert AlertsSettings().tick_gap_ms == 30_000
    assert AlertsSettings(clock_rate=720).tick_gap_ms == 4 * 720 * 1000


def test_hour_facts_are_asked_by_one_rule() -> None:
    """The catalogue hands each kind of fact to the rules that read it."""
    rules = [entry.id for entry in catalogue().entries.values() if HourFact in entry.rule.facts]
    assert rules == ["hour-exceedance"]


async def test_closed_hours_are_shared_before_the_batch_is_acknowledged(bench: Bench) -> None:
    """Whoever compares sources gets every hour that closes, under the name of the partition."""
    stream = [{"ticks": {"from": "08:00", "to": "10:25", "every": 20}}, *EXCEEDING["stream"]]
    records = [encode(columns) for _, columns in Scenario(EXCEEDING | {"stream": stream}).stream()]
    detector = bench.detector()
    await detector.on_assigned({PARTITION}, 1)
    await detector.on_batch(bench.batch(list(records)))
    shared = [decoded(record.key, record.value) for record in bench.publisher.records(SOURCE_HOURS)]
    assert [(one.partition, one.partitions, one.whole) for one in shared] == [(PARTITION, PARTITIONS, True)] * 4
    assert [list(one.parts) for one in shared] == [[], [], ["a21026"], []]  # 06, 07, 08 and 09 o'clock
    names, means = shared[2].parts["a21026"]
    assert (names, means.tolist()) == ([SOURCE], [70.0])
    assert bench.acknowledged == []


async def test_the_owner_of_the_first_partition_compares(bench: Bench) -> None:
    """Nobody else, and nobody between assignments."""
    detector = bench.detector()
    assert detector.compares() is None
    await detector.on_assigned({1, 2}, 1)
    assert detector.compares() is None
    await detector.on_assigned({0, 2}, 1)
    assert detector.compares() == 1
    bench.generation = 2
    assert detector.compares() is None
