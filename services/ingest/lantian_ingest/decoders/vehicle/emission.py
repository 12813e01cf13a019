"""Real-time and re-sent data of GB 17691-2018 annex Q and HJ 1239.3-2021: four dialects of one idea.

The header does not say which one a terminal speaks. A dialect is accepted only when it reads the data unit to the last
byte. `t6` is a time, `sn` a serial number of two bytes:

A  t6 { type sn body }*              GB 17691; record n of a packet was sampled n seconds after the time
B  t6 sn { type body }*
C  t6 sn { type t6 body }* [signature]   HJ 1239
D  t6 sn { type body signature }*    signed, 2019
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from lantian_ingest.decoders.vehicle import obd
from lantian_ingest.decoders.vehicle.fields import (
    HYBRID,
    STREAM,
    SUPPLEMENT,
    TWC,
    TWC_NOX,
    Block,
    BlockKind,
    Layout,
    Raw,
)
from lantian_ingest.decoders.vehicle.quirks import Confidence, Quirk
from lantian_ingest.decoders.vehicle.times import NO_TIME, TIME_BYTES, instant_ms

OBD_TYPE: Final = 0x01
SUPPLEMENT_TYPE: Final = 0x80
LOCAL_TYPE: Final = 0x81  # 18 bytes: two makers, both of dialect B, put different things into it
LOCAL_BYTES: Final = 18
LIST_TYPE: Final = 0x82  # to the end of the data unit, in dialect B: elsewhere it would fit anything
LAYOUTS: Final[dict[int, Layout]] = {0x02: STREAM, 0x03: TWC, 0x04: HYBRID, 0x05: TWC_NOX}
STREAM_TYPES: Final = frozenset({0x02, 0x03, 0x05})
SIGNATURE_PART: Final = range(16, 65)  # normally 32; no type of block lies in it
SECOND_MS: Final = 1000
_LARGEST_LONGITUDE: Final = 180_000_000
_LARGEST_LATITUDE: Final = 90_000_000
_NO_DEGREES: Final = 0xFFFFFFFF


class Dialect(StrEnum):
    """How the blocks of a data unit follow each other."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    GBT32960_2016 = "32960-2016"
    GBT32960_2025 = "32960-2025"


EMISSION: Final = (Dialect.A, Dialect.B, Dialect.C, Dialect.D)


class Span(NamedTuple):
    """A block's place: header, body, whether the body has a length of its own, its end and that of the signature."""

    type: int
    head: int
    body: int
    own_length: bool
    body_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Unit:
    """A data unit of blocks. `signatures` are the bytes as sent, length bytes included."""

    dialect: Dialect
    time_ms: int
    serial: int | None
    blocks: tuple[Block, ...]
    signatures: tuple[bytes, ...]
    quirks: frozenset[Quirk]


def signature_end(data: bytes, at: int) -> int | None:
    """Where a signature that starts at `at` ends: length, R, length, S (SM2, normally 32 bytes each)."""
    for _ in range(2):
        if at >= len(data) or data[at] not in SIGNATURE_PART:
            return None
        at += 1 + data[at]
    return at if at <= len(data) else None


def _bodies(data: bytes, kind: int, body: int, dialect: Dialect) -> list[tuple[bool, int]]:
    """Ways to read a body of this type: (has a length of its own, end)."""
    size = len(data)
    if kind == OBD_TYPE:
        length = obd.length(data, body)
        ends = [] if length is None else [(False, body + length)]
    elif kind in LAYOUTS:
        ends = [(False, body + LAYOUTS[kind].size)]
    elif kind == SUPPLEMENT_TYPE:
        ends = [(False, body + SUPPLEMENT.size)]
        if body + 2 <= size:  # of a maker
            ends.append((True, body + 2 + int.from_bytes(data[body : body + 2], "big")))
    elif kind == LOCAL_TYPE and dialect is Dialect.B:
        ends = [(False, body + LOCAL_BYTES)]
    elif kind == LIST_TYPE and dialect is Dialect.B:
        ends = [(False, size)]
    else:
        ends = []
    return [(own, end) for own, end in ends if body < end <= size]


def _ways(data: bytes, dialect: Dialect, at: int) -> list[Span]:
    """Ways to read the block that starts at `at`."""
    kind = data[at]
    body = at + 1
    if dialect is Dialect.A:
        body += 2
    elif dialect is Dialect.C:
        time = data[body : body + TIME_BYTES]
        if time != NO_TIME and instant_ms(time) is None:
            return []
        body += TIME_BYTES
    found = []
    for own, end in _bodies(data, kind, body, dialect):
        close: int | None = end
        if dialect is Dialect.D:
            close = signature_end(data, end)
        if close is not None:
            found.append(Span(kind, at, body, own, end, close))
    return found


