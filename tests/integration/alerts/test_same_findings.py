"""One engine: what `lantian detect` finds in a file, the running process finds in Kafka, and a replay finds again."""

import asyncio
import json
import time
from collections.abc import Iterator

import aiohttp
import numpy as np

from lantian_alerts.detect import catalogues, registry_file
from lantian_alerts.detect.run import detect, last_of_each, records, shown
from lantian_alerts.replay.compare import difference, with_values
from lantian_alerts.replay.run import replay
from lantian_kit.bus import Producer, partition_of
from lantian_kit.table import CompactedTable
from lantian_kit.whole import read_whole
from lantian_local.suite import Suite
from lantian_proto.readings import DTYPES, TICK_SOURCE, Columns, encode
from lantian_proto.replays import intact, listed
from lantian_proto.topics import LEADS, READINGS, REGISTRY, RULES, SITE_EVENTS
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.registry_pb2 import RegistryChange, RuleReplay
from lantian_proto.v1.rule_pb2 import ReplayResult, RuleNews
from lantian_proto.v1.site_event_pb2 import SiteEvent
from lantian_simulator.scenarios.emit import honest_outlet, kind_named, outlet_scene
from lantian_simulator.scenarios.kinds import PM, SO2
from lantian_simulator.scenarios.outlet import Outlet, Reported
from lantian_simulator.scenarios.tables import Scene, joined

START_MS = 1_762_704_000_000  # 2025-11-10 in Beijing
DAYS = 4
PARTITIONS = 2
RULE = "hour-exceedance"
OTHER = {"high_hours": 24.0, "high_ratio": 10.0, "grave_hours": 168.0, "grave_ratio": 50.0}


def scene() -> Scene:
    """Outlets with something to find; the first leaves the hour means to the platform, the last copies another's."""
    filters = honest_outlet("outlet-0", kind_named("sinter"), 8, START_MS, DAYS)
    filters.removal[PM][2_400:2_760] = 1 - 6 * (1 - filters.kind.removal[PM])
    silent = honest_outlet("outlet-1", kind_named("power"), 8, START_MS, DAYS)
    silent.lost[1_500:1_900] = True
    held = Outlet("outlet-2", kind_named("cement"), 8, START_MS, DAYS)

    def hold(outlet: Outlet, measured: Reported, converted: Reported) -> None:
        measured[SO2][1_800:2_700] = measured[SO2][1_799]

    held.meddlings.append(hold)
    seen: Reported = {}
    copy = Outlet("outlet-5", kind_named("cement"), 9, START_MS, DAYS)

    def keep(_: Outlet, measured: Reported, converted: Reported) -> None:
        seen.update(measured)

    def repeat(_: Outlet, measured: Reported, converted: Reported) -> None:
        for factor in copy.kind.levels:
            measured[factor][:] = np.round(seen[factor] * 0.9 + 1, 2)

    held.meddlings.append(keep)
    copy.meddlings.append(repeat)
    assert len({partition_of(name.encode(), PARTITIONS) for name in ("outlet-2", "outlet-5")}) == 2
    return joined(outlet_scene(one, hours=one is not filters) for one in (filters, silent, held, copy))


def slope_changed() -> SiteEvent:
    """An analyser says that its slope is another."""
    at_ms = START_MS + 30 * 3_600_000
    return SiteEvent(
        event_id="slope", source_id="outlet-1", feed_id="feed-1", kind="parameter", code=SO2, info="i13008",
        text="0.6", number=0.6, previous="1.0", time_ms=at_ms, received_ms=at_ms + 4_000, seq=1,
    )  # fmt: skip


def of_partition(columns: Columns, partition: int) -> Columns:
    """The rows of a record that lie in a partition; ticks lie in every one."""
    here = np.array(
        [name == TICK_SOURCE or partition_of(name.encode(), PARTITIONS) == partition for name in columns.sources]
    )
    kept = here[columns.source]
    return Columns(sources=columns.sources, **{name: getattr(columns, name)[kept] for name in DTYPES})


def messages(columns: Columns) -> Iterator[tuple[int, bytes, int]]:
    """Partition, record and number of its rows, in records small enough for Kafka."""
    for record in records(columns):
        for partition in range(PARTITIONS):
            part = of_partition(record, partition)
            for first in range(0, len(part), 8_000):
                rows = {name: getattr(part, name)[first : first + 8_000] for name in DTYPES}
                piece = Columns(sources=part.sources, **rows)
                yield partition, encode(piece), len(piece)


async def counted(address: str) -> float:
    """Rows that alerts has taken."""
    async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith("lantian_alerts_readings_total{"))


async def published(bootstrap: str) -> list[Lead]:
    """All messages about episodes."""
    return [Lead.FromString(record.value) async for record in read_whole(bootstrap, LEADS) if record.value is not None]


