"""Cutting: every byte in one piece, no stall, the next good frame always comes through."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.vehicle.frame import TERMINAL_LIMIT, Framer, Kind, Piece
from lantian_ingest.decoders.vehicle.quirks import DecodeError, Reason
from lantian_ingest.decoders.vehicle.reader import Reader
from tests.data.vehicle.golden import captured
from tests.unit.ingest.vehicle.frames import flagged, in_dialect, plain, six, stream

GOOD = [row.frame for row in captured() if not row.wrong]
SENT = plain(2, in_dialect("A", [(2, stream())]))
HEARTBEAT = flagged(7, b"")


def frames(pieces: list[Piece]) -> list[bytes]:
    """The whole frames among pieces."""
    return [piece.raw for piece in pieces if piece.kind is Kind.FRAME]


def refused(pieces: list[Piece]) -> list[tuple[bytes, Reason | None]]:
    """The refused ones, with their reasons."""
    return [(piece.raw, piece.reason) for piece in pieces if piece.kind is Kind.REFUSED]


def cut(data: bytes, *, limit: int = TERMINAL_LIMIT) -> list[Piece]:
    """All at once, then the connection closes."""
    framer = Framer(limit)
    found = framer.feed(data) + framer.expire()
    assert b"".join(piece.raw for piece in found) == data
    assert framer.pending == 0
    return found


@pytest.mark.parametrize("place", range(1, len(SENT)))
def test_cut_at_every_byte(place: int) -> None:
    """Whatever the network does, the frame comes out once, when its last byte is there."""
    framer = Framer()
    assert framer.feed(SENT[:place]) == []
    assert framer.pending == place
    assert frames(framer.feed(SENT[place:])) == [SENT]
    assert framer.pending == 0


def test_all_captured_frames_byte_by_byte() -> None:
    """One byte a time gives the frames that one feed gives."""
    data = b"".join(GOOD)
    framer = Framer()
    found = [piece for byte in data for piece in framer.feed(bytes([byte]))]
    assert frames(found) == GOOD


def test_a_mark_inside_a_data_unit_is_no_start() -> None:
    """Length first: `##` in a VIN's neighbourhood, in a value, at the end."""
    sent = plain(2, six() + b"\x02\x23\x23" + stream((0x2323,) * 1 + (0x23,) * 3 + (0x2323,) * 4 + STREAM_REST))
    assert frames(cut(sent + SENT)) == [sent, SENT]


STREAM_REST = (0x23, 0x2323, 0x2323, 0x2323, 0x2323, 0x23, 0x23, 0x23, 0x23232323, 0x23232323, 0x23232323)


def test_a_frame_inside_a_frame_stays_inside() -> None:
    """A maker's block may carry a whole frame; together they arrive as one."""
    outer = flagged(2, six() + b"\x80" + len(SENT).to_bytes(2, "big") + SENT)
    assert frames(cut(outer + HEARTBEAT)) == [outer, HEARTBEAT]


@pytest.mark.parametrize("place", range(24, len(SENT)))
def test_one_wrong_byte_costs_one_frame(place: int) -> None:
    """A data unit or check byte that changed on the way: wrong check, the next frame is read."""
    wrong = SENT[:place] + bytes([SENT[place] ^ 0x40]) + SENT[place + 1 :]
    found = cut(wrong + HEARTBEAT)
    assert refused(found) == [(wrong, Reason.WRONG_CHECK)]
    assert frames(found) == [HEARTBEAT]


@pytest.mark.parametrize("length", [0, 1, 44, 47, 60, 200, 3000, 4071, 4072, 9999, 65535])
def test_a_wrong_length_costs_one_frame(length: int) -> None:
    """The length changed on the way, everything else is whole; what follows is read as soon as it is there."""
    wrong = SENT[:22] + length.to_bytes(2, "big") + SENT[24:]
    framer = Framer()
    found = framer.feed(wrong) + framer.feed(HEARTBEAT) + framer.feed(SENT)
    assert frames(found) == [HEARTBEAT, SENT]
    assert all(piece.kind is not Kind.FRAME for piece in found[:-2])
    assert b"".join(piece.raw for piece in found[:-2]) == wrong
    reason = Reason.TOO_LARGE if length > TERMINAL_LIMIT - 25 else None
    assert found[0].reason is reason or (reason is None and found[0].kind is Kind.REFUSED)


def test_declared_too_long_with_the_right_check_byte_is_a_wrong_length() -> None:
    """As two of the published frames: the check byte vouches for other bytes than the length does."""
    middle = bytes([4]) + b"LGDCHA1G8MA779653" + bytes([7, 1, 0, 9]) + six() + b"\x00\x01"
    check = 0
    for byte in middle:
        check ^= byte
    wrong = b"##" + middle + bytes([check])
    assert refused(cut(wrong + SENT)) == [(wrong, Reason.WRONG_LENGTH)]
    assert refused(cut(wrong)) == [(wrong, Reason.WRONG_LENGTH)]