def spans(data: bytes, dialect: Dialect, first: int) -> tuple[list[Span], int] | None:
    """The blocks from `first` on and where they end, or None where they do not fill the data unit to the last byte.

    In C a signature may follow the last block. Only type 80 can be read in two ways; a place from which the end was not
    reached once is not tried again, so the work is bounded by the length.
    """
    size = len(data)
    dead: set[int] = set()
    path: list[Span] = []
    choices: list[list[Span]] = []
    at = first
    while True:
        if at == size or (dialect is Dialect.C and path and signature_end(data, at) == size):
            return path, at
        ways = [] if at in dead else _ways(data, dialect, at)
        choices.append(ways)
        while not choices[-1]:
            choices.pop()
            dead.add(at)
            if not path:
                return None
            at = path.pop().head
        way = choices[-1].pop(0)
        path.append(way)
        at = way.end


def read(data: bytes, dialect: Dialect, vin: bytes) -> Unit | None:
    """The data unit in one dialect, None where it is not in that dialect."""
    time_ms = instant_ms(data[:TIME_BYTES])
    first = TIME_BYTES if dialect is Dialect.A else TIME_BYTES + 2
    if time_ms is None or len(data) < first:
        return None
    found = spans(data, dialect, first)
    if found is None:
        return None
    path, end = found
    quirks: set[Quirk] = set()
    signatures = []
    blocks = []
    streams = 0
    for span in path:
        at_ms = time_ms
        serial = None
        if dialect is Dialect.A:
            serial = int.from_bytes(data[span.head + 1 : span.body], "big")
            if span.type in STREAM_TYPES:
                at_ms += streams * SECOND_MS
                streams += 1
        elif dialect is Dialect.C:
            sampled = instant_ms(data[span.head + 1 : span.body])
            if sampled is None:
                quirks.add(Quirk.BLOCK_TIME_ZERO)
            else:
                at_ms = sampled
        blocks.append(_block(data, span, at_ms, serial, vin, quirks))
        if dialect is Dialect.D:
            signatures.append(data[span.body_end : span.end])
    if end < len(data):
        signatures.append(data[end:])
    if signatures:
        quirks.add(Quirk.SIGNED)
    if not blocks:
        quirks.add(Quirk.EMPTY)
    unit_serial = None if dialect is Dialect.A else int.from_bytes(data[TIME_BYTES : TIME_BYTES + 2], "big")
    return Unit(dialect, time_ms, unit_serial, tuple(blocks), tuple(signatures), frozenset(quirks))


def _block(data: bytes, span: Span, at_ms: int, serial: int | None, vin: bytes, quirks: set[Quirk]) -> Block:
    kind, body = span.type, span.body
    if kind == OBD_TYPE:
        diagnosis = obd.read(data, body)
        quirks |= obd.quirks_of(diagnosis, vin)
        return Block(BlockKind.OBD, kind, at_ms, serial, diagnosis)
    layout = SUPPLEMENT if kind == SUPPLEMENT_TYPE and not span.own_length else LAYOUTS.get(kind)
    if layout is not None:
        raw = layout.read(data, body)
        sure = layout.confidence
        if layout.kind in (BlockKind.TWC, BlockKind.TWC_NOX) and not _is_plausible(raw):
            quirks.add(Quirk.DOUBTFUL_LAYOUT)
            sure = Confidence.UNVERIFIED
        return Block(layout.kind, kind, at_ms, serial, raw, sure)
    content: dict[str, Raw] = {"bytes": data[body + 2 if span.own_length else body : span.body_end]}
    if kind == SUPPLEMENT_TYPE:
        quirks.add(Quirk.OEM_BLOCK)
        return Block(BlockKind.OEM, kind, at_ms, serial, content, Confidence.UNVERIFIED)
    quirks.add(Quirk.UNCONFIRMED_BLOCK)
    return Block(BlockKind.UNREAD, kind, at_ms, serial, content, Confidence.UNVERIFIED)


def _is_plausible(raw: dict[str, Raw]) -> bool:
    """A draft of 2020 put other fields into a block of the same length."""
    position, longitude, latitude = raw["position"], raw["longitude"], raw["latitude"]
    return (
        isinstance(position, int)
        and isinstance(longitude, int)
        and isinstance(latitude, int)
        and position <= 7
        and (longitude <= _LARGEST_LONGITUDE or longitude == _NO_DEGREES)
        and (latitude <= _LARGEST_LATITUDE or latitude == _NO_DEGREES)
    )
