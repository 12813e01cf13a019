"""A replay reads of a real topic what its span needs and no more, and says what it says of the whole topic."""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Final

import numpy as np
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from lantian_alerts.core.registry import Registry
from lantian_alerts.detect import catalogues, registry_file
from lantian_alerts.replay import history
from lantian_alerts.replay.compare import Difference, with_values
from lantian_alerts.replay.run import Replayed, replay
from lantian_kit.bus import partition_of
from lantian_local.suite import Suite
from lantian_proto import factors
from lantian_proto.readings import DTYPES, Columns, Period, Stat, encode, tick

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
DAYS: Final = 16
FROM_DAY, TO_DAY = 9, 10
PARTITIONS: Final = 2
RULE: Final = "hour-exceedance"
OTHER: Final = {"high_hours": 24.0, "high_ratio": 10.0, "grave_hours": 168.0, "grave_ratio": 50.0}
REGISTRY: Final = (
    '{"sources": ['
    + ", ".join(
        f'{{"id": "{name}", "feeds": [{{"sends_hours": true}}], "limits": [{{"factor": "a21026", "value": 35}}]}}'
        for name in ("outlet-0", "outlet-1", "outlet-2", "outlet-3")
    )
    + "]}"
)


def held() -> Registry:
    """Four outlets, whatever partitions they fall into."""
    return registry_file.registry_of(registry_file.parse(REGISTRY))


def records(start_ms: int) -> list[tuple[int, int, bytes]]:
    """Partition, reception and value: an hour mean each hour, above the limit for five hours of each day; ticks."""
    factor = factors.by_code("a21026")
    assert factor is not None
    found = []
    for hour in range(DAYS * 24):
        time = start_ms + hour * HOUR_MS
        received = time + HOUR_MS + 60_000
        for number in range(4):
            row: dict[str, float] = {
                "source": 0,
                "factor": factor.number,
                "stat": int(Stat.AVG),
                "period": int(Period.HOUR),
                "time": time,
            }
            row |= {"value": 30.0 + 45 * (8 <= hour % 24 < 13) * (1 + 0.1 * number), "flag": ord("N")}
            row |= {"time": time, "received": received, "edition": 1, "seq": hour}
            arrays = {name: np.array([row[name]], dtype) for name, dtype in DTYPES.items()}
            name = f"outlet-{number}"
            place = partition_of(name.encode(), PARTITIONS)
            found.append((place, received, encode(Columns(sources=[name], **arrays))))
        found += [
            (place, received + wait, encode(tick(received + wait)))
            for wait in (600_000, 1_800_000, 3_000_000)
            for place in range(PARTITIONS)
        ]
    return found


@pytest.fixture
async def broker() -> AsyncIterator[str]:
    """A broker of its own: the times of other tests' records would mislead."""
    async with Suite(parts=("kafka",), partitions=PARTITIONS, quick=True) as suite:
        yield suite.state.parts["kafka"].address


async def written(broker: str, found: Sequence[tuple[int, int, bytes]], topic: str, *, behind_ms: int = 0) -> None:
    """Puts them into a topic, as if each had been written when it was received, or so much earlier."""
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    for partition, received, value in found:
        await producer.send(topic, value, partition=partition, timestamp_ms=received - behind_ms)
    await producer.stop()


async def replayed(broker: str, start_ms: int) -> Replayed:
    """The tenth day with another parameter."""
    in_force = catalogues.shipped()
    other = with_values(in_force, RULE, 1, OTHER)
    span = (start_ms + FROM_DAY * DAY_MS, start_ms + TO_DAY * DAY_MS)
    return await replay(broker, in_force, other, *span, 2 * HOUR_MS, held())


def told(difference: Difference) -> tuple[list[bytes], list[bytes], list[tuple[bytes, bytes]], int]:
    """A difference as bytes; partitions are read in any order."""
    changed = sorted(
        (was.SerializeToString(deterministic=True), now.SerializeToString(deterministic=True))
        for was, now in difference.changed
    )
    added, gone = (
        sorted(lead.SerializeToString(deterministic=True) for lead in leads)
        for leads in (difference.added, difference.gone)
    )
    return added, gone, changed, difference.same


@pytest.mark.parametrize("behind_days", [0, 5])
async def test_what_is_read_is_bounded_and_the_answer_is_the_same(
    broker: str, monkeypatch: pytest.MonkeyPatch, behind_days: int
) -> None:
    """Lead-in and tail are shortened; with both beyond the topic the whole of it is read.

    Where the times of writing lag behind those of the readings, as in a suite whose clock is fast, the lead-in they
    point to is too short: the beginning is read as well.
    """
    topic = f"readings-{behind_days}"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1, topic_configs={"retention.ms": "-1"})])
    await admin.close()
    monkeypatch.setattr(history, "READINGS", topic)
    start_ms = int(time.time() * 1000) // DAY_MS * DAY_MS - (DAYS + 1) * DAY_MS - 8 * HOUR_MS
    found = records(start_ms)
    await written(broker, found, topic, behind_ms=behind_days * DAY_MS)
    monkeypatch.setattr(history, "LEAD_IN_MS", 3 * DAY_MS)
    monkeypatch.setattr(history, "TAIL_MS", DAY_MS)
    bounded = await replayed(broker, start_ms)
    monkeypatch.setattr(history, "LEAD_IN_MS", 1000 * DAY_MS)
    monkeypatch.setattr(history, "TAIL_MS", 1000 * DAY_MS)
    whole = await replayed(broker, start_ms)
    assert whole.records == len(found)
    if behind_days:
        assert bounded.records > (TO_DAY + 1) / DAYS * len(found)
    else:
        share = (3 + 1 + 1) / DAYS
        assert share * len(found) - 40 <= bounded.records <= share * len(found) + 40
        assert all(bounded.offsets[place] < end for place, end in whole.offsets.items())
    assert bounded.differences.keys() == whole.differences.keys() >= {RULE}
    for rule, one in whole.differences.items():
        assert told(bounded.differences[rule]) == told(one)
    assert len(whole.differences[RULE].changed) == 4
