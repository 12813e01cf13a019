"""New SM4 keys for feeds that encrypt (HJ 212-2025, 1014): made here, kept in the file of keys before they are sent."""

import os
import secrets
from pathlib import Path
from typing import Final

from lantian_ingest.decoders.hj212.sm4 import KEY_BYTES, KeyRing

ENCODING: Final = "utf-8"


class Renewal:
    """Both keys of a feed open its packets until it has used the new one. A key is in no topic and in no log."""

    def __init__(self, keys: KeyRing, file: Path | None) -> None:
        self._keys = keys
        self._file = file

    def current(self, mn: str) -> bytes | None:
        """The key that requests to a feed are encrypted by; None for one that does not encrypt."""
        known = self._keys.keys(mn)
        return known[0] if known else None

    def offer(self, mn: str) -> str:
        """A new key for a feed, sixteen characters; the same one until the feed has used it.

        It is on the disk when this returns: after a restart the feed may speak under it. Raises ValueError for a feed
        that has no key, and where the file can not be written.
        """
        feed = self._keys.feeds.get(mn)
        if self._file is None or feed is None or not feed.known:
            raise ValueError("the feed has no SM4 key that could be renewed")
        if feed.offered is not None:
            return feed.offered.decode("ascii")
        key = secrets.token_hex(KEY_BYTES // 2)
        try:
            self._keep(self._file, f"{mn} {key}\n")
        except OSError as error:
            raise ValueError(f"the file of SM4 keys can not be written: {error.strerror}") from error
        self._keys.offer(mn, key.encode())
        return key

    def done(self, mn: str) -> None:
        """The feed says that it has taken the key offered."""
        feed = self._keys.feeds.get(mn)
        if feed is not None and feed.offered is not None:
            self._keys.used(mn, feed.offered)

    @staticmethod
    def _keep(file: Path, line: str) -> None:
        before = file.read_bytes()
        with file.open("ab") as out:
            out.write((b"" if before.endswith(b"\n") or not before else b"\n") + line.encode(ENCODING))
            out.flush()
            os.fsync(out.fileno())
