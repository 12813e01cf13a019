"""Secrets of second factors as the store keeps them: encrypted with a key that lies in a file, not in the store.

Fernet of `cryptography` (AES-128-CBC and HMAC-SHA-256), its key drawn from a line of the file by HKDF. The first line
writes, every line reads: a new first line replaces the old one as people sign in (docs/operating.md, rotation).
"""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lantian_kit.access.key_file import AccessError

SHORTEST_KEY = 32
SHUT = "fernet:"
"""Begins a secret that is encrypted; what does not begin with it was kept before there was a key."""


class VaultError(Exception):
    """No key of the file opens this."""


class Vault:
    """Without keys secrets are kept as they are."""

    def __init__(self, lines: Sequence[bytes] = ()) -> None:
        """Raises AccessError for a line shorter than 32 bytes."""
        if any(len(line) < SHORTEST_KEY for line in lines):
            raise AccessError(f"a key of second factors has at least {SHORTEST_KEY} bytes")
        self._keys = [Fernet(_key(line)) for line in lines]

    @classmethod
    def load(cls, path: Path | None) -> Self:
        """Keys of a file, one a line. Raises AccessError."""
        if path is None:
            return cls()
        try:
            lines = [line.strip() for line in path.read_bytes().split(b"\n") if line.strip()]
        except OSError as error:
            raise AccessError(f"the keys of second factors can not be read: {error}") from error
        if not lines:
            raise AccessError("the file of keys of second factors is empty")
        return cls(lines)

    @property
    def possible(self) -> bool:
        """Whether there is a key."""
        return bool(self._keys)

    def shut(self, secret: str) -> str:
        """As the store keeps it."""
        return SHUT + self._keys[0].encrypt(secret.encode()).decode() if self._keys else secret

    def open(self, kept: str) -> str:
        """The secret. Raises VaultError."""
        if not kept.startswith(SHUT):
            return kept
        if not self._keys:
            raise VaultError("there is no file of keys")
        try:
            return MultiFernet(self._keys).decrypt(kept.removeprefix(SHUT)).decode()
        except InvalidToken as error:
            raise VaultError("no key of the file opens the secret") from error

    def anew(self, kept: str) -> str:
        """The secret under the first key; empty when it is already. Raises VaultError."""
        if not self._keys:
            return ""
        if kept.startswith(SHUT):
            try:
                self._keys[0].decrypt(kept.removeprefix(SHUT))
            except InvalidToken:
                return self.shut(self.open(kept))
            return ""
        return self.shut(kept)


def _key(line: bytes) -> bytes:
    drawn = HKDF(SHA256(), 32, salt=None, info=b"lantian second factors").derive(line)
    return base64.urlsafe_b64encode(drawn)
