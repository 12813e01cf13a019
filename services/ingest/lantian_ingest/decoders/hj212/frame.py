"""Cuts a byte stream into HJ 212 frames (HJ 212-2017, 6.3.1): `##`, length, segment, check code, CR LF.

Length first, because the data area of an encrypted packet may hold any byte. Where the length is wrong the segment's
own end (`&&`, check code, line end) is taken instead, never across a following `##`. Every byte that goes in comes out
in exactly one piece, in order.
"""

import re
from enum import IntEnum
from typing import Final, NamedTuple

from lantian_ingest.decoders.hj212 import checkcode
from lantian_ingest.decoders.hj212.quirks import Quirk

START: Final = b"##"
LINE_END: Final = b"\r\n"
LENGTH_DIGITS: Final = 4
HEADER_BYTES: Final = len(START) + LENGTH_DIGITS
CHECK_BYTES: Final = 4
USUAL_FRAME_BYTES: Final = HEADER_BYTES + CHECK_BYTES + len(LINE_END)  # and the segment
STANDARD_SEGMENT_BYTES: Final = 1024
LARGEST_SEGMENT_BYTES: Final = 4096  # a real sender was seen with 1045
LONGEST_HEADER_BYTES: Final = 10  # `##` and at most eight characters
NAME_BYTES: Final = 6  # the longest name a segment starts with, and its `=`

_new: Final = tuple.__new__  # half the cost of the named tuple's own constructor, on the hottest path

_LENGTHS: Final = {b"##%04d" % length: length for length in range(STANDARD_SEGMENT_BYTES + 1)}
_length_of: Final = _LENGTHS.get
_BLANK: Final = b" \t\r\n\x00"
_SEGMENT_START: Final = re.compile(rb"[ \t]{0,4}[A-Za-z]{2,4}[ \t]{0,4}=")
_ODD_HEADER: Final = re.compile(rb"##[0-9A-Za-z$]{0,8}?(?=(?:QN|ST|CN|MN|PW|Flag|FLAG)=)")
_END: Final = re.compile(rb"&&([0-9A-Fa-f]{4})(?=[\r\n])")
_END_AT_LAST: Final = re.compile(rb"&&([0-9A-Fa-f]{4})(?=[\r\n]|\Z)")
_END_WITHOUT_CHECK: Final = re.compile(rb"&&(?=[\r\n])")
_HASHES: Final = re.compile(rb"#+")
# 2025 with a data area whose first block is no text: only there may `##` stand inside a segment.
_ENCRYPTING_EDITION: Final = re.compile(rb"Flag=(?:8|9|10|11);[^&]*CP=&&[ -~]{0,15}[^ -~]")


class Kind(IntEnum):
    """What a piece is."""

    FRAME = 0
    GARBAGE = 1  # no frame, or one that can not be told from noise
    TOO_LARGE = 2  # a frame over the limit, cut at the limit
    REST = 3  # what follows a piece that was too large, up to the next frame
    BLANK = 4  # line ends and blanks between frames


class Piece(NamedTuple):
    """A stretch of the stream; `raw` is its bytes, unchanged. Segment and check code are set for frames only."""

    kind: Kind
    raw: bytes
    segment: bytes = b""
    check: bytes = b""
    quirks: tuple[Quirk, ...] = ()


_FRAME: Final = Kind.FRAME


