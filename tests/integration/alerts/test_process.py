"""The process as it is deployed, on a real Kafka: killed in the middle of an hour, fed with rubbish, stopped."""

import asyncio
import itertools
import os
import signal
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import numpy as np
import pytest

from lantian_kit.bus import Producer, create_topics, partition_of
from lantian_kit.whole import read_whole
from lantian_proto import factors
from lantian_proto.readings import DTYPES, Columns, encode, tick
from lantian_proto.topics import LEADS, READINGS, REGISTRY, TOPICS, dead_letters_of
from lantian_proto.v1.dead_letter_pb2 import DeadLetter
from lantian_proto.v1.lead_pb2 import LEAD_STATE_OPEN, Lead
from lantian_proto.v1.registry_pb2 import Feed, Limit, RegistryChange, Source
from tests.support.process import running

HOUR = 1_762_732_800_000  # 2025-11-10 08:00 in Beijing
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
_days = itertools.count()


class Bench:
    """Topics, a producer, a source of its own, and alerts as often as it is started."""

    def __init__(self, kafka: str, producer: Producer, port: int) -> None:
        self.kafka, self.producer, self.port = kafka, producer, port
        self.hour = HOUR + next(_days) * DAY  # the broker is shared, and a partition's time never goes back
        self.source = f"outlet-{uuid.uuid4().hex[:8]}"
        self.partition = partition_of(self.source.encode(), producer.partitions(READINGS))
        self.env = os.environ | {
            "LANTIAN_KAFKA_BOOTSTRAP": kafka,
            "LANTIAN_HTTP_PORT": str(port),
            "LANTIAN_INSTANCE": "alerts-0",
            "LANTIAN_SNAPSHOT_SECONDS": "0.2",
        }

    def alerts(self) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
        """The process, ready; ended hard when the test did not end it."""
        return running("alerts", self.env, self.port)

    async def counted(self, sample: str, least: float) -> None:
        """Waits until a sample of /metrics has reached a value; tells the samples of its name when it does not."""
        name, text = sample.partition("{")[0], ""
        try:
            async with asyncio.timeout(60), aiohttp.ClientSession() as session:
                while True:
                    async with session.get(f"http://127.0.0.1:{self.port}/metrics") as answer:
                        text = await answer.text()
                    lines = [line for line in text.splitlines() if line.startswith(f"{sample} ")]
                    if lines and float(lines[0].split()[-1]) >= least:
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            seen = [line for line in text.splitlines() if line.startswith(name)]
            pytest.fail(f"{sample} did not reach {least}: {seen}")

    async def register(self) -> None:
        """The source with a feed of one value a minute and a limit."""
        changes = [
            RegistryChange(kind="source", id=self.source, revision=1, source=Source(source_id=self.source)),
            RegistryChange(
                kind="feed",
                id=f"feed-{self.source}",
                revision=1,
                feed=Feed(feed_id=f"feed-{self.source}", source_id=self.source, real_time_interval_seconds=60),
            ),
            RegistryChange(
                kind="limit",
                id=f"limit-{self.source}",
                revision=1,
                limit=Limit(
                    limit_id=f"limit-{self.source}", source_id=self.source, factor="a21026", value=35, basis="national"
                ),
            ),
        ]
        for change in changes:
            await self.producer.send(REGISTRY, change.SerializeToString(), key=f"{change.kind}/{change.id}".encode())

    async def send(self, value: bytes) -> None:
        """One record into the source's partition."""
        await self.producer.send(READINGS, value, key=str(self.partition).encode(), partition=self.partition)

    async def minutes(self, first: int, last: int, value: float) -> None:
        """A real-time value and a tick for each of these minutes of the hour."""
        factor = factors.by_code("a21026")
        assert factor is not None
        for minute in range(first, last):
            time = self.hour + minute * MINUTE
            row = {"source": 0, "factor": factor.number, "stat": 0, "period": 0, "time": time, "value": value}
            row |= {"flag": ord("N"), "received": time + 2000, "edition": 1, "seq": minute}
            arrays = {name: np.array([row[name]], dtype) for name, dtype in DTYPES.items()}
            await self.send(encode(Columns(sources=[self.source], **arrays)))
            for second in (10, 35, 60):
                await self.send(encode(tick(time + second * 1000)))

    async def read(self, topic: str) -> list[bytes]:
        """Everything in a topic."""
        return [record.value async for record in read_whole(self.kafka, topic) if record.value is not None]

    async def leads(self) -> list[Lead]:
        """Messages about the source."""
        leads = [Lead.FromString(value) for value in await self.read(LEADS)]
        return [lead for lead in leads if lead.source_id == self.source]

    async def until_leads(self, count: int) -> list[Lead]:
        """Waits for so many messages about the source."""
        async with asyncio.timeout(60):
            while len(leads := await self.leads()) < count:  # noqa: ASYNC110  # another process offers no event
                await asyncio.sleep(0.2)
        return leads


