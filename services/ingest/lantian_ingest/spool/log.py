"""A bounded log of records on the disk: appended in groups and fsynced, read in order, released from the front."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lantian_ingest.spool.segment import Damage, Found, pack, unpack

SEGMENT_BYTES: Final = 8 * 1024 * 1024
QUARANTINE_BYTES: Final = 64 * 1024 * 1024
CURSOR: Final = "cursor"


class Disk:
    """The calls that can fail; tests put faults in their place."""

    def write(self, descriptor: int, data: bytes) -> None:
        """All of the data. Raises OSError."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """Returns when the data are on the disk. Raises OSError."""
        os.fdatasync(descriptor)


@dataclass(slots=True)
class Repair:
    """What was found when the log was opened: records not released, bytes of a record half written."""

    records: int = 0
    torn_bytes: int = 0


@dataclass(slots=True)
class _Segment:
    path: Path
    first: int  # number of its first record
    size: int


class SpoolLog:
    """Calls block and never overlap: use one thread. Numbers of records count up from 1 and are never used again."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES, disk: Disk | None = None) -> None:
        self.damaged_records = 0
        self.damaged_stretches = 0
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._disk = disk or Disk()
        self._segments: list[_Segment] = []
        self._descriptor: int | None = None
        self._next = 1
        self._released = 0
        self._read_number = 0  # last record given out by `read`
        self._read_offset = 0  # in the segment that holds the next one
        self._read_path: Path | None = None

    @property
    def size_bytes(self) -> int:
        """Bytes on the disk that are not released."""
        return sum(segment.size for segment in self._segments)

    @property
    def backlog(self) -> int:
        """Records written and not released; damaged ones count until they are passed."""
        return self._next - 1 - self._released

    def open(self) -> Repair:
        """Reads what is there: cuts a torn tail, puts damaged stretches aside. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._released = self._cursor()
        self._next = self._released + 1
        repair = Repair()
        paths = sorted(self._folder.glob("*.spool"))
        for path in paths:
            segment = _Segment(path, int(path.stem), path.stat().st_size)
            data = path.read_bytes()
            for part in unpack(data):
                if isinstance(part, Found):
                    repair.records += part.number > self._released
                    self._next = max(self._next, part.number + 1)
                elif part.torn and path == paths[-1]:
                    repair.torn_bytes += part.end - part.start
                    os.truncate(path, part.start)
                    segment.size = part.start
            if segment.size:
                self._segments.append(segment)
            else:
                path.unlink()
        self.release(self._released)
        if self._segments:
            # Written on in a new segment: what lies behind damage must not be taken for a torn tail.
            self._next = max(self._next, self._segments[-1].first + 1)
        return repair

    def append(self, payloads: list[bytes]) -> int:
        """Writes records and returns the number of the first when all are on the disk.

        Raises OSError: then none is in the log, and the segment is not written on.
        """
        first = self._next
        data = b"".join(pack(first + index, payload) for index, payload in enumerate(payloads))
        try:
            segment, descriptor = self._writable(first)
            self._disk.write(descriptor, data)
            self._disk.sync(descriptor)
        except OSError:
            self._give_up()
            raise
        segment.size += len(data)
        self._next = first + len(payloads)
        return first

    def _writable(self, first: int) -> tuple[_Segment, int]:
        if self._descriptor is not None and self._segments and self._segments[-1].size < self._segment_bytes:
            return self._segments[-1], self._descriptor
        self._close()
        segment = _Segment(self._folder / f"{first:020d}.spool", first, 0)
        self._descriptor = os.open(segment.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
        self._segments.append(segment)
        self._sync_folder()
        return segment, self._descriptor

    def _give_up(self) -> None:
        """After a failed write or sync nobody knows what the kernel kept: the segment ends where it was sound."""
        written = self._descriptor is not None and bool(self._segments)
        self._close()
        if written:
            segment = self._segments[-1]
            with suppress(OSError):
                os.truncate(segment.path, segment.size)
            if not segment.size:
                self._segments.pop()
                with suppress(OSError):
                    segment.path.unlink()

    def read(self, records: int) -> list[tuple[int, bytes]]:
        """The next records, in order; each is given out once. Damage met on the way is put aside."""
        found: list[tuple[int, bytes]] = []
        for segment in self._segments:
            following = self._following(segment)
            if following is not None and following <= max(self._read_number, self._released) + 1:
                continue
            offset = self._read_offset if segment.path == self._read_path else 0
            data = segment.path.read_bytes()[: segment.size]
            for part in unpack(data, offset):
                self._read_path, self._read_offset = segment.path, part.end
                if isinstance(part, Damage):
                    self._put_aside(segment, data, part)
                    continue
                if part.number <= self._read_number or part.number <= self._released:
                    continue
                self.damaged_records += part.number - 1 - max(self._read_number, self._released)
                self._read_number = part.number
                found.append((part.number, part.payload))
                if len(found) >= records:
                    return found
        if not found and self._read_number < self._next - 1:  # the rest is damaged
            self.damaged_records += self._next - 1 - max(self._read_number, self._released)
            self._read_number = self._next - 1
            self.release(self._read_number)
        return found

    def release(self, number: int) -> None:
        """Everything up to `number` is no longer needed."""
        self._released = max(self._released, number)
        while self._segments:
            segment = self._segments[0]
            following = self._following(segment) or self._next
            if following - 1 > self._released:
                break
            if segment is self._segments[-1]:
                self._close()
            self._segments.pop(0)
            with suppress(OSError):  # a segment left behind is sent again after a restart
                segment.path.unlink(missing_ok=True)
        with suppress(OSError):  # without it more is sent again after a restart, which is harmless
            temporary = self._folder / (CURSOR + ".new")
            temporary.write_text(str(self._released))
            temporary.replace(self._folder / CURSOR)

    def close(self) -> None:
        """Lets go of the files."""
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _following(self, segment: _Segment) -> int | None:
        """Number of the first record of the next segment."""
        index = self._segments.index(segment) + 1
        return self._segments[index].first if index < len(self._segments) else None

    def _cursor(self) -> int:
        """The last record released; an unreadable file means that all are sent again, which is harmless."""
        try:
            return int((self._folder / CURSOR).read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _put_aside(self, segment: _Segment, data: bytes, damage: Damage) -> None:
        self.damaged_stretches += 1
        folder = self._folder / "quarantine"
        with suppress(OSError):  # counted all the same
            folder.mkdir(exist_ok=True)
            kept = sum(path.stat().st_size for path in folder.iterdir())
            if kept + damage.end - damage.start <= QUARANTINE_BYTES:
                (folder / f"{segment.path.stem}-{damage.start}.bin").write_bytes(data[damage.start : damage.end])

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
