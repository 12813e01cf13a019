"""Cuts a byte stream into vehicle frames of all protocols here; they share header length and check byte.

Length first, because data units may hold marks and even look like headers. Where a frame is not whole or its check byte
is wrong, the next header decides where it ends. Every byte that goes in comes out in exactly one piece, in order, and
how the bytes arrived changes no frame. One exception, seen nowhere yet: a frame that carries another whole frame is cut
when it has not all arrived together.
"""

import re
from enum import IntEnum
from typing import Final, NamedTuple

from lantian_ingest.decoders.vehicle.envelope import FRAME_BYTES, HEADER, HEADER_BYTES, declared_bytes, is_checked
from lantian_ingest.decoders.vehicle.quirks import Reason

TERMINAL_LIMIT: Final = 4096  # bytes of a frame from a terminal
PLATFORM_LIMIT: Final = 65556  # from a platform: the longest the header can declare
_NEVER: Final = 1 << 62
_START_OF_HEADER: Final = re.compile(rb"##|\$\$|~~|[#$~]\Z")


class Kind(IntEnum):
    """What a piece is."""

    FRAME = 0
    REFUSED = 1  # starts with a header and is no frame
    GARBAGE = 2


class Piece(NamedTuple):
    """A stretch of the stream; `raw` is its bytes, unchanged. `reason` is None for frames only."""

    kind: Kind
    raw: bytes
    reason: Reason | None = None


class _Start:
    """A header in the buffer: where it is, how long its frame is, whether the check byte is right (None: unknown)."""

    __slots__ = ("at", "checked", "length")

    def __init__(self, at: int, length: int) -> None:
        self.at = at
        self.length = length
        self.checked: bool | None = None


class Framer:
    """Holds at most one frame that is not decided, `limit` bytes and the bytes of one feed."""

    __slots__ = ("_buffer", "_limit", "_next_end", "_scanned", "_starts")

    def __init__(self, limit: int = TERMINAL_LIMIT) -> None:
        self._limit = limit
        self._buffer = b""
        self._scanned = 0  # up to here all headers are in `_starts`
        self._starts: list[_Start] = []
        self._next_end = _NEVER  # below this size no frame is whole that was not before

    @property
    def pending(self) -> int:
        """Bytes that wait for more."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that are decided with these bytes."""
        self._buffer += data
        return self._cut(final=False)

    def expire(self) -> list[Piece]:
        """Gives up waiting: everything held comes out."""
        return self._cut(final=True)

    def _cut(self, final: bool) -> list[Piece]:
        buffer = self._buffer
        size = len(buffer)
        self._scan()
        starts = self._starts
        pieces: list[Piece] = []
        done = index = 0
        waits = False
        while index < len(starts):
            start = starts[index]
            if start.at < done:  # inside a frame
                index += 1
                continue
            following = starts[index + 1].at if index + 1 < len(starts) else None
            piece = self._decide(start, following, index, final)
            if start.at > done:
                pieces.append(Piece(Kind.GARBAGE, buffer[done : start.at], Reason.NO_FRAME))
                done = start.at
            if piece is None:
                waits = True
                break
            pieces.append(piece)
            done += len(piece.raw)
            index += 1
        if not waits:
            index = len(starts)
            keep = size
            if not final:
                tail = max(done, size - HEADER_BYTES + 1)
                found = _START_OF_HEADER.search(buffer, tail)
                keep = found.start() if found else size
            if keep > done:
                pieces.append(Piece(Kind.GARBAGE, buffer[done:keep], Reason.NO_FRAME))
                done = keep
        self._buffer = buffer[done:]
        self._scanned = max(0, self._scanned - done)
        self._next_end -= done
        self._starts = starts[index:]
        for start in self._starts:
            start.at -= done
        return pieces

    def _scan(self) -> None:
        """Notes the headers that are complete in the buffer."""
        for match in HEADER.finditer(self._buffer, self._scanned):
            start = _Start(match.start(), declared_bytes(self._buffer, match.start()))
            self._starts.append(start)
            if start.length <= self._limit:
                self._next_end = min(self._next_end, start.at + start.length)
        self._scanned = max(self._scanned, len(self._buffer) - HEADER_BYTES + 1)

    def _is_frame(self, start: _Start) -> bool:
        """True when the frame is whole and right; each frame is summed up once."""
        if start.checked is None and start.length <= self._limit and start.at + start.length <= len(self._buffer):
            start.checked = is_checked(self._buffer[start.at : start.at + start.length])
        return start.checked is True

    def _frame_follows(self, index: int) -> bool:
        """True when a later start is a whole frame; looked for only when another one may be whole."""
        if len(self._buffer) < self._next_end:
            return False
        later = self._starts[index + 1 :]
        if any(self._is_frame(start) for start in later):
            return True
        open_ends = [
            start.at + start.length for start in later if start.checked is None and start.length <= self._limit
        ]
        self._next_end = min(open_ends, default=_NEVER)
        return False

    def _decide(self, start: _Start, following: int | None, index: int, final: bool) -> Piece | None:
        """The piece that starts here; None to wait for more bytes. `following` is where the next header is."""
        buffer, at = self._buffer, start.at
        size = len(buffer)
        end = at + start.length
        if start.length > self._limit:
            close = at + HEADER_BYTES
            return self._refuse(at, close if following is None else min(close, following), Reason.TOO_LARGE)
        if self._is_frame(start):
            return Piece(Kind.FRAME, buffer[at:end])
        if end > size:
            if not final and not self._frame_follows(index):
                return None
            return self._refuse_up_to(start, size if following is None else following)
        if following is not None and following <= at + self._limit:
            return self._refuse_up_to(start, following)
        if final and following is None and size <= at + self._limit:
            return self._refuse_up_to(start, size)
        if following is None and size <= at + self._limit:
            return None  # the next header tells whether the length or the check byte is wrong
        return self._refuse(at, end, Reason.WRONG_CHECK)

    def _refuse_up_to(self, start: _Start, close: int) -> Piece:
        length = close - start.at
        if length != start.length and length >= FRAME_BYTES and is_checked(self._buffer[start.at : close]):
            return self._refuse(start.at, close, Reason.WRONG_LENGTH)
        if length < start.length:
            return self._refuse(start.at, close, Reason.INCOMPLETE)
        return self._refuse(start.at, start.at + start.length, Reason.WRONG_CHECK)

    def _refuse(self, at: int, close: int, reason: Reason) -> Piece:
        return Piece(Kind.REFUSED, self._buffer[at:close], reason)