@pytest.fixture
async def bench(kafka: str, unused_tcp_port: int):  # type: ignore[no-untyped-def]  # an asynchronous generator
    """Alerts over the shared broker; its topics have two partitions."""
    await asyncio.to_thread(create_topics, kafka, TOPICS.values(), partitions_override=2)
    producer = Producer(kafka, "test", [READINGS, REGISTRY, LEADS, dead_letters_of("alerts")])
    await producer.start()
    yield Bench(kafka, producer, unused_tcp_port)
    await producer.stop()


async def test_killed_in_the_middle_of_an_hour(bench: Bench) -> None:
    """After kill -9 the hour is judged on all of its minutes, once, from the restored state."""
    await bench.register()
    async with bench.alerts() as process:
        await bench.minutes(0, 30, 40.0)
        await bench.counted('lantian_alerts_readings_total{result="judged"}', 30)
        await asyncio.sleep(1)  # a few snapshots
        await bench.minutes(30, 40, 40.0)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with bench.alerts():
        await bench.minutes(40, 82, 60.0)
        leads = await bench.until_leads(1)
    assert [lead.state for lead in leads] == [LEAD_STATE_OPEN]
    inputs = leads[0].evidence.inputs
    assert inputs["values"] == 60
    assert inputs["hour_mean"] == pytest.approx((40 * 40.0 + 20 * 60.0) / 60)
    assert leads[0].start_ms == bench.hour


async def test_rubbish_between_good_records(bench: Bench) -> None:
    """Records that are no readings become dead letters; their neighbours are judged."""
    await bench.register()
    async with bench.alerts() as process:
        await bench.minutes(0, 30, 40.0)
        for rubbish in (b"", b"rubbish", encode(tick(bench.hour))[:-40]):
            await bench.send(rubbish)
        await bench.minutes(30, 82, 40.0)
        leads = await bench.until_leads(1)
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert leads[0].evidence.inputs["values"] == 60
    letters = [DeadLetter.FromString(value) for value in await bench.read(dead_letters_of("alerts"))]
    own = [letter for letter in letters if letter.topic == READINGS and letter.partition == bench.partition]
    assert [letter.reason for letter in own] == ["undecodable"] * 3
    assert own[1].value == b"rubbish"


async def test_frozen_beyond_its_session_and_woken(bench: Bench, unused_tcp_port_factory: Callable[[], int]) -> None:
    """Another process goes on where the frozen one stood; the woken one adds no lead and changes none."""
    await bench.register()
    port = unused_tcp_port_factory()
    heir = bench.env | {"LANTIAN_HTTP_PORT": str(port), "LANTIAN_INSTANCE": "alerts-1"}
    async with bench.alerts() as frozen:
        await bench.minutes(0, 30, 40.0)
        await bench.counted('lantian_alerts_readings_total{result="judged"}', 30)
        await asyncio.sleep(1)  # a few snapshots
        await bench.counted("lantian_alerts_restore_seconds_count", 1)
        frozen.send_signal(signal.SIGSTOP)
        try:
            await bench.minutes(30, 40, 40.0)  # they wait in the socket of the frozen one as well
            async with running("alerts", heir, port):  # ready when the session of the other has run out
                await bench.minutes(40, 82, 60.0)
                assert len(await bench.until_leads(1)) == 1
                frozen.send_signal(signal.SIGCONT)
                await bench.counted("lantian_alerts_restore_seconds_count", 2)  # it has joined anew
                await bench.minutes(82, 142, 60.0)
                await bench.until_leads(2)
        finally:
            frozen.send_signal(signal.SIGCONT)
    told: dict[tuple[str, int], set[bytes]] = defaultdict(set)
    for lead in await bench.leads():
        told[lead.lead_id, lead.revision].add(lead.SerializeToString(deterministic=True))
    assert {revision for _, revision in told} == {1, 2}
    assert len({lead_id for lead_id, _ in told}) == 1
    assert all(len(versions) == 1 for versions in told.values()), "two processes told one revision differently"
    first = next(iter(versions for (_, revision), versions in told.items() if revision == 1))
    inputs = Lead.FromString(next(iter(first))).evidence.inputs
    assert inputs["values"] == 60
    assert inputs["hour_mean"] == pytest.approx((40 * 40.0 + 20 * 60.0) / 60)
