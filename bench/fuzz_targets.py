"""The two decoders under test, with what must hold for every input."""

import math
import random
from itertools import pairwise
from typing import Final

from bench.fuzz import Sound
from lantian_ingest.decoders.hj212 import checkcode, frame, reader
from lantian_ingest.decoders.hj212 import lines as hj212_lines
from lantian_ingest.decoders.hj212.habits import Habits
from lantian_ingest.decoders.hj212.packets import Joiner
from lantian_ingest.decoders.hj212.reply import answer
from lantian_ingest.decoders.vehicle import frame as vehicle_frame
from lantian_ingest.decoders.vehicle import lines as vehicle_lines
from lantian_ingest.decoders.vehicle import reader as vehicle_reader
from lantian_ingest.decoders.vehicle.replies import reply
from tests.data.hj212.golden import captured
from tests.data.vehicle.golden import captured as captured_vehicles

NOW_MS: Final = 1_795_320_000_000
GOOD_SEGMENT: Final = (
    b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&"
)
GOOD_HJ212: Final = b"##0101" + GOOD_SEGMENT + b"1C80\r\n"


def _sound(condition: bool, promise: str) -> None:
    if not condition:
        raise Sound(promise)


def _chunks(data: bytes, chance: random.Random) -> list[bytes]:
    """The input as a network might deliver it."""
    if chance.random() < 0.5 or not data:
        return [data]
    cuts = sorted(chance.randrange(len(data)) for _ in range(chance.randint(1, 4)))
    edges = [0, *cuts, len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


class HJ212:
    """Framer, reader both ways, habits, joiner, receipts, JSON."""

    name = "hj212"

    def __init__(self, *, fast: bool = True) -> None:
        self.seeds = [row.frame + b"\r\n" for row in captured() if row.verdict != "no-crc"]
        self.seeds += [b"##%04d%s%s\r\n" % (len(text), text, checkcode.text(text)) for text in _bare()]
        self._reader = reader.Reader()
        if fast:
            self._reader.prepare()
        self._habits = Habits(1000)
        self._joiner = Joiner(sets=1000)
        self._lines = hj212_lines.Decoder(events=True)
        self._turn = 0

    def repaired(self, data: bytes) -> bytes:
        """The first segment in the input with its own length and check code."""
        begin, end = data.find(b"##"), data.rfind(b"&&")
        if begin < 0 or end < begin + 6:
            return data
        segment = data[begin + 6 : end + 2]
        return data[:begin] + b"##%04d%s%s\r\n" % (len(segment) % 10_000, segment, checkcode.text(segment))

    def check(self, data: bytes, chance: random.Random) -> str:
        """Nothing lost, nothing raised, fast way and slow way agree, and the next good frame is read."""
        framer = frame.Framer()
        stream = data + b"\r\n" + GOOD_HJ212 + GOOD_HJ212
        pieces = [piece for chunk in _chunks(stream, chance) for piece in framer.feed(chunk)]
        pieces += framer.expire()
        _sound(b"".join(piece.raw for piece in pieces) == stream, "every byte is in exactly one piece")
        _sound(framer.pending == 0, "nothing is held after expire")
        # The first good frame may be taken for the rest of a longer one; the second one never.
        frames = [piece for piece in pieces if piece.kind is frame.Kind.FRAME]
        _sound(bool(frames) and frames[-1].segment == GOOD_SEGMENT, "the next good frame but one is cut out")
        ends = [self._read(piece) for piece in frames if piece.segment != GOOD_SEGMENT]
        end = ends[0] if ends else "no-frame"
        self._turn += 1
        if self._turn % 16 == 0:
            shown = list(self._lines.lines(data))
            _sound(bool(shown), "an object for every input")
        return end

    def _read(self, piece: frame.Piece) -> str:
        read = self._reader.read(piece)
        quick = self._reader.quick(piece)
        if quick is not None:
            _sound(quick == read.decoded, "the fast way gives what the slow way gives")
        if read.decoded is None:
            _sound(bool(read.reason), "a frame without content has a reason")
            return read.reason
        decoded = read.decoded
        _sound(len(decoded.values) == len(decoded.flags) == len(decoded.shape.factors), "columns of one length")
        _sound(all(math.isfinite(value) for value in decoded.values), "values are finite")
        if not self._turn % 4:
            self._reader.accepted(piece, read)
        self._habits.settle(decoded)
        self._joiner.add(decoded, NOW_MS + self._turn)
        receipt = answer(decoded.qn, decoded.shape.head)
        _sound(receipt is None or receipt.endswith(b"\r\n"), "a receipt is a frame")
        return "accepted"


class Vehicle:
    """Framer, reader, answers, JSON."""

    name = "vehicle"

    def __init__(self) -> None:
        self.seeds = [row.frame for row in captured_vehicles() if not row.wrong]
        self._good = min(self.seeds, key=len)
        self._lines = vehicle_lines.Decoder()
        self._turn = 0

    def repaired(self, data: bytes) -> bytes:
        """The input with its length and check byte."""
        if len(data) < 25:
            return data
        body = data[:22] + max(0, len(data) - 25).to_bytes(4, "big")[2:] + data[24:-1]
        check = 0
        for byte in body[2:]:
            check ^= byte
        return body + bytes([check])

    def check(self, data: bytes, chance: random.Random) -> str:
        """Nothing lost, nothing raised, and the next good frame is read."""
        framer = vehicle_frame.Framer()
        reading = vehicle_reader.Reader(1000)
        pieces = [piece for chunk in _chunks(data, chance) for piece in framer.feed(chunk)]
        pieces += framer.expire()
        _sound(b"".join(piece.raw for piece in pieces) == data, "every byte is in exactly one piece")
        after = framer.feed(self._good) + framer.expire()
        _sound(after[-1].raw == self._good, "the frame after a silence is cut out whole")
        end = "no-frame"
        for piece in pieces:
            read = reading.read(piece)
            if read.decoded is None:
                _sound(read.reason is not None, "a piece without content has a reason")
                end = str(read.reason)
                continue
            _sound(read.readings is not None, "what is decoded has readings, even none")
            if read.readings is not None:
                _sound(all(math.isfinite(value) for value in read.readings.values), "values are finite")
            if read.frame is not None:
                reply(read.frame, NOW_MS)
            end = "accepted"
        self._turn += 1
        if self._turn % 16 == 0:
            _sound(bool(list(self._lines.lines(data))), "an object for every input")
        return end


def _bare() -> list[bytes]:
    """Segments that were published without a frame."""
    return [row.frame for row in captured() if row.verdict == "no-crc" and row.frame[:1] != b"#"]
