"""What is written reads back the same: every command, every edition, plain and encrypted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.hj212 import checkcode, sm4
from lantian_ingest.decoders.hj212.commands import COMMANDS
from lantian_ingest.decoders.hj212.decode import Decoded, Reply, decode
from lantian_ingest.decoders.hj212.encode import EncodeError, Packet, encode, flag_of, packet_of, segment, upload
from lantian_ingest.decoders.hj212.frame import Framer, Kind
from lantian_ingest.decoders.hj212.quirks import Quirk
from lantian_ingest.decoders.hj212.reader import Profile, Reader
from lantian_ingest.decoders.hj212.reply import executed, receipt_of, taken
from lantian_ingest.decoders.hj212.segment import HJ212Frame, parse
from lantian_proto.factors import by_number
from lantian_proto.readings import Edition, Stat
from tests.data.hj212.golden import captured
from tests.data.hj212.golden import packet_of as captured_packet
from tests.unit.ingest.frames import QN
from tests.unit.ingest.frames import segment as segment_of
from tests.unit.ingest.hj212.messages import CODES, SHAPES, Message
from tests.unit.ingest.hj212.strategies import Sent, packets, said

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


EVERY_EDITION = pytest.mark.parametrize("edition", list(Edition), ids=lambda edition: edition.name)
EVERY_COMMAND = pytest.mark.parametrize("cn", sorted(COMMANDS))


def test_every_command_has_its_shape() -> None:
    """The tests below must not pass over a command: all that the reference names, each with a data area of its own."""
    uploads = {"2011", "2013", "2021", "2031", "2041", "2051", "2052", "2061", "2062", "2111", "2081"}
    told = {"1001", "1013", "1014", "3015", "3019", "3020", "9015", "9021"}
    replies = {"9011", "9012", "9013", "9014", "9022"}
    assert uploads | told | replies <= set(COMMANDS)
    assert set(SHAPES) == set(COMMANDS)


@EVERY_EDITION
@EVERY_COMMAND
def test_decode_of_encode_is_the_packet(cn: str, edition: Edition) -> None:
    """Head, every field in its order, every digit, the edition; nothing to complain of; the printed check code."""

    @settings(max_examples=4)
    @given(packets(edition, cn))
    def same(packet: Packet) -> None:
        frame = encode(packet)
        found = read_back(frame)
        assert packet_of(found) == packet
        assert found.quirks <= {Quirk.LONG_SEGMENT}
        assert int(frame[-6:-2], 16) == printed_algorithm(frame[6:-6])
        assert found.head.edition is edition
        assert encode(packet_of(found)) == frame

    same()


def understood(decoded: Decoded) -> Message:
    """What was read, in the words of the message that was written."""
    shape = decoded.shape
    readings = zip(shape.factors, shape.stats, decoded.values, decoded.flags, strict=True)
    return Message(
        (),
        tuple(
            (by_number(factor).code, Stat(stat), value, chr(flag) * (flag != 0))
            for factor, stat, value, flag in readings
        ),
        tuple((event.kind, event.code, event.info, event.text) for event in decoded.events),
        decoded.reply,
    )


@EVERY_EDITION
@EVERY_COMMAND
def test_what_is_said_is_understood(cn: str, edition: Edition) -> None:
    """Values with their marks, statements, replies, digit by digit; plain, and under the feed's key where there is SM4.

    What only a platform sends is refused as a request.
    """
    keys = (None, KEY) if edition is Edition.E2025 else (None,)

    @settings(max_examples=4)
    @given(said(edition, cn), st.sampled_from(keys))
    def same(sent: Sent, key: bytes | None) -> None:
        (piece,) = Framer().feed(encode(sent.packet, key))
        read = Reader().read(piece, lambda mn: Profile(keys=(KEY,)))
        assert read.verdict is checkcode.Verdict.RIGHT
        assert read.frame is not None
        assert packet_of(read.frame) == sent.packet
        if sent.message.asks:
            assert (read.decoded, read.reason) == (None, "request")
            return
        assert read.decoded is not None
        assert understood(read.decoded) == sent.message._replace(fields=())
        assert read.decoded.shape.head.edition is edition

    same()


@EVERY_COMMAND
def test_encrypted_packets_read_back(cn: str) -> None:
    """The same content, the same length, by the key; without the key it is said to be encrypted, never misread."""

    @settings(max_examples=3)
    @given(packets(Edition.E2025, cn))
    def same(packet: Packet) -> None:
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

    same()


@EVERY_EDITION
@given(st.integers(1, 100), st.integers(1, 100))
@settings(max_examples=20)
def test_our_own_answers_read_back(edition: Edition, taken_as: int, ended_as: int) -> None:
    """9011 to 9014, 9022 as we write them in each edition's form, read as a device or another platform would."""
    head = parse(
        segment_of(f"DataTime=20261122120000;{next(iter(CODES[edition]))}-Rtd=1", flag=flag_of(edition, answer=True))
    ).head
    assert head.edition is edition
    known = edition is not Edition.E2005
    frames = [
        (taken(QN, head, taken_as), "9011", taken_as if known or taken_as <= 3 else 2),
        (executed(QN, head, ended_as), "9012", ended_as if known or ended_as in (1, 100) else 2),
        *((receipt_of(cn, QN, head), cn, None) for cn in ("9013", "9014", "9022")),
    ]
    for frame, cn, result in frames:
        found = read_back(frame)
        assert decode(found).reply == Reply(cn, QN, result)
        assert (found.head.st, found.head.flag, found.head.mn) == ("91", int(edition) << 2, head.mn)


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