class Framer:
    """Holds at most one unfinished frame, `limit` bytes and a header."""

    __slots__ = ("_buffer", "_limit", "_skipping")

    def __init__(self, limit: int = LARGEST_SEGMENT_BYTES) -> None:
        self._limit = limit
        self._buffer = b""
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes that wait for more."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that are complete with these bytes."""
        if self._buffer:
            return self._cut(self._buffer + data, final=False)
        if _length_of(data[:6]) == len(data) - USUAL_FRAME_BYTES and data.rfind(b"#") == 1 and data.endswith(LINE_END):
            segment, check = data[6:-6], data[-6:-2]
            if segment.endswith(checkcode.END) and check.isalnum() and len(segment) <= self._limit:
                # One whole frame of the usual form, as nearly always.
                self._skipping = False
                return [_new(Piece, (_FRAME, data, segment, check, ()))]
        return self._cut(data, final=False)

    def expire(self) -> list[Piece]:
        """Gives up waiting: everything held comes out, as a frame where it is one."""
        return self._cut(self._buffer, final=True)

    def _cut(self, data: bytes, final: bool) -> list[Piece]:
        pieces: list[Piece] = []
        position = 0
        size = len(data)
        while position < size:
            piece = self._usual(data, position) or self._next(data, position, final)
            if piece is None:
                break
            pieces.append(piece)
            position += len(piece.raw)
        self._buffer = data[position:]
        if all(piece.kind is _FRAME for piece in pieces):
            return pieces
        return _merged(pieces, self._limit)

    def _usual(self, data: bytes, position: int) -> Piece | None:
        """The frame at `position` if it has the right length, a check code and CR LF."""
        length = _LENGTHS.get(data[position : position + HEADER_BYTES])
        if length is None or length > self._limit:
            return None
        end = position + HEADER_BYTES + length
        segment = data[position + HEADER_BYTES : end]
        check = data[end : end + CHECK_BYTES]
        ends = data[end + CHECK_BYTES : end + CHECK_BYTES + 2] == LINE_END and segment.endswith(checkcode.END)
        if not ends or (b"#" in segment and START in segment) or not check.isalnum():  # one byte is found faster
            return None
        self._skipping = False
        return _new(Piece, (_FRAME, data[position : end + CHECK_BYTES + 2], segment, check, ()))

    def _next(self, data: bytes, position: int, final: bool) -> Piece | None:
        """The piece at `position`, or None when more bytes are needed."""
        if not data.startswith(START, position) or data.startswith(b"###", position):
            return self._noise(data, position, final)
        short = len(data) - position < LONGEST_HEADER_BYTES + NAME_BYTES
        if short and not final and data.find(START, position + 2) < 0:
            return None
        digits = data[position + 2 : position + 6]
        begin = position + HEADER_BYTES
        counted = len(digits) == LENGTH_DIGITS and digits.isdigit() and _SEGMENT_START.match(data, begin) is not None
        if counted:
            length = int(digits)
            if length <= self._limit:
                piece, wait = self._by_length(data, position, begin + length, final)
                if piece is not None or wait:
                    return piece
            return self._by_end(data, position, begin, length, final)
        header = _ODD_HEADER.match(data, position)
        if header is None:
            return self._noise(data, position, final, at_least=len(START))
        return self._by_end(data, position, header.end(), None, final)

    def _by_length(self, data: bytes, position: int, end: int, final: bool) -> tuple[Piece | None, bool]:
        """The frame as its length says; else whether it is right to wait for the rest of it."""
        begin = position + HEADER_BYTES
        segment = data[begin:end]
        foreign_start = START in segment and not _ENCRYPTING_EDITION.search(segment)
        if len(data) < end + CHECK_BYTES and not final:
            cut = data.find(b"\r\n", end, end + CHECK_BYTES) >= 0 or data.find(START, end, end + CHECK_BYTES) >= 0
            if not cut and not foreign_start:
                early = self._found(data, position, begin, len(data), _END, end - begin)
                if early is not None and checkcode.known(checkcode.judge(early.segment, early.check)):
                    return early, False
                return None, True
        if foreign_start or not segment.endswith(checkcode.END) or len(segment) < end - begin:
            return None, False
        check = data[end : end + CHECK_BYTES]
        for stop in (b"\r", b"\n", START):
            check = check.partition(stop)[0]
        if check and (len(check) < CHECK_BYTES or check.strip(b"0123456789abcdefABCDEF")):
            # Either the length is wrong by chance at an &&, or the check code is damaged.
            region = _region_end(data, begin)
            if self._found(data, position, begin, region, _END_AT_LAST, end - begin) is not None:
                return None, False
        return self._frame(data, position, begin, end, check, ()), False

    def _by_end(self, data: bytes, position: int, begin: int, length: int | None, final: bool) -> Piece | None:
        """The frame as the segment's own end says; noise when the next frame starts before one is found."""
        region = _region_end(data, begin)
        ended = final or region < len(data.rstrip(b"#"))
        found = self._found(data, position, begin, region, _END_AT_LAST if ended else _END, length)
        if found is not None:
            return found
        if region - begin > self._limit + CHECK_BYTES:
            self._skipping = True
            return Piece(Kind.TOO_LARGE, data[position : begin + self._limit])
        if not ended:
            return None
        large = length is not None and length > self._limit
        self._skipping = False
        return Piece(Kind.TOO_LARGE if large else Kind.GARBAGE, data[position:region])

    def _found(
        self, data: bytes, position: int, begin: int, region: int, end: re.Pattern[bytes], length: int | None
    ) -> Piece | None:
        stop = min(region, begin + self._limit + CHECK_BYTES + 1)
        match = end.search(data[:stop], begin)
        if match is not None and match.start() + 2 - begin > self._limit:
            match = None
        if match is None:
            match = _END_WITHOUT_CHECK.search(data[:stop], begin)
            if match is None:
                return None
        quirk = Quirk.ODD_HEADER if length is None else Quirk.WRONG_LENGTH
        check = match[1] if match.re.groups else b""
        return self._frame(data, position, begin, match.start() + 2, check, (quirk,))

    def _frame(
        self, data: bytes, position: int, begin: int, end: int, check: bytes, quirks: tuple[Quirk, ...]
    ) -> Piece:
        close = end + len(check)
        if data.startswith(b"\r\n", close):
            close += 2
        elif close < len(data) and data[close:] != b"\r":
            quirks += (Quirk.NO_LINE_END,)
            close += data.startswith((b"\r", b"\n"), close)
        if end - begin > STANDARD_SEGMENT_BYTES:
            quirks += (Quirk.LONG_SEGMENT,)
        self._skipping = False
        return Piece(Kind.FRAME, data[position:close], data[begin:end], check, quirks)

    def _noise(self, data: bytes, position: int, final: bool, at_least: int = 1) -> Piece | None:
        """Bytes that belong to no frame: up to the next `##`, the end of the line or the limit."""
        start = data.find(START, position + at_least)
        if start >= 0:  # of a row of hashes only the last two can start a frame; one piece, not one a byte
            start = _HASHES.match(data, start).end() - len(START)  # type: ignore[union-attr]  # START matches
        line = data.find(b"\n", position)
        ends = [found for found in (start, line + 1) if found > position]
        end = min(ends) if ends else len(data)
        end = min(end, position + self._limit)
        raw = data[position:end]
        kind = Kind.REST if self._skipping else Kind.GARBAGE if raw.strip(_BLANK) else Kind.BLANK
        waits = not ends and len(raw) < self._limit and not final
        if waits and (kind is Kind.GARBAGE or raw.endswith(b"#")):
            return None
        return Piece(kind, raw)


def _region_end(data: bytes, begin: int) -> int:
    """Where the next frame starts, at the latest."""
    found = data.find(START, begin)
    return len(data) if found < 0 else found


def _merged(pieces: list[Piece], limit: int) -> list[Piece]:
    """Neighbouring garbage, with the blanks between, as one piece up to the limit: each piece becomes a record."""
    found: list[Piece] = []
    run: list[bytes] = []  # of garbage, and of blanks that garbage may follow
    solid = size = 0  # pieces of the run up to its last garbage, and the bytes of all

    def close() -> None:
        nonlocal solid, size
        if run:
            found.append(Piece(Kind.GARBAGE, b"".join(run[:solid])))
            found.extend(Piece(Kind.BLANK, raw) for raw in run[solid:])
        run.clear()
        solid = size = 0

    for piece in pieces:
        mixes = piece.kind is Kind.GARBAGE or (piece.kind is Kind.BLANK and bool(run))
        if not mixes or size + len(piece.raw) > limit:
            close()
        if mixes and (run or piece.kind is Kind.GARBAGE):
            run.append(piece.raw)
            size += len(piece.raw)
            if piece.kind is Kind.GARBAGE:
                solid = len(run)
        else:
            found.append(piece)
    close()
    return found
