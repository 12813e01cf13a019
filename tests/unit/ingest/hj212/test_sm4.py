"""Keys of feeds: renewal without a gap, and what is no key."""

import pytest

from lantian_ingest.decoders.hj212.sm4 import KeyRing, WrongKey, decrypt, encrypt, key_of

OLD, NEW, NEWER = b"0" * 16, b"1" * 16, b"2" * 16


def test_published_key_in_both_forms() -> None:
    """Sixteen characters, or their 32 hexadecimal digits."""
    assert key_of("0" * 16) == OLD
    assert key_of("30" * 16) == OLD


@pytest.mark.parametrize("text", ["", "0" * 15, "x" * 32, "钥" * 16])
def test_no_key(text: str) -> None:
    """Said in words, without showing it."""
    with pytest.raises(WrongKey) as caught:
        key_of(text)
    assert not text or text not in str(caught.value)


def test_cipher_is_that_of_the_standard() -> None:
    """GB/T 32907-2016, appendix A: key and plain text 0123456789ABCDEFFEDCBA9876543210."""
    block = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    sent = encrypt(b"CP=&&" + block + b"&&", block)
    assert sent[5:-2].hex().upper() == "681EDF34D206965E86B3E94F536E4246"
    assert decrypt(sent, block) == b"CP=&&" + block + b"&&"


def test_renewal() -> None:
    """Offered by 1014; the old key holds until the new one is used, and one packet under way may still come by it."""
    ring = KeyRing()
    assert ring.keys("A") == ()
    ring.put("A", OLD)
    ring.offer("A", NEW)
    assert ring.keys("A") == (OLD, NEW)
    ring.used("A", OLD)
    assert ring.keys("A") == (OLD, NEW)
    ring.used("A", NEW)
    assert ring.keys("A") == (NEW, OLD)
    ring.offer("A", NEWER)
    ring.used("A", NEWER)
    assert ring.keys("A") == (NEWER, NEW)
    assert ring.keys("B") == ()


def test_segments_without_a_whole_block_stay() -> None:
    """Nothing to encrypt, nothing to fail."""
    for text in (b"", b"CP=&&", b"CP=&&&&", b"QN=1;CP=&&short&&", b"no area"):
        assert encrypt(text, OLD) == text
