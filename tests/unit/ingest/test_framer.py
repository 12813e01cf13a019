"""Frames are found in any stream; every byte ends in exactly one piece; nothing stalls the link."""

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.hj212.frame import LARGEST_SEGMENT_BYTES, Framer, Kind, Piece
from lantian_ingest.decoders.hj212.quirks import Quirk
from tests.unit.ingest.frames import frame, segment

GOOD = frame(segment())
OTHER = frame(segment("DataTime=20261122120100;a21026-Rtd=36.0,a21026-Flag=N"))
LATER = frame(segment("DataTime=20261122120200;a21026-Rtd=1.0,a21026-Flag=N"))


def run(*chunks: bytes) -> list[Piece]:
    """All pieces of a stream that ends after the chunks."""
    framer = Framer()
    found = [piece for chunk in chunks for piece in framer.feed(chunk)]
    return found + framer.expire()


def frames(pieces: list[Piece]) -> list[bytes]:
    """The segments of the frames among the pieces."""
    return [piece.segment for piece in pieces if piece.kind is Kind.FRAME]


def assert_whole(pieces: list[Piece], stream: bytes) -> None:
    """Every byte is in one piece, in order."""
    assert b"".join(piece.raw for piece in pieces) == stream
    assert all(piece.raw for piece in pieces)


def test_usual_frame() -> None:
    """Length, segment, check code, line end."""
    (piece,) = run(GOOD)
    assert (piece.kind, piece.raw, piece.segment, piece.quirks) == (Kind.FRAME, GOOD, segment(), ())
    assert piece.check == GOOD[-6:-2]


@pytest.mark.parametrize("at", range(1, len(GOOD) + len(OTHER)))
def test_split_at_every_byte(at: int) -> None:
    """Two frames in two chunks, cut anywhere, are two frames."""
    stream = GOOD + OTHER
    pieces = run(stream[:at], stream[at:])
    assert_whole(pieces, stream)
    assert frames(pieces) == frames(run(stream))
    assert len(frames(pieces)) == 2
    assert {piece.kind for piece in pieces} <= {Kind.FRAME, Kind.BLANK}


def test_byte_by_byte() -> None:
    """The slowest sender."""
    stream = GOOD + OTHER + LATER
    pieces = run(*(bytes([byte]) for byte in stream))
    assert_whole(pieces, stream)
    assert frames(pieces) == frames(run(stream))


def test_frame_is_out_before_its_line_end() -> None:
    """A sender that waits for its answer before it sends CR LF must get one."""
    framer = Framer()
    assert frames(framer.feed(GOOD[:-2])) == [segment()]
    assert [piece.kind for piece in framer.feed(b"\r\n")] == [Kind.BLANK]


@pytest.mark.parametrize(("end", "quirks"), [(b"", (Quirk.NO_LINE_END,)), (b"\n", (Quirk.NO_LINE_END,)), (b"\r\n", ())])
def test_glued_frames(end: bytes, quirks: tuple[Quirk, ...]) -> None:
    """With or without a line end between them."""
    stream = frame(segment(), end=end) + OTHER
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert [piece.kind for piece in pieces] == [Kind.FRAME, Kind.FRAME]
    assert pieces[0].quirks == quirks


@pytest.mark.parametrize("length", [0, 3, 40, len(segment()) - 1, len(segment()) + 1, len(segment()) + 40, 700, 4096])
def test_wrong_length_does_not_cost_a_frame(length: int) -> None:
    """The segment's own end counts where the digits lie; the next frame is whole."""
    stream = frame(segment(), length=length) + OTHER
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert frames(pieces) == [segment(), OTHER[6:-6]]
    assert Quirk.WRONG_LENGTH in pieces[0].quirks
    assert not pieces[1].quirks


@pytest.mark.parametrize("after", [b"", LATER])
def test_length_that_fits_the_next_frame_does_not_swallow_it(after: bytes) -> None:
    """Wrong by exactly one frame: the end looks right, the two number signs inside do not."""
    both = len(GOOD) - 6 + len(OTHER) - 6
    stream = b"##%04d" % both + GOOD[6:] + OTHER + after
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert frames(pieces)[:2] == [segment(), OTHER[6:-6]]
    assert pieces[0].quirks == (Quirk.WRONG_LENGTH,)


