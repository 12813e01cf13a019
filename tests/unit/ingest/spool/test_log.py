"""The spool's log on a real folder: order, bounds, torn tails, damage, disks that fail."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_ingest.spool.log import Disk, SpoolLog
from lantian_ingest.spool.segment import Damage, Found, pack, unpack


def opened(folder: Path, segment_bytes: int = 1 << 20) -> SpoolLog:
    """A log, opened."""
    log = SpoolLog(folder, segment_bytes=segment_bytes)
    log.open()
    return log


def everything(log: SpoolLog) -> list[tuple[int, bytes]]:
    """All that can be read, released as it is read."""
    found: list[tuple[int, bytes]] = []
    while log.backlog:
        part = log.read(3)
        if part:
            log.release(part[-1][0])
        found += part
    return found


def segments(folder: Path) -> list[Path]:
    """The files of the log."""
    return sorted(folder.glob("*.spool"))


@given(st.lists(st.binary(max_size=60), max_size=12), st.data())
def test_any_damage_costs_only_what_it_hits(payloads: list[bytes], data: st.DataObject) -> None:
    """Every byte belongs to a record or to damage; records that were not touched are found, and no other ones."""
    records = [pack(number, payload) for number, payload in enumerate(payloads)]
    sound = b"".join(records)
    assert [part for part in unpack(sound) if isinstance(part, Damage)] == []
    broken = bytearray(sound)
    hit = set()
    for _ in range(data.draw(st.integers(0, 3)) if sound else 0):
        at = data.draw(st.integers(0, len(sound) - 1))
        broken[at] ^= data.draw(st.integers(1, 255))
        hit.add(at)
    starts = [sum(len(record) for record in records[:index]) for index in range(len(records))]
    touched = {i for i, start in enumerate(starts) if any(start <= at < start + len(records[i]) for at in hit)}
    parts = list(unpack(bytes(broken)))
    found = {part.number: part.payload for part in parts if isinstance(part, Found)}
    untouched = {i: payloads[i] for i in range(len(payloads)) if i not in touched}
    assert untouched.items() <= found.items()
    assert all(payloads[number] == payload for number, payload in found.items())
    ends = [part.end for part in parts]
    assert ends == sorted(set(ends))
    assert not ends or ends[-1] == len(sound)


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5), st.data())
def test_a_record_cut_off_is_a_torn_tail(payloads: list[bytes], data: st.DataObject) -> None:
    """At any byte of the last record."""
    records = [pack(number, payload) for number, payload in enumerate(payloads)]
    sound = b"".join(records)
    cut = data.draw(st.integers(len(sound) - len(records[-1]) + 1, len(sound) - 1))
    *before, last = unpack(sound[:cut])
    assert [part.number for part in before if isinstance(part, Found)] == list(range(len(payloads) - 1))
    assert isinstance(last, Damage)
    assert last.torn


def test_order_over_segments_and_files_go_when_released(tmp_path: Path) -> None:
    """Bounded by what is not released."""
    log = opened(tmp_path, segment_bytes=200)
    payloads = [b"%02d" % number * 20 for number in range(40)]
    for start in range(0, 40, 4):
        assert log.append(payloads[start : start + 4]) == start + 1
    assert len(segments(tmp_path)) == 10
    assert log.size_bytes == sum(path.stat().st_size for path in segments(tmp_path))
    assert everything(log) == list(enumerate(payloads, 1))
    assert (log.backlog, log.size_bytes, segments(tmp_path)) == (0, 0, [])
    assert log.append([b"next"]) == 41


def test_what_is_not_released_comes_again_with_the_next_process(tmp_path: Path) -> None:
    """And nothing of what is."""
    log = opened(tmp_path)
    log.append([b"a", b"b", b"c"])
    assert log.read(2) == [(1, b"a"), (2, b"b")]
    log.release(2)
    log.close()
    second = SpoolLog(tmp_path)
    assert second.open().records == 1
    assert second.append([b"d"]) == 4
    assert everything(second) == [(3, b"c"), (4, b"d")]


def test_lost_cursor_sends_again(tmp_path: Path) -> None:
    """Harmless, unlike not sending."""
    log = opened(tmp_path)
    log.append([b"a", b"b"])
    log.release(1)
    (tmp_path / "cursor").write_text("?")
    assert everything(opened(tmp_path)) == [(1, b"a"), (2, b"b")]


@pytest.mark.parametrize("cut", [1, 5, 19, 20, 21])
def test_torn_tail_is_cut(tmp_path: Path, cut: int) -> None:
    """The process died while writing: what was there before stays, numbers go on."""
    log = opened(tmp_path)
    log.append([b"first", b"second"])
    log.close()
    (path,) = segments(tmp_path)
    with path.open("ab") as file:
        file.write(pack(3, b"third")[:cut])
    after = SpoolLog(tmp_path)
    repair = after.open()
    assert (repair.records, repair.torn_bytes) == (2, cut)
    after.append([b"new"])
    assert [payload for _, payload in everything(after)] == [b"first", b"second", b"new"]
    assert after.damaged_stretches == 0


@pytest.mark.parametrize("reopened", [False, True])
@pytest.mark.parametrize("record", [0, 3, 7])
def test_flipped_bit_costs_one_record_and_is_kept(tmp_path: Path, record: int, reopened: bool) -> None:
    """First, middle and last; found at the start and while running."""
    log = opened(tmp_path)
    payloads = [b"payload %d" % number for number in range(8)]
    log.append(payloads)
    (path,) = segments(tmp_path)
    data = bytearray(path.read_bytes())
    size = len(pack(0, payloads[0]))
    data[record * size + 25] ^= 4
    path.write_bytes(data)
    if reopened:
        log = opened(tmp_path)
    later = log.append([b"later"])
    found = everything(log)
    assert [payload for _, payload in found] == [p for i, p in enumerate(payloads) if i != record] + [b"later"]
    assert found[-1][0] == later
    assert log.damaged_stretches == 1
    lost = 0 if reopened and record == 7 else 1  # a last record that can not be read has no number any more
    assert log.damaged_records == lost
    (aside,) = (tmp_path / "quarantine").iterdir()
    assert aside.read_bytes() == bytes(data[record * size : (record + 1) * size])


def test_all_records_damaged(tmp_path: Path) -> None:
    """Nothing to read is not the same as nothing there."""
    log = opened(tmp_path)
    log.append([b"abc", b"def"])
    (path,) = segments(tmp_path)
    path.write_bytes(b"\0" * path.stat().st_size)
    assert everything(log) == []
    assert (log.damaged_stretches, log.damaged_records, log.backlog) == (1, 2, 0)


class FailingDisk(Disk):
    """Fails `failures` times, after having written `kept` bytes or at the sync."""

    def __init__(self, kept: int | None) -> None:
        self.failures = 0
        self.kept = kept

    def write(self, descriptor: int, data: bytes) -> None:
        if self.failures and self.kept is not None:
            self.failures -= 1
            os.write(descriptor, data[: self.kept])
            raise OSError(errno.ENOSPC, "no space left on device")
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EIO, "input/output error")
        super().sync(descriptor)


@pytest.mark.parametrize("kept", [None, 0, 3, 30])
@pytest.mark.parametrize("first", [True, False])
def test_disk_that_fails_leaves_the_log_sound(tmp_path: Path, kept: int | None, first: bool) -> None:
    """What was refused is not in the log, neither now nor after a restart; what was taken is."""
    disk = FailingDisk(kept)
    log = SpoolLog(tmp_path, disk=disk)
    log.open()
    expected = []
    if not first:
        log.append([b"before"])
        expected.append(b"before")
    disk.failures = 1
    with pytest.raises(OSError, match=r"space|input"):
        log.append([b"refused", b"refused too"])
    log.append([b"after"])
    expected.append(b"after")
    log.close()
    again = opened(tmp_path)
    assert [payload for _, payload in everything(again)] == expected
    assert again.damaged_stretches == 0
