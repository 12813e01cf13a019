"""Kafka away and back: nothing acknowledged is lost, nothing overtakes, no room means no answer."""

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lantian_ingest.spool.drain import Drain
from lantian_ingest.spool.log import Disk, SpoolLog
from lantian_ingest.spool.shelter import Shelter
from lantian_proto.events import header
from lantian_proto.readings import decode
from lantian_proto.topics import RAW_FRAMES, READINGS
from tests.unit.ingest.frames import frame, segment
from tests.unit.ingest.rig import Rig

AWAY = 1_000_000  # sends fail until told otherwise


def packet(number: int, *, when: str = "20261122120000") -> bytes:
    """A good frame with a value of its own."""
    second = int(when) + number // 60 * 100 + number % 60
    return frame(segment(f"DataTime={second};a21026-Rtd={number},a21026-Flag=N"))


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that must come; the test's own time-out ends it otherwise."""
    while not condition():  # noqa: ASYNC110  # what is waited for is told by nobody
        await asyncio.sleep(0.001)


class Spooled(Rig):
    """A rig with a spool."""

    def __init__(self, folder: Path, *, limit: int = 1 << 20, disk: Disk | None = None) -> None:
        super().__init__()
        self.drain = Drain(self.publisher, self.packer, self.late_packer, self.metrics)
        self.log = SpoolLog(folder, disk=disk)
        self.shelter = Shelter(self.intake, self.log, self.drain, self.metrics, limit_bytes=limit, after_seconds=0.05)

    def values(self) -> list[float]:
        """All readings in Kafka, in order."""
        return [value for record in self.publisher.records(READINGS) for value in decode(record.value or b"").value]

    def spool(self, event: str) -> int:
        """Frames of the spool by event."""
        return self._labels("lantian_ingest_spool_frames_total", "event").get(event, 0)


@asynccontextmanager
async def spooled(folder: Path, *, limit: int = 1 << 20, disk: Disk | None = None) -> AsyncIterator[Spooled]:
    """Started and stopped."""
    rig = Spooled(folder, limit=limit, disk=disk)
    await rig.intake.start()
    await rig.shelter.start()
    try:
        yield rig
    finally:
        rig.publisher.hold, rig.publisher.fail_next = False, 0
        rig.publisher.release()
        await rig.intake.drain()
        await rig.shelter.stop()
        await rig.intake.stop()


async def test_acknowledged_while_kafka_refuses_and_drained_in_order(tmp_path: Path) -> None:
    """The whole story: away, back, nothing left, straight again."""
    async with spooled(tmp_path) as rig:
        rig.take(packet(0))
        await rig.settle()
        rig.publisher.fail_next = AWAY
        for number in range(1, 40):
            rig.take(packet(number))
            if number % 10 == 0:
                await rig.settle()
        await until(lambda: len(rig.link.answers) == 40)
        assert rig.shelter.active
        assert rig.counts() == {"accepted": 40}
        assert len(rig.publisher.records(RAW_FRAMES)) == 1
        rig.publisher.fail_next = 0
        await until(lambda: not rig.shelter.active)
        rig.take(packet(40))
        await rig.settle()
        assert rig.values() == list(range(41))
        raw = [record.value for record in rig.publisher.records(RAW_FRAMES)]
        assert raw == [packet(number) for number in range(41)]
        assert (rig.spool("written"), rig.spool("drained"), rig.log.size_bytes) == (39, 39, 0)
        assert rig.counts() == {"accepted": 41}


async def test_frames_that_wait_too_long_are_taken_over(tmp_path: Path) -> None:
    """Kafka is silent: what waits is acknowledged from the disk, and is not sent twice when Kafka answers at last."""
    async with spooled(tmp_path) as rig:
        rig.publisher.hold = True
        rig.take(packet(0) + packet(1))
        await until(lambda: len(rig.link.answers) == 2)
        rig.publisher.hold = False
        rig.publisher.release()
        await until(lambda: not rig.shelter.active)
        assert len(rig.publisher.records(RAW_FRAMES)) == 2
        assert rig.values() == [0, 1]
        assert (rig.spool("rescued"), rig.spool("drained")) == (2, 0)
        assert rig.counts() == {"accepted": 2}
        assert rig.link.settled_count == 2


async def test_readings_lost_after_the_evidence_is_there(tmp_path: Path) -> None:
    """The evidence is not written a second time, and the readings point to it."""
    async with spooled(tmp_path) as rig:
        rig.publisher.hold = True
        rig.take(packet(0))
        await rig.settle()
        rig.publisher.fail_next = 1  # the batch of readings
        rig.publisher.hold = False
        rig.publisher.release()
        await until(lambda: len(rig.link.answers) == 1 and not rig.shelter.active)
        assert len(rig.publisher.records(RAW_FRAMES)) == 1
        assert rig.values() == [0]