@pytest.mark.parametrize("length", [len(segment()) + 1, 900, 4097, 9999])
def test_wrong_length_does_not_stall(length: int) -> None:
    """A frame with a good check code is out although its length promises more."""
    assert frames(Framer().feed(frame(segment(), length=length))) == [segment()]


def test_length_of_9999_that_is_meant() -> None:
    """Cut at the limit; the rest is not a second frame; the next one works."""
    stream = b"##9999" + b"QN=1;" + b"x" * 9994 + b"&&0000\r\n" + GOOD
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert [piece.kind for piece in pieces if piece.kind is not Kind.REST] == [Kind.TOO_LARGE, Kind.FRAME]


def test_nothing_grows_without_bound() -> None:
    """Neither a frame that never ends nor noise without a line is held for ever."""
    for opening in (b"##4000QN=1;", b"##9999QN=1;", b"##XXQN=1;", b"noise"):
        framer = Framer()
        pieces = framer.feed(opening)
        for _ in range(100):
            pieces += framer.feed(b"abcdefghij" * 20)
            assert framer.pending <= 4096 + 200 + 32
        pieces += framer.expire()
        assert_whole(pieces, opening + b"abcdefghij" * 2000)
        assert not framer.pending


def test_half_frame_is_given_up_when_told_to() -> None:
    """The rest never came: one piece of garbage, and the next frame works."""
    framer = Framer()
    assert framer.feed(GOOD[:60]) == []
    assert framer.pending == 60
    (piece,) = framer.expire()
    assert (piece.kind, piece.raw) == (Kind.GARBAGE, GOOD[:60])
    assert frames(framer.feed(OTHER)) == [OTHER[6:-6]]


@pytest.mark.parametrize(
    "noise", [b"\x00\xff", b"#", b"###", b"##", b"##12", b"##abcd", b"GET / HTTP/1.1\r\n\r\n", b"&&"]
)
def test_noise_between_frames(noise: bytes) -> None:
    """It ends as garbage and costs no frame."""
    stream = GOOD + noise + OTHER
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert frames(pieces) == [segment(), OTHER[6:-6]]
    assert any(piece.kind is Kind.GARBAGE for piece in pieces)


@pytest.mark.parametrize("header", [b"##299", b"##00010206", b"##XXXX", b"##$$$$", b"##"])
def test_odd_headers(header: bytes) -> None:
    """Seen in the field: three and eight digits, templates."""
    stream = header + GOOD[6:] + OTHER
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert frames(pieces) == [segment(), OTHER[6:-6]]
    assert Quirk.ODD_HEADER in pieces[0].quirks


def test_no_check_code_but_the_right_length() -> None:
    """The frame is one; what it is worth is not the framer's to say."""
    stream = frame(segment(), check=b"") + OTHER
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert (pieces[0].segment, pieces[0].check, pieces[0].quirks) == (segment(), b"", ())


def test_damaged_check_code_stays_with_its_frame() -> None:
    """Characters that are no digits do not become a piece of their own."""
    stream = frame(segment(), check=b"1g?4") + OTHER
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert (pieces[0].kind, pieces[0].check) == (Kind.FRAME, b"1g?4")
    assert len(frames(pieces)) == 2


def test_encrypted_data_may_hold_anything() -> None:
    """2025: two number signs, line ends and ampersands inside the data area are data."""
    secret = b"QN=20260101000000000;ST=31;CN=2011;PW=123456;MN=A;Flag=9;CP=&&\x00##0012&&\r\n\xff&&"
    stream = frame(secret) + GOOD
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert frames(pieces) == [secret, segment()]


def test_long_segment_is_taken_up_to_the_limit() -> None:
    """A real sender was seen with 1045 bytes."""
    long = segment("DataTime=20261122120000;" + ";".join(f"a{n:05d}-Rtd=1" for n in range(100)))
    assert 1024 < len(long) < 4096
    (piece,) = run(frame(long))
    assert (piece.segment, piece.quirks) == (long, (Quirk.LONG_SEGMENT,))