def test_half_a_frame_gives_way_to_the_next() -> None:
    """The link broke and came back: the half one is refused when the next is whole."""
    half = SENT[:40]
    framer = Framer()
    assert framer.feed(half) == []
    assert framer.feed(HEARTBEAT[:24]) == []
    found = framer.feed(HEARTBEAT[24:])
    assert [(piece.kind, piece.reason, piece.raw) for piece in found] == [
        (Kind.REFUSED, Reason.INCOMPLETE, half),
        (Kind.FRAME, None, HEARTBEAT),
    ]


def test_giving_up_releases_what_is_held() -> None:
    """A silent link: nothing stays, nothing is lost, and the framer can go on."""
    framer = Framer()
    framer.feed(SENT[:50])
    assert framer.expire() == [Piece(Kind.REFUSED, SENT[:50], Reason.INCOMPLETE)]
    assert framer.expire() == []
    assert frames(framer.feed(SENT)) == [SENT]


@pytest.mark.parametrize("noise", [b"#", b"##", b"\x00" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"####" * 300, SENT[2:]])
def test_noise_between_frames_is_garbage(noise: bytes) -> None:
    """Text, zeros, marks without a header, a frame without its mark."""
    found = cut(SENT + noise + HEARTBEAT)
    assert frames(found) == [SENT, HEARTBEAT]
    assert b"".join(piece.raw for piece in found if piece.kind is Kind.GARBAGE) == noise
    assert refused(found) == []


def test_a_frame_at_the_limit_and_one_over_it() -> None:
    """The limit counts the whole frame."""
    fits = flagged(2, bytes(4096 - 25))
    over = flagged(2, bytes(4097 - 25))
    assert frames(cut(fits)) == [fits]
    found = cut(over + SENT)
    assert refused(found) == [(over[:24], Reason.TOO_LARGE)]
    assert frames(found) == [SENT]
    assert frames(cut(over, limit=4097)) == [over]


def test_what_is_held_stays_small() -> None:
    """Headers that each promise more never make it hold more than a frame."""
    framer = Framer()
    promise = SENT[:22] + (4000).to_bytes(2, "big")
    held = []
    for _ in range(1000):
        framer.feed(promise)
        held.append(framer.pending)
    assert max(held) <= TERMINAL_LIMIT + len(promise)
    assert frames(framer.feed(SENT)) == [SENT]


def pieces_read(data: bytes, places: list[int]) -> list[Piece]:
    """Fed in parts; every piece is read, which must not raise anything."""
    framer, reader = Framer(), Reader()
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    found = []
    for begin, end in pairwise(edges):
        found += framer.feed(data[begin:end])
    found += framer.expire()
    assert b"".join(piece.raw for piece in found) == data
    for piece in found:
        read = reader.read(piece)
        assert (read.reason is None) == (read.decoded is not None)
    return found


NOISE = st.binary(max_size=400) | st.builds(
    lambda frame, place, bits: frame[: place % len(frame)] + bytes([bits]) + frame[place % len(frame) + 1 :],
    st.sampled_from(GOOD),
    st.integers(0, 5000),
    st.integers(0, 255),
)
AFTER = TERMINAL_LIMIT // len(SENT) + 2  # a changed length may swallow frames when the check byte fits by chance
PLACES = st.lists(st.integers(0, 10_000), max_size=6)


@settings(max_examples=200, deadline=None)
@given(NOISE, st.sampled_from(GOOD), PLACES)
def test_any_bytes_then_a_good_frame(noise: bytes, good: bytes, places: list[int]) -> None:
    """Random and mutated input raises nothing, and what it can declare is behind it after one frame's limit."""
    found = pieces_read(noise + good + SENT * AFTER, places)
    assert frames(found)[-1] == SENT


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(GOOD), min_size=1, max_size=6), PLACES)
def test_glued_and_torn(sent: list[bytes], places: list[int]) -> None:
    """However frames are glued and torn, they come out as sent."""
    assert frames(pieces_read(b"".join(sent), places)) == sent


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(GOOD), st.integers(0, 5000), st.integers(0, 5000))
def test_a_data_unit_with_anything_in_it(frame: bytes, place: int, bits: int) -> None:
    """A right check byte around wrong content: read or refused by the decoder's own error, nothing else."""
    at = 2 + place % (len(frame) - 3)
    changed = bytearray(frame)
    changed[at] ^= bits & 0xFF
    changed[-1] ^= bits & 0xFF
    pieces_read(bytes(changed), [])


def test_the_decoders_own_error_names_its_reason() -> None:
    """What is counted is the reason."""
    error = DecodeError(Reason.LAYOUT, "detail")
    assert (error.reason, str(error)) == (Reason.LAYOUT, "layout: detail")