async def test_refused_frames_and_resends_are_sheltered_too(tmp_path: Path) -> None:
    """Evidence of what was refused is evidence; a resend is answered from the disk."""
    async with spooled(tmp_path) as rig:
        rig.publisher.fail_next = AWAY
        rig.take(packet(0) + b"noise\r\n" + packet(0))
        await until(lambda: rig.link.settled_count == 3)
        assert rig.counts() == {"accepted": 1, "malformed": 1, "duplicate": 1}
        assert len(rig.link.answers) == 2
        rig.publisher.fail_next = 0
        await until(lambda: not rig.shelter.active)
        outcomes = [header(record.headers, "outcome") for record in rig.publisher.records(RAW_FRAMES)]
        assert sorted(str(each) for each in outcomes) == ["accepted", "duplicate", "malformed"]
        assert rig.values() == [0]


async def test_full_spool_answers_nothing_and_says_so(tmp_path: Path) -> None:
    """No room: no acknowledgement, counted, connections not read, not ready; room again when Kafka is back."""
    async with spooled(tmp_path, limit=3000) as rig:
        rig.publisher.fail_next = AWAY
        taken = 0
        while not rig.intake.full:
            rig.take(packet(taken))
            taken += 1
            await rig.settle()
        told: list[bool] = []
        rig.intake.when_room(lambda: told.append(True))
        rig.take(packet(taken))
        await until(lambda: rig.link.settled_count == taken + 1)
        assert len(rig.link.answers) == taken
        assert rig.counts() == {"accepted": taken, "undelivered": 1}
        assert rig.value("lantian_ingest_spool_refused_total") == 1
        assert "full" in (rig.shelter.probe() or "")
        assert told == []
        rig.publisher.fail_next = 0
        await until(lambda: not rig.shelter.active)
        assert told == [True]
        rig.take(packet(taken))  # the device sends it again
        await rig.settle()
        assert rig.values() == list(range(taken + 1))
        assert rig.shelter.probe() is None


async def test_backfill_leaves_half_of_the_spool_to_what_is_new(tmp_path: Path) -> None:
    """Old records can wait at the device."""
    async with spooled(tmp_path, limit=6000) as rig:
        rig.clock.advance(1_795_320_000 - 1_700_000_000 + 7200)
        rig.publisher.fail_next = AWAY
        rig.take(packet(0, when="20261122140000"))
        await until(lambda: rig.shelter.active)
        for number in range(60):
            rig.take(packet(number))
        await until(lambda: rig.link.settled_count == 61)
        assert rig.counts()["undelivered"] > 20
        assert not rig.intake.full
        rig.take(packet(1, when="20261122140000"))
        await until(lambda: rig.link.settled_count == 62)
        assert rig.counts()["accepted"] == len(rig.link.answers)


class BrokenDisk(Disk):
    """Takes nothing while `broken`."""

    broken = True

    def sync(self, descriptor: int) -> None:
        if self.broken:
            raise OSError(errno.EIO, "input/output error")
        super().sync(descriptor)


async def test_disk_that_takes_nothing_means_no_answer(tmp_path: Path) -> None:
    """And the process goes on; when the disk is well again so is the spool."""
    disk = BrokenDisk()
    async with spooled(tmp_path, disk=disk) as rig:
        rig.publisher.fail_next = AWAY
        rig.take(packet(0))
        await until(lambda: rig.link.settled_count == 1)
        assert (rig.counts(), rig.link.answers) == ({"undelivered": 1}, [])
        assert rig.value("lantian_ingest_spool_errors_total") == 1
        await until(lambda: rig.shelter.probe() is None)
        disk.broken = False
        rig.take(packet(0))
        await until(lambda: len(rig.link.answers) == 1)
        rig.publisher.fail_next = 0
        await until(lambda: not rig.shelter.active)
        assert rig.values() == [0]


async def test_next_process_sends_what_the_last_one_left(tmp_path: Path) -> None:
    """Killed while Kafka was away: all that was acknowledged arrives, before anything new."""
    first = Spooled(tmp_path)
    await first.intake.start()
    await first.shelter.start()
    first.publisher.fail_next = AWAY
    for number in range(5):
        first.take(packet(number))
    await until(lambda: len(first.link.answers) == 5)
    await first.shelter.stop()
    await first.intake.stop()
    async with spooled(tmp_path) as rig:
        rig.take(packet(5))
        await until(lambda: not rig.shelter.active)
        await rig.intake.drain()
        assert rig.values() == list(range(6))


async def test_kafka_that_comes_and_goes(tmp_path: Path) -> None:
    """Every kind of turn, with traffic all the time: once each; only what failed alone comes behind its followers."""
    async with spooled(tmp_path) as rig:
        for number in range(300):
            if number % 30 == 0:
                rig.publisher.fail_next = (0, 3, 40)[number // 30 % 3]
            rig.take(packet(number))
            if number % 7 == 0:
                await asyncio.sleep(0.001)
        await until(lambda: len(rig.link.answers) == 300 and not rig.shelter.active)
        await rig.intake.drain()
        assert sorted(rig.values()) == list(range(300))
        assert rig.counts() == {"accepted": 300}
