"""Signed links in messages: one purpose, one call, one recipient, until a time. Short, because SMS count characters.

A token is 28 bytes of content and 16 of HMAC-SHA256 in base64url: 59 characters.
"""

import base64
import binascii
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from pathlib import Path

ACKNOWLEDGE = 1
_FORM = struct.Struct(">B16s6sIx")
_MAC_BYTES = 16
_CALL = re.compile(r"call_([0-9a-f]{32})")
SHORTEST_KEY = 32


class LinkRefused(Exception):
    """A token that is not ours, is changed or for something else; `expired` when all is right but its time."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("expired" if expired else "not valid")
        self.expired = expired


@dataclass(frozen=True, slots=True)
class Token:
    """What a link says: which call, told to whom (a digest of the recipient's id)."""

    call_id: str
    recipient_digest: str
    expires_ms: int


def digest_of(recipient_id: str) -> str:
    """Names a recipient within a link."""
    return hashlib.sha256(recipient_id.encode()).hexdigest()[:12]


class Links:
    """Makes and reads tokens; the first key signs, every key verifies, so that a key can be replaced.

    The same content gives the same token, so a message is the same bytes at every attempt.
    """

    def __init__(self, keys: tuple[bytes, ...], base_url: str) -> None:
        """Raises ValueError for a key shorter than 32 bytes."""
        if any(len(key) < SHORTEST_KEY for key in keys):
            raise ValueError(f"a key of links has at least {SHORTEST_KEY} bytes")
        self._keys = keys
        self._base_url = base_url.rstrip("/")

    @classmethod
    def load(cls, path: Path | None, base_url: str) -> "Links":
        """Keys from a file, one a line, two while one is replaced; without a file there are no links.

        Raises ValueError, OSError.
        """
        lines = () if path is None else tuple(path.read_bytes().split())
        return cls(lines[:2], base_url)

    def acknowledge_url(self, call_id: str, recipient_id: str, expires_ms: int) -> str:
        """The address behind which the recipient acknowledges; empty when no key or no address is set."""
        if not self._keys or not self._base_url:
            return ""
        found = _CALL.fullmatch(call_id)
        assert found is not None
        content = _FORM.pack(
            ACKNOWLEDGE, bytes.fromhex(found[1]), bytes.fromhex(digest_of(recipient_id)), expires_ms // 1000
        )
        token = base64.urlsafe_b64encode(content + _mac(self._keys[0], content)).rstrip(b"=").decode()
        return f"{self._base_url}/a/{token}"

    def read(self, token: str, now_ms: int) -> Token:
        """What a token says. Raises LinkRefused."""
        try:
            data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            raise LinkRefused from None
        content, mac = data[: _FORM.size], data[_FORM.size :]
        # Also another spelling of the same bytes is refused: one link, one text.
        if len(mac) != _MAC_BYTES or base64.urlsafe_b64encode(data).rstrip(b"=").decode() != token:
            raise LinkRefused
        matches = [hmac.compare_digest(_mac(key, content), mac) for key in self._keys]
        if not any(matches):
            raise LinkRefused
        purpose, call, recipient, expires = _FORM.unpack(content)
        if purpose != ACKNOWLEDGE:
            raise LinkRefused
        if expires * 1000 <= now_ms:
            raise LinkRefused(expired=True)
        return Token(f"call_{call.hex()}", recipient.hex(), expires * 1000)


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, b"lantian acknowledge\x00" + content, hashlib.sha256).digest()[:_MAC_BYTES]
