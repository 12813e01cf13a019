"""GB 17691 and HJ 1239: what was put into a data unit comes out of it, in every dialect."""

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.vehicle.decode import Command, Decoded, decode
from lantian_ingest.decoders.vehicle.emission import Dialect
from lantian_ingest.decoders.vehicle.envelope import parse
from lantian_ingest.decoders.vehicle.fields import BlockKind
from lantian_ingest.decoders.vehicle.quirks import Confidence, DecodeError, Quirk, Reason
from lantian_ingest.decoders.vehicle.readings import readings
from tests.unit.ingest.vehicle.frames import TIME_MS, VIN, flagged, in_dialect, obd, plain, six, stream

FORMATS = {2: ">HBBBHHHHBHHHHBBBIII", 3: ">HBBBHHHBHBHBIII", 4: ">HBHHB", 5: ">HBBBHHHBHHBHBIII", 0x80: ">BBIBIIH"}
KINDS = {
    1: BlockKind.OBD,
    2: BlockKind.STREAM,
    3: BlockKind.TWC,
    4: BlockKind.HYBRID,
    5: BlockKind.TWC_NOX,
    0x80: BlockKind.SUPPLEMENT,
}
LARGEST = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}


@st.composite
def blocks(draw: st.DrawFn) -> list[tuple[int, bytes, list[Any]]]:
    """Types, bodies and the numbers in them."""
    found: list[tuple[int, bytes, list[Any]]] = []
    for kind in draw(st.lists(st.sampled_from([1, *FORMATS]), min_size=1, max_size=6)):
        if kind == 1:
            codes = tuple(draw(st.lists(st.binary(min_size=4, max_size=4), max_size=5)))
            protocol, mil, support, readiness = (draw(st.integers(0, top)) for top in (255, 255, 65535, 65535))
            head = (protocol, mil, support, readiness)
            vin, calid, cvn = (draw(st.binary(min_size=size, max_size=size)) for size in (17, 18, 18))
            iupr = tuple(draw(st.lists(st.integers(0, 65535), min_size=18, max_size=18)))
            body = obd(head, vin, calid, cvn, iupr, codes)
            found.append((kind, body, [*head, vin, calid, cvn, iupr, len(codes), codes]))
        else:
            numbers = [draw(st.integers(0, LARGEST[code])) for code in FORMATS[kind][1:]]
            found.append((kind, struct.pack(FORMATS[kind], *numbers), numbers))
    return found


@settings(max_examples=60, deadline=None)
@given(st.sampled_from("ABCD"), blocks(), st.integers(0, 65535), st.booleans(), st.sampled_from([2, 3]))
def test_what_goes_in_comes_out(
    dialect: str, sent: list[tuple[int, bytes, list[Any]]], serial: int, signed: bool, command: int
) -> None:
    """decode(encode(x)) == x for real-time and re-sent data."""
    data = in_dialect(dialect, [(kind, body) for kind, body, _ in sent], serial=serial, signed=signed)
    decoded = decode(parse(plain(command, data)), Dialect(dialect))
    assert decoded.command == {2: Command.REAL_TIME, 3: Command.RESENT}[command]
    assert (decoded.dialect, decoded.time_ms, decoded.vin) == (dialect, TIME_MS, VIN)
    assert decoded.serial == (None if dialect == "A" else serial)
    assert [(block.kind, list(block.raw.values())) for block in decoded.blocks] == [
        (KINDS[kind], numbers) for kind, _, numbers in sent
    ]
    assert {block.serial for block in decoded.blocks} == {serial if dialect == "A" else None}
    assert len(decoded.signatures) == {"C": int(signed), "D": len(sent)}.get(dialect, 0)


@pytest.mark.parametrize("dialect", "ABCD")
def test_the_dialect_is_found(dialect: str) -> None:
    """A diagnosis and a stream read to the last byte in one dialect only."""
    decoded = decode(parse(plain(2, in_dialect(dialect, [(1, obd()), (2, stream())]))))
    assert decoded.dialect == dialect
    assert Quirk.AMBIGUOUS_DIALECT not in decoded.quirks


def ambiguous() -> bytes:
    """One diagnosis whose serial number looks like the next dialect's type and first byte."""
    return in_dialect("B", [(1, obd((1, 0, 0, 0), vin=b"\x00" * 17))], serial=0x0101)


def test_ambiguous_is_read_as_a_and_said() -> None:
    """As the published diagnosis sample: without a memory A is taken."""
    decoded = decode(parse(plain(2, ambiguous())))
    assert decoded.dialect is Dialect.A
    assert Quirk.AMBIGUOUS_DIALECT in decoded.quirks