@settings(max_examples=200)
@given(st.lists(st.binary(max_size=300), max_size=8), st.booleans())
def test_random_bytes(chunks: list[bytes], with_frame: bool) -> None:
    """Nothing raises, nothing is lost, and a good frame after a line end is found."""
    if with_frame:
        chunks = [*chunks, b"\n", GOOD]
    pieces = run(*chunks)
    assert_whole(pieces, b"".join(chunks))
    if with_frame:
        assert frames(pieces)[-1] == segment()


BITS = st.sampled_from(
    [b"##", b"#", b"&&", b"\r\n", b"0101", b"9999", b"QN=1;", b"CP=&&", b"12AB", GOOD, OTHER[:50], b"\x00"]
)


@settings(max_examples=300)
@given(st.lists(BITS, max_size=12), st.lists(st.integers(1, 40), max_size=60))
def test_bits_of_frames_in_any_order_and_cut(bits: list[bytes], cuts: list[int]) -> None:
    """The grammar's own tokens are the worst noise."""
    stream = b"".join(bits)
    chunks, at = [], 0
    for cut in cuts:
        chunks.append(stream[at : at + cut])
        at += cut
    chunks.append(stream[at:])
    assert_whole(run(*chunks), stream)


@settings(max_examples=300)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3), st.sampled_from(["replace", "insert", "cut"]))
def test_one_damage_does_not_cost_the_next_frame_but_one(at: int, bytes_: bytes, how: str) -> None:
    """Whatever happens to a frame, the second frame after it is whole."""
    if how == "cut":
        damaged = GOOD[:at] + GOOD[at + len(bytes_) :]
    else:
        damaged = GOOD[:at] + bytes_ + GOOD[at + (len(bytes_) if how == "replace" else 0) :]
    stream = damaged + OTHER + LATER
    pieces = run(stream)
    assert_whole(pieces, stream)
    assert frames(pieces)[-1] == LATER[6:-6]


def test_a_megabyte_of_hashes_is_a_handful_of_pieces() -> None:
    """Each piece becomes a record: one a byte would let a single peer fill the topic and stall the gateway."""
    framer = Framer()
    pieces = [piece for _ in range(16) for piece in framer.feed(b"#" * 65_536)]
    assert len(pieces) <= 300
    assert sum(len(piece.raw) for piece in pieces) + framer.pending == 1 << 20


@pytest.mark.parametrize("bit", [b"##x", b"\r\n##", b"##\r\n", b"x\n", b"##x\r\n\r\n", b"#\n"])
def test_much_garbage_is_few_pieces(bit: bytes) -> None:
    """A record a piece: else a peer that sends three bytes of rubbish at a time costs a record for each."""
    stream = bit * 5000
    pieces = run(stream, GOOD)
    assert_whole(pieces, stream + GOOD)
    assert frames(pieces)[-1:] == [segment()]
    records = [piece for piece in pieces if piece.kind is not Kind.BLANK]
    assert len(records) <= len(stream) // LARGEST_SEGMENT_BYTES + 3
    assert all(len(piece.raw) <= LARGEST_SEGMENT_BYTES for piece in pieces)


def test_blanks_stay_blanks_beside_garbage() -> None:
    """Only what stands between two stretches of garbage goes with them."""
    pieces = run(b"\r\n\r\nrubbish\r\n\r\n##rubbish\r\n\r\n" + GOOD)
    assert [kind for kind, _ in groupby(piece.kind for piece in pieces)] == [
        *(Kind.BLANK, Kind.GARBAGE, Kind.BLANK, Kind.FRAME)
    ]
    assert [piece.raw for piece in pieces if piece.kind is Kind.GARBAGE] == [b"rubbish\r\n\r\n##rubbish\r\n"]


def test_garbage_around_a_frame_stays_apart_from_it() -> None:
    """Neighbours are joined, not what a frame divides."""
    pieces = run(b"one\n##two\n" + GOOD + b"three\n##four\n" + OTHER)
    assert [piece.raw for piece in pieces] == [b"one\n##two\n", GOOD, b"three\n##four\n", OTHER]
