"""Batches by partition, size and time; ticks behind the readings."""

import asyncio

import pytest

from lantian_ingest.packer import ROW_BYTES, Packer, Readings
from lantian_ingest.ticks import Ticks
from lantian_kit.bus import DeliveryError, partition_of
from lantian_proto.events import header
from lantian_proto.readings import TICK_SOURCE, Edition, Period, decode
from lantian_proto.topics import READINGS
from tests.unit.ingest.rig import Rig


def readings(source: str, count: int = 2, seq: int = 1) -> Readings:
    """Readings of one frame."""
    return Readings(
        source=source,
        factors=tuple(range(1, count + 1)),
        stats=bytes([2] * count),
        period=Period.HOUR,
        time_ms=1000,
        values=tuple(float(number) for number in range(count)),
        flags=b"N" * count,
        received_ms=2000,
        edition=Edition.E2005,
        seq=seq,
    )


async def test_frames_of_a_partition_share_a_record() -> None:
    """In order, sources by dictionary, key and partition by the source."""
    rig = Rig(partitions=1)
    first = rig.packer.add(readings("a"))
    second = rig.packer.add(readings("b", 1, seq=7))
    assert first is second
    rig.packer.flush()
    await first
    (record,) = rig.publisher.records(READINGS)
    assert (record.key, header(record.headers, "content-type")) == (b"0", "application/vnd.apache.arrow.stream")
    batch = decode(record.value or b"")
    assert batch.sources == ["a", "b"]
    assert batch.source.tolist() == [0, 0, 1]
    assert batch.factor.tolist() == [1, 2, 1]
    assert batch.stat.tolist() == [2, 2, 2]
    assert batch.value.tolist() == [0.0, 1.0, 0.0]
    assert batch.period.tolist() == [2, 2, 2]
    assert batch.edition.tolist() == [0, 0, 0]
    assert batch.seq.tolist() == [1, 1, 7]


async def test_source_decides_the_partition() -> None:
    """As Java clients would choose it."""
    rig = Rig(partitions=8)
    for number in range(20):
        rig.packer.add(readings(f"outlet-{number}"))
    rig.packer.flush()
    for record in rig.publisher.records(READINGS):
        for source in decode(record.value or b"").sources:
            assert record.partition == partition_of(source.encode(), 8)
            assert record.key == b"%d" % record.partition


async def test_full_batch_leaves_at_once() -> None:
    """Without waiting for its time."""
    rig = Rig()
    packer = Packer(rig.publisher, rig.clock, rig.metrics, batch_seconds=3600, batch_bytes=10 * ROW_BYTES)
    for _ in range(4):
        packer.add(readings("a"))
    assert not rig.publisher.records(READINGS)
    packer.add(readings("a"))
    assert len(rig.publisher.records(READINGS)) == 1
    packer.add(readings("a"))
    assert len(rig.publisher.records(READINGS)) == 1
    packer.flush()
    assert len(rig.publisher.records(READINGS)) == 2


async def test_batch_leaves_when_its_time_has_come() -> None:
    """Nobody has to flush."""
    rig = Rig()
    await asyncio.wait_for(asyncio.shield(rig.packer.add(readings("a"))), 5)
    assert len(rig.publisher.records(READINGS)) == 1
    assert rig.value("lantian_ingest_readings_total") == 2


async def test_failure_reaches_every_frame_of_the_batch_and_no_other() -> None:
    """The next batch is a new one."""
    rig = Rig()
    rig.publisher.fail_next = 1
    first = rig.packer.add(readings("a"))
    rig.packer.flush()
    with pytest.raises(DeliveryError):
        await asyncio.shield(first)
    second = rig.packer.add(readings("a"))
    rig.packer.flush()
    await second
    assert rig.value("lantian_ingest_readings_total") == 2
    assert rig.registry.get_sample_value("lantian_ingest_delivery_failures_total", {"topic": READINGS}) == 1


async def test_tick_goes_to_every_partition_behind_the_readings() -> None:
    """Silence must not be seen before the data that break it."""
    rig = Rig(partitions=3)
    rig.packer.add(readings("a"))
    Ticks(rig.packer, rig.clock, rig.metrics).tick()
    rig.packer.flush()
    records = rig.publisher.records(READINGS)
    assert sorted(record.partition for record in records) == [0, 1, 2]
    for record in records:
        batch = decode(record.value or b"")
        last = batch.source[-1]
        assert batch.sources[last] == TICK_SOURCE
        assert (batch.factor[-1], batch.time[-1], batch.received[-1]) == (0, rig.clock.now_ms(), rig.clock.now_ms())


async def test_a_tick_waits_for_the_one_before() -> None:
    """Ticks of an outage of Kafka are not kept: delivered afterwards, they would make every source look silent."""
    rig = Rig(partitions=2)
    ticks = Ticks(rig.packer, rig.clock, rig.metrics)
    ticks.tick()
    begun_ms = rig.clock.now_ms()
    rig.clock.advance(3600)
    ticks.tick()
    rig.packer.flush()
    await rig.settle()
    ticks.tick()
    rig.packer.flush()
    await rig.settle()
    for partition in range(2):
        records = [record for record in rig.publisher.records(READINGS) if record.partition == partition]
        times = [time for record in records for time in decode(record.value or b"").time.tolist()]
        assert times == [begun_ms, begun_ms + 3_600_000]


async def test_ticks_follow_the_suite_clock() -> None:
    """One at the start, then each ten seconds of suite time."""
    rig = Rig(partitions=1)
    ticks = Ticks(rig.packer, rig.clock, rig.metrics, seconds=10)
    await ticks.start()
    await rig.settle()
    assert rig.value("lantian_ingest_ticks_total") == 1
    for expected in (1, 2, 2, 3):
        rig.clock.advance(5)
        await rig.settle()
        assert rig.value("lantian_ingest_ticks_total") == expected
    await ticks.stop()


def test_ticks_are_not_oftener_than_twice_a_wall_second() -> None:
    """At 720 times real time ten suite seconds are 14 ms."""
    rig_clock = Rig().clock
    rig_clock.rate = 720.0
    rig = Rig()
    assert Ticks(rig.packer, rig_clock, rig.metrics)._seconds == 360.0
    assert Ticks(rig.packer, rig.clock, rig.metrics)._seconds == 10.0


async def test_ticks_that_end_end_the_process() -> None:
    """Without ticks nobody would ever notice silence."""
    rig = Rig()
    ticks = Ticks(rig.packer, rig.clock, rig.metrics)
    await ticks.start()
    await rig.settle()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    rig.packer.put = broken  # type: ignore[method-assign,assignment]
    rig.clock.advance(10)
    await rig.settle()
    assert ticks.failure is not None
    with pytest.raises(RuntimeError):
        await ticks.failure
    await ticks.stop()
