"""SM4 content of HJ 212-2025: what stands between `CP=&&` and the last `&&`, block by block (ECB, no padding).

The text of the standard was not at hand: two public implementations and the lengths of its examples agree that the
bytes on the wire are raw, that a tail shorter than a block stays plain, and that length and check code are of the plain
segment. The cipher is that of `cryptography` (GB/T 32907-2016).
"""

from dataclasses import dataclass, field, replace
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 16
KEY_BYTES: Final = 16
AREA: Final = b"CP=&&"
END: Final = b"&&"
KEYS_KEPT: Final = 2  # the one in use and the one before it: packets under way


class WrongKey(ValueError):
    """No SM4 key: sixteen bytes, as text or as 32 hexadecimal digits."""


def key_of(text: str) -> bytes:
    """The key that a text of 16 ASCII characters or 32 hexadecimal digits stands for. Raises WrongKey."""
    if len(text) == 2 * KEY_BYTES:
        try:
            return bytes.fromhex(text)
        except ValueError:
            pass
    if len(text) == KEY_BYTES and text.isascii():
        return text.encode()
    raise WrongKey("an SM4 key has 16 characters or 32 hexadecimal digits")


def _area(segment: bytes) -> tuple[int, int] | None:
    """Where the whole blocks of the data area begin and end."""
    begin = segment.find(AREA)
    if begin < 0 or not segment.endswith(END) or len(segment) < begin + len(AREA) + len(END):
        return None
    begin += len(AREA)
    size = len(segment) - len(END) - begin
    return begin, begin + size - size % BLOCK


def encrypt(segment: bytes, key: bytes) -> bytes:
    """The segment with its data area encrypted; the same length."""
    return _through(segment, key, encrypting=True)


def decrypt(segment: bytes, key: bytes) -> bytes:
    """The segment with its data area decrypted; unchanged where it has none of a whole block."""
    return _through(segment, key, encrypting=False)


def _through(segment: bytes, key: bytes, *, encrypting: bool) -> bytes:
    area = _area(segment)
    if area is None or area[0] == area[1]:
        return segment
    cipher = Cipher(algorithms.SM4(key), modes.ECB())
    turn = cipher.encryptor() if encrypting else cipher.decryptor()
    begin, end = area
    return segment[:begin] + turn.update(segment[begin:end]) + turn.finalize() + segment[end:]


@dataclass(frozen=True, slots=True)
class FeedKeys:
    """Keys of one feed: `known`, the one in use first; `offered` was sent by 1014 and is not yet confirmed."""

    known: tuple[bytes, ...] = ()
    offered: bytes | None = None

    def all(self) -> tuple[bytes, ...]:
        """Every key a packet may be encrypted with, the likeliest first."""
        return self.known if self.offered is None else (*self.known, self.offered)

    def offer(self, key: bytes) -> "FeedKeys":
        """A new key was sent to the device."""
        return replace(self, offered=key)

    def used(self, key: bytes) -> "FeedKeys":
        """The device has used this key, or said that it will (9012 with ExeRtn=1): it comes first from now on."""
        rest = tuple(known for known in self.known if known != key)
        return FeedKeys((key, *rest)[:KEYS_KEPT], None if key == self.offered else self.offered)


@dataclass(slots=True)
class KeyRing:
    """Keys by MN; in memory, for whoever holds them to fill and to keep."""

    feeds: dict[str, FeedKeys] = field(default_factory=dict)

    def keys(self, mn: str) -> tuple[bytes, ...]:
        """Keys to try for a feed, the likeliest first; none for a feed that does not encrypt."""
        found = self.feeds.get(mn)
        return () if found is None else found.all()

    def put(self, mn: str, key: bytes) -> None:
        """The key a feed is known to use."""
        self.feeds[mn] = self.feeds.get(mn, FeedKeys()).used(key)

    def offer(self, mn: str, key: bytes) -> None:
        """A new key was sent to the feed; the old one holds until the new one is used."""
        self.feeds[mn] = self.feeds.get(mn, FeedKeys()).offer(key)

    def used(self, mn: str, key: bytes) -> None:
        """The feed has used this key."""
        known = self.feeds.get(mn)
        if known is not None and (known.offered == key or known.known[:1] != (key,)):
            self.feeds[mn] = known.used(key)
