"""What is written reads back the same: every command, every edition, plain and encrypted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.hj212 import checkcode, sm4
from lantian_ingest.decoders.hj212.commands import COMMANDS
from lantian_ingest.decoders.hj212.decode import decode
from lantian_ingest.decoders.hj212.encode import EncodeError, Packet, encode, flag_of, packet_of, segment, upload
from lantian_ingest.decoders.hj212.frame import Framer, Kind
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.reader import Profile, Reader
from lantian_ingest.decoders.hj212.segment import HJ212Frame, parse
from lantian_proto.readings import Edition
from tests.data.hj212.golden import captured
from tests.data.hj212.golden import packet_of as captured_packet
from tests.unit.ingest.hj212.strategies import packets

KEY = b"0" * 16


def read_back(frame: bytes) -> HJ212Frame:
    """The packet, through framer and check code."""
    (piece,) = Framer().feed(frame)
    assert (piece.kind, piece.raw, piece.quirks) == (Kind.FRAME, frame, ())
    assert checkcode.judge(piece.segment, piece.check) is checkcode.Verdict.RIGHT
    return parse(piece.segment)


def printed_algorithm(data: bytes) -> int:
    """Appendix A of HJ 212-2017, as it is printed."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            low = register & 1
            register >>= 1
            if low:
                register ^= 0xA001
    return register


@pytest.mark.parametrize("edition", list(Edition), ids=lambda edition: edition.name)
@pytest.mark.parametrize("cn", sorted(COMMANDS))
def test_decode_of_encode_is_the_packet(cn: str, edition: Edition) -> None:
    """Head, every field in its order, every digit, the edition; nothing to complain of; the printed check code."""

    @settings(max_examples=5)
    @given(packets(edition, cn))
    def same(packet: Packet) -> None:
        frame = encode(packet)
        found = read_back(frame)
        assert packet_of(found) == packet
        assert found.quirks <= {Quirk.LONG_SEGMENT}
        assert int(frame[-6:-2], 16) == printed_algorithm(frame[6:-6])
        if packet.flag is not None and packet.flag >> 2:
            assert found.head.edition is edition
        assert encode(packet_of(found)) == frame

    same()


@settings(max_examples=40)
@given(packets(Edition.E2025, "2011"))
def test_encrypted_packets_read_back(packet: Packet) -> None:
    """The same content, the same length, by the key; without the key it is said to be encrypted, never misread."""
    frame = encode(packet, KEY)
    plain = encode(packet)
    assert len(frame) == len(plain)
    (piece,) = Framer().feed(frame)
    read = Reader().read(piece, lambda mn: Profile(keys=(b"1" * 16, KEY)))
    assert read.frame is not None
    assert packet_of(read.frame) == packet
    if frame != plain:
        assert read.key == KEY
        assert Quirk.ENCRYPTED in read.quirks
        blind = Reader().read(piece)
        assert blind.decoded is None
        assert blind.reason == "encrypted"


def test_every_captured_packet_reads_back_after_writing() -> None:
    """Fields as real senders write them, in the standard's form."""
    compared = 0
    for row in captured():
        packet = captured_packet(row.frame)
        if packet is None:
            continue
        try:
            again = parse(segment(packet_of(packet)))
        except EncodeError:
            continue  # a value that holds a separator or blanks
        assert (again.qn, again.names, again.items, again.time_ms) == (
            packet.qn,
            packet.names,
            packet.items,
            packet.time_ms,
        )
        compared += 1
    assert compared > 200


@given(
    st.lists(
        st.tuples(st.sampled_from(["a21026", "a19001", "a01012"]), st.floats(-1e5, 1e5).map(lambda v: f"{v:.3f}")),
        min_size=1,
        max_size=3,
        unique_by=lambda item: item[0],
    )
)
@settings(max_examples=40)
def test_readings_come_back(items: list[tuple[str, str]]) -> None:
    """Values, marks and time, through the whole decoder."""
    base = Packet(
        "31", "2061", "123456", "010000A8900016F000169DC0", "20261122130000123", flag_of(Edition.E2017, answer=True)
    )
    packet = upload(base, "20261122120000", [(code, [("Avg", text), ("Flag", "N")]) for code, text in items])
    decoded = decode(read_back(encode(packet)))
    assert decoded.values == tuple(float(text) for _, text in items)
    assert decoded.flags == b"N" * len(items)
    assert decoded.time_ms == 1_795_320_000_000


@pytest.mark.parametrize("value", ["1;2", "1,2", "a&&", "##", " 1", "1\r\n"])
def test_values_that_would_read_as_something_else_are_refused(value: str) -> None:
    """Rather no packet than a wrong one."""
    with pytest.raises(EncodeError):
        segment(Packet("31", "2011", "1", "M", fields=(("a21026", "Rtd", value),)))


def test_vector_of_the_standard() -> None:
    """HJ 212-2017 appendix A, with its check code."""
    packet = Packet(
        "32", "1062", "100000", "010000A8900016F000169DC0", "20160801085857223", 5, fields=(("", "RtdInterval", "30"),)
    )
    assert encode(packet) == (
        b"##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
        b"CP=&&RtdInterval=30&&1C80\r\n"
    )


def test_tail_of_an_encrypted_area_stays_plain() -> None:
    """A rest shorter than a block is not encrypted; the head never."""
    text = b"QN=1;ST=31;CN=2011;PW=1;MN=M;Flag=9;CP=&&0123456789abcdefXYZ&&"
    sent = sm4.encrypt(text, KEY)
    begin = text.find(b"&&") + 2
    assert sent[:begin] == text[:begin]
    assert sent[begin : begin + 16] != text[begin : begin + 16]
    assert sent[begin + 16 :] == b"XYZ&&"
    assert sm4.decrypt(sent, KEY) == text