async def test_same_findings_everywhere() -> None:
    """File, process and replay agree on every field of every finding; so does what another version changes."""
    data = scene()
    changes = registry_file.parse(json.dumps(data.registry))
    in_force = catalogues.shipped()
    other = with_values(in_force, RULE, 1, OTHER)
    said = slope_changed()
    of_file = detect(in_force, registry_file.registry_of(changes), data.columns, statements=[said])
    of_other = detect(other, registry_file.registry_of(changes), data.columns)
    expected = [shown(lead) for lead in of_file.leads]
    assert {"hour-exceedance", "data-dropout", "frozen-value", "parameter-change", "cloned-outlets"} <= {
        one["rule"] for one in expected
    }

    async with Suite(parts=("kafka", "alerts"), partitions=PARTITIONS, quick=True) as suite:
        bootstrap, address = suite.state.parts["kafka"].address, suite.state.parts["alerts"].address
        producer = Producer(bootstrap, "test", [READINGS, REGISTRY, SITE_EVENTS])
        wisher = Producer(bootstrap, "wisher", [REGISTRY])
        await producer.start()
        try:
            assert producer.partitions(READINGS) == PARTITIONS
            for change in changes:
                await producer.send(REGISTRY, change.SerializeToString(), key=f"{change.kind}/{change.id}".encode())
            await registered(address)
            await producer.send(SITE_EVENTS, said.SerializeToString(), key=said.feed_id.encode())
            rows = 0
            for partition, value, count in messages(data.columns):
                await producer.send(READINGS, value, key=str(partition).encode(), partition=partition)
                rows += count
        finally:
            await producer.stop()
        began = time.monotonic()
        while await counted(address) < rows:
            assert time.monotonic() - began < 450, "alerts stands still"
            await asyncio.sleep(0.2)
        running = last_of_each(await published(bootstrap))
        while [shown(lead) for lead in running] != expected and time.monotonic() - began < 450:
            await asyncio.sleep(0.5)  # statements are judged and sources compared beside the readings
            running = last_of_each(await published(bootstrap))
        assert [shown(lead) for lead in running] == expected
        assert [lead.lead_id for lead in running] == [lead.lead_id for lead in of_file.leads]
        answer = await answered(bootstrap, wisher)
        same = await replay(bootstrap, in_force, in_force, START_MS, START_MS + DAYS * 86_400_000, 30_000)
        changed = await replay(bootstrap, in_force, other, START_MS, START_MS + DAYS * 86_400_000, 30_000)

    told = same.differences[RULE]
    assert (told.added, told.gone, told.changed) == ([], [], [])
    assert told.same == sum(one["rule"] == RULE for one in expected)
    counts = next(one for one in answer.counts if one.rule_id == RULE)
    of_replay = changed.differences[RULE]
    assert (answer.state, answer.reason, answer.number) == ("done", "", 1)
    assert intact(answer)
    assert (counts.added, counts.gone) == (len(of_replay.added), len(of_replay.gone))
    assert (counts.changed, counts.same) == (len(of_replay.changed), of_replay.same)
    on_file = difference(of_file.leads, of_other.leads)
    assert len(changed.differences[RULE].changed) == len(on_file.changed) > 0
    assert (changed.differences[RULE].added, changed.differences[RULE].gone) == ([], [])


async def answered(bootstrap: str, producer: Producer) -> ReplayResult:
    """Wishes a replay as tasks does, and waits for what alerts says of it."""
    version = catalogues.shipped().entries[RULE].version
    wish = RuleReplay(rule_replay_id="wished", rule_id=RULE, base_version=version, values=listed(OTHER))
    wish.from_ms, wish.to_ms = START_MS, START_MS + DAYS * 86_400_000
    change = RegistryChange(kind="rule-replay", id="wished", revision=1, rule_replay=wish)
    await producer.start()
    try:
        await producer.send(REGISTRY, change.SerializeToString(), key=b"rule-replay/wished")
    finally:
        await producer.stop()
    news: dict[str, bytes] = {}
    table = CompactedTable(bootstrap, RULES, lambda key, value: news.update({key: value or b""}), group="test")
    await table.start()
    try:
        async with asyncio.timeout(300):
            while "replay/wished" not in news:  # noqa: ASYNC110  # the table tells nobody
                await asyncio.sleep(0.2)
    finally:
        await table.stop()
    known = {rule.rule_id for rule in RuleNews.FromString(news["catalogue"]).catalogue.rules}
    assert known == set(catalogues.shipped().entries)
    return RuleNews.FromString(news["replay/wished"]).replay


async def registered(address: str) -> None:
    """Waits until alerts has read the registry: it explains the limits of the last outlet."""
    began = time.monotonic()
    async with aiohttp.ClientSession() as session:
        while True:
            query = {"source": "outlet-2", "at_ms": str(START_MS)}
            async with session.get(f"{address}/v1/limits", params=query) as answer:
                if answer.status == 200 and (await answer.json())["factors"]:
                    return
            assert time.monotonic() - began < 120, "alerts does not know the registry"
            await asyncio.sleep(0.1)
