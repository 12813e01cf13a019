"""Sealed identities: what is seen without the key, what comes back with it, what proves it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lantian_ingest.sealing import Sealer, SealError, commitment, likely

CALM = settings(  # a loaded machine proves nothing
    max_examples=60, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
KEY = b"k" * 32
DAY_MS = 1_795_320_000_000
SPANS = st.lists(st.tuples(st.integers(-3, 60), st.integers(-3, 60)), max_size=5)


@CALM
@given(st.binary(max_size=50), SPANS)
def test_the_original_comes_back_byte_for_byte(raw: bytes, spans: list[tuple[int, int]]) -> None:
    """Whatever was masked; and the commitment is that of the original alone."""
    sealed = Sealer(KEY).seal(raw, spans, DAY_MS)
    covered = {at for begin, end in spans for at in range(max(0, begin), min(len(raw), end))}
    assert sealed.masked == bytes(0x2A if at in covered else byte for at, byte in enumerate(raw))
    original, salt = Sealer(KEY).unseal(sealed.masked, sealed.box)
    assert original == raw
    assert commitment(salt, original) == sealed.commitment
    assert commitment(salt, original + b"x") != sealed.commitment


def test_the_box_holds_only_with_its_frame_and_key() -> None:
    """A changed frame, a changed box, another key: none opens, so nobody can exchange evidence unseen."""
    sealer = Sealer(KEY)
    sealed = sealer.seal(b"##LGDCHA1G8MA779653##", [(2, 19)], DAY_MS)
    with pytest.raises(SealError):
        Sealer(b"x" * 32).unseal(sealed.masked, sealed.box)
    with pytest.raises(SealError):
        sealer.unseal(sealed.masked + b"!", sealed.box)
    for at in (0, 3, len(sealed.box) // 2, len(sealed.box) - 1):
        changed = bytearray(sealed.box)
        changed[at] ^= 1
        with pytest.raises(SealError):
            sealer.unseal(sealed.masked, bytes(changed))
    with pytest.raises(SealError):
        sealer.unseal(sealed.masked, b"")
    with pytest.raises(ValueError, match="32 needed"):
        Sealer(b"short")


def test_equal_frames_do_not_look_equal_sealed() -> None:
    """The box is random; the commitment depends on key and frame, so that it can not be tried out without the key."""
    one, other = (Sealer(KEY).seal(b"LGDCHA1G8MA779653", [(0, 17)], DAY_MS) for _ in range(2))
    assert one.box != other.box
    assert one.commitment == other.commitment != Sealer(b"y" * 32).seal(b"LGDCHA1G8MA779653", [(0, 17)], 0).commitment


def test_likely_identities() -> None:
    """Letters and digits in a row; binary numbers are left as they are."""
    raw = b"\x01\x02LGDCHA1G8MA779653\x00\xffabc1234\x00"
    assert likely(raw) == [(2, 19)]