def test_the_known_dialect_decides() -> None:
    """The sender was read before."""
    decoded = decode(parse(plain(2, ambiguous())), Dialect.B)
    assert decoded.dialect is Dialect.B
    assert decoded.quirks.isdisjoint({Quirk.AMBIGUOUS_DIALECT, Quirk.OTHER_DIALECT})


def test_another_dialect_than_known_is_said() -> None:
    """New firmware."""
    decoded = decode(parse(plain(2, in_dialect("D", [(2, stream())]))), Dialect.A)
    assert decoded.dialect is Dialect.D
    assert Quirk.OTHER_DIALECT in decoded.quirks


def read(dialect: str, *sent: tuple[int, bytes]) -> Decoded:
    """Decoded with the dialect known."""
    return decode(parse(plain(2, in_dialect(dialect, list(sent)))), Dialect(dialect))


def test_a_packs_one_record_a_second() -> None:
    """Ten records under one time; a diagnosis between them does not count."""
    decoded = read("A", (2, stream()), (1, obd()), (2, stream()), (3, bytes(30)))
    assert [block.time_ms - TIME_MS for block in decoded.blocks] == [0, 0, 1000, 2000]


def test_c_has_a_time_for_each_block() -> None:
    """The sample's, not the sender's."""
    assert read("C", (2, stream())).blocks[0].time_ms == TIME_MS + 1000


def test_c_with_a_time_of_zeros_takes_the_frames() -> None:
    """Seen on diagnosis blocks of a real vehicle."""
    decoded = decode(parse(plain(2, six() + b"\x00\x09" + b"\x01" + bytes(6) + obd())))
    assert decoded.dialect is Dialect.C
    assert decoded.blocks[0].time_ms == TIME_MS
    assert Quirk.BLOCK_TIME_ZERO in decoded.quirks


def test_hj1239_blocks_in_the_other_envelope() -> None:
    """As a real maker's gateway sends them."""
    decoded = decode(parse(flagged(2, in_dialect("C", [(1, obd()), (2, stream())]))))
    assert decoded.dialect is Dialect.C
    assert Quirk.FOREIGN_BLOCKS in decoded.quirks
    assert len(readings(decoded).factors) > 20


def test_a_makers_block_of_type_80() -> None:
    """Seventeen bytes are the supplement, another number with its own length is a maker's."""
    decoded = read("C", (0x80, b"\x00\x03abc"), (0x80, bytes(17)), (2, stream()))
    assert [block.kind for block in decoded.blocks] == [BlockKind.OEM, BlockKind.SUPPLEMENT, BlockKind.STREAM]
    assert decoded.blocks[0].raw == {"bytes": b"abc"}


def test_makers_local_blocks_give_no_readings() -> None:
    """Two makers fill the 18 bytes of type 81 differently, 82 is a list to the end: kept, not read."""
    decoded = read("B", (2, stream()), (0x81, bytes(18)), (0x82, b"\x01\x01\x05"))
    assert [block.confidence for block in decoded.blocks] == [
        Confidence.CONFIRMED,
        Confidence.UNVERIFIED,
        Confidence.UNVERIFIED,
    ]
    assert Quirk.UNCONFIRMED_BLOCK in decoded.quirks
    assert readings(decoded) == readings(read("B", (2, stream())))


def test_a_draft_of_the_same_length_gives_no_readings() -> None:
    """Type 03 of a draft has 30 bytes too: a position that can be none gives it away."""
    doubtful = read("B", (3, bytes(26) + b"\xff\xff\xff\xfe"), (3, bytes(17) + b"\x7f" + bytes(12)))
    assert Quirk.DOUBTFUL_LAYOUT in doubtful.quirks
    assert {block.confidence for block in doubtful.blocks} == {Confidence.CONFIRMED, Confidence.UNVERIFIED}


def reason_of(frame: bytes) -> Reason:
    """Why a frame is refused."""
    with pytest.raises(DecodeError) as caught:
        decode(parse(frame))
    return caught.value.reason


def test_refusals() -> None:
    """One byte too many, no time, a command that nobody knows."""
    assert reason_of(plain(2, in_dialect("A", [(2, stream())]) + b"\x00")) is Reason.LAYOUT
    assert reason_of(plain(2, bytes(6) + stream())) is Reason.TIME
    assert reason_of(plain(0x55, b"")) is Reason.COMMAND
    assert reason_of(flagged(0xC1, six())) is Reason.COMMAND


def test_hostile_blocks_are_read_in_bounded_steps() -> None:
    """Type 80 can be read in two ways: thousands of them must not multiply."""
    body = (b"\x80" + b"\x00\x0f" + bytes(15)) * 3000
    assert reason_of(plain(2, six() + b"\x00\x01" + body + b"\x99")) is Reason.LAYOUT
    many = plain(2, six() + b"\x00\x01" + (b"\x04" + bytes(8)) * 7000)
    assert len(decode(parse(many)).blocks) == 7000
