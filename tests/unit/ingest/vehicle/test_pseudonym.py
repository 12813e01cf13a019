"""Names that stand for vehicles where their VIN and plate must not."""

import hmac
from hashlib import sha256

import pytest

from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym

KEY = bytes(range(32))


def test_it_is_hmac_sha_256() -> None:
    """Computed here by the library's own function."""
    expected = hmac.new(KEY, b"vin\x00LGDCHA1G8MA779653", sha256).hexdigest()[:32]
    assert pseudonym(Identity.VIN, b"LGDCHA1G8MA779653", KEY) == f"vin-{expected}"


@pytest.mark.parametrize("plate", ["京A·12345", "京a12345", " 京Ａ 12345\x00", "京A.12345", "京A-12345"])
def test_spellings_of_a_plate(plate: str) -> None:
    """Dot, blank, full width, case."""
    assert pseudonym(Identity.PLATE, plate, KEY) == pseudonym(Identity.PLATE, "京A12345", KEY)


def test_what_differs() -> None:
    """Value, kind, key."""
    names = {pseudonym(Identity.VIN, "LGDCHA1G8MA779653", KEY), pseudonym(Identity.VIN, "LGDCHA1G8MA779654", KEY)}
    names |= {
        pseudonym(Identity.PLATE, "LGDCHA1G8MA779653", KEY),
        pseudonym(Identity.VIN, "LGDCHA1G8MA779653", KEY[::-1]),
    }
    assert len(names) == 4
    assert not any("779653" in name for name in names)


def test_a_short_key_is_refused() -> None:
    """A key that can be guessed hides nothing."""
    with pytest.raises(ValueError, match="31 bytes"):
        pseudonym(Identity.VIN, b"x", KEY[:-1])


def test_any_bytes_have_a_name() -> None:
    """A terminal that was never told its vehicle, and lone surrogates."""
    assert pseudonym(Identity.VIN, bytes(range(256)), KEY).startswith("vin-")
    assert pseudonym(Identity.PLATE, "\udc80", KEY).startswith("plate-")
