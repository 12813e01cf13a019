"""The fast way to the readings of a packet: devices send the same layout again and again.

Once a packet was read the slow way (segment, decode), its layout becomes a program by which a compiled loop takes the
values of this sender's next packet in one pass, with its check code. What it does not match exactly goes the slow way;
the fast way gives the same result (tested) or none.
"""

import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from lantian_ingest.decoders.hj212 import checkcode, matcher
from lantian_ingest.decoders.hj212.decode import Decoded, Shape, select
from lantian_ingest.decoders.hj212.pattern import Program, program_of, tables
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.segment import HJ212Frame

LAYOUTS: Final = 2048
SENDERS: Final = matcher.INDEX // 2

# Quirks that depend on names and separators alone, so that they hold for every packet of a layout.
STRUCTURAL: Final = frozenset(
    {
        *(Quirk.QN_MISSING, Quirk.ST_MISSING, Quirk.PASSWORD_MISSING, Quirk.MN_MISSING, Quirk.MN_SHAPE),
        *(Quirk.FLAG_MISSING, Quirk.FLAG_UNREADABLE, Quirk.FLAG_BEFORE_ITS_EDITION, Quirk.PACKET_NUMBER_MISSING),
        *(Quirk.PACKET_FLAG_MISSING, Quirk.FIELD_ORDER, Quirk.UNKNOWN_HEAD_FIELD, Quirk.COMMA_IN_HEAD),
        *(Quirk.NAME_CASE, Quirk.STRAY_SEPARATOR, Quirk.TRAILING_SEPARATOR, Quirk.DUPLICATE_KEY),
        *(Quirk.SEPARATOR_MIXED, Quirk.SUFFIX_TYPO, Quirk.UNKNOWN_SUFFIX, Quirk.BARE_NAME, Quirk.UNUSED_FIELD),
        *(Quirk.UNKNOWN_FACTOR, Quirk.CODE_LETTER_MISSING, Quirk.ONE_FLAG_FOR_ALL, Quirk.MISSING_SEPARATOR),
    }
)

_FIELDS: Final = len(Decoded._fields) - len(Decoded._field_defaults)
_NOTHING_ELSE: Final = tuple(Decoded._field_defaults.values())  # what a packet says besides readings, where it does not
_Q: Final = ord("Q")
_new: Final = tuple.__new__  # half the cost of the named tuple's own constructor, on the hottest path


class _Variant(NamedTuple):
    unpack: Callable[[Any, int], tuple[Any, ...]]
    shape: Shape


class Layouts:
    """What is known of the layouts of registered senders; bounded, forgets everything when it is full.

    Not thread-safe but for `prepare`: one work array serves all calls. Until `prepare` has returned nothing is learnt.
    """

    def __init__(self) -> None:
        self._take: Callable[[Any, Any, Any, Any], int] | None = None
        self._seen: set[int] = set()
        self._work = np.zeros(matcher.WORK_BYTES, np.uint8)
        self._memory = memoryview(self._work)  # type: ignore[arg-type]  # arrays are buffers
        self._pool = tables()
        self._index = np.zeros(matcher.INDEX, np.int32)
        self._programs: dict[bytes, int] = {}
        self._variants: list[_Variant] = []
        self._senders = 0
        self._used = matcher.FREE

    def prepare(self) -> None:
        """Compiles or loads the matcher, which takes seconds; may run in another thread."""
        self._take = matcher.compiled()

    def forget(self) -> None:
        """Learns anew: to be called when what a packet means depends on more than before, e.g. a feed's code map."""
        self._index[:] = 0
        self._programs.clear()
        self._variants.clear()
        self._senders = 0
        self._used = matcher.FREE

    def decode(self, segment: bytes, check: bytes | None = None) -> Decoded | None:
        """What `decode(parse(segment))` gives, or None when the slow way must be taken.

        A check code that is not the right one, four digits in upper case, takes the slow way too.
        """
        take, size = self._take, len(segment)
        if take is None or size > matcher.LARGEST:
            return None
        start = -size & 7
        self._memory[start : start + size] = segment
        found = take(self._work, self._pool, self._index, size)
        if found < 0 or (check is not None and checkcode.TEXTS[found & 0xFF] != check):
            return None
        unpack, shape = self._variants[found >> 8]
        read = unpack(self._memory, matcher.READINGS)
        qn = segment[3:20].decode() if segment[0] == _Q else ""
        return _new(Decoded, (qn, read[0], read[1:-1], read[-1], shape, *_NOTHING_ELSE))

    def learn(self, segment: bytes, frame: HJ212Frame, decoded: Decoded) -> None:
        """Remembers the layout of an accepted packet that was read the slow way; at its second appearance.

        So a sender that never repeats one costs nothing and pushes nothing out.
        """
        if self._take is None or not decoded.values or len(segment) > matcher.LARGEST:
            return
        if not decoded.shape.quirks <= STRUCTURAL or decoded[_FIELDS:] != _NOTHING_ELSE:
            return
        if self._senders >= SENDERS:
            self.forget()
        program = program_of(segment, select(frame, set()))
        if program is not None and (place := self._place(program)) is not None:
            self._remember(segment, frame, decoded, place, program.readings)

    def _place(self, program: Program) -> int | None:
        place = self._programs.get(program.steps)
        if place is None:
            key = hash(program.steps)
            if key not in self._seen:
                if len(self._seen) >= LAYOUTS * 4:
                    self._seen.clear()
                self._seen.add(key)
                return None
            if len(self._programs) >= LAYOUTS:
                self.forget()
            place = self._programs[program.steps] = self._store(program.steps)
        return place

    def _store(self, data: bytes) -> int:
        place, end = self._used, self._used + len(data)
        if end > len(self._pool):
            self._pool = np.concatenate((self._pool, np.zeros(max(len(data), len(self._pool)), np.uint8)))
        self._pool[place:end] = np.frombuffer(data, np.uint8)
        self._used = end
        return place

    def _remember(self, segment: bytes, frame: HJ212Frame, decoded: Decoded, place: int, readings: int) -> None:
        size = len(segment)
        start = -size % 8
        self._memory[start : start + size] = segment
        begin, area = matcher.head(self._work, start, start + size)
        if area < 0:
            return
        at = matcher.spot(self._work, self._pool, self._index, start + begin, area)
        if not self._index[at]:
            sender = np.zeros(1, matcher.SENDER)
            sender["begin"], sender["length"] = begin, area - start - begin
            if begin and frame.head.version >= 2:
                sender["year"] = list(segment[3:7])
            self._index[at] = self._store(sender.tobytes() + segment[begin : area - start])
            self._senders += 1
        held = int(self._index[at])
        known = self._pool[held : held + matcher.SENDER.itemsize].view(matcher.SENDER)[0]
        count = int(known["variants"])
        if place in known["programs"][:count]:
            return  # known, and yet not taken: its check codes are foreign
        variant = _Variant(struct.Struct(f"<q{readings}d{readings}s").unpack_from, decoded.shape)
        number = len(self._variants)
        if count == matcher.VARIANTS:  # the oldest makes room
            count, number = count - 1, int(known["numbers"][count - 1])
            self._variants[number] = variant
        else:
            self._variants.append(variant)
        for name, value in (("programs", place), ("numbers", number)):
            known[name][1 : count + 1] = known[name][:count].copy()
            known[name][0] = value
        known["variants"] = count + 1
        if self.decode(segment) != decoded:
            # Can not happen by design; a layout that disagrees with the slow way must never be used.
            known["variants"] = 0
