"""Identities in evidence: masked in what lies in raw-frames.v1, sealed beside it so that the original can be proven.

What a holder of the topic sees is the frame with VINs, card numbers and plates masked, a commitment, and a box that
only the key opens. With the key the original comes back byte for byte; the commitment, which lay in the topic from the
first moment, proves to anybody that it is the one that was received (docs/decisions/0010).
"""

import hmac
import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION: Final = b"1"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
SALT_BYTES: Final = 16
DAY_BYTES: Final = 8
DAYS_KEPT: Final = 8  # derived keys in memory
BOX_HEADER: Final = "sealed"
COMMITMENT_HEADER: Final = "commitment"
MASK: Final = b"*"  # may stand in an identity of a vehicle's header, so that tools still find the frame
# What may be an identity: 8 or more letters and digits; a VIN has 17, a card number 20, half of one at a cut fewer.
LIKELY: Final = re.compile(rb"[0-9A-Za-z]{8,}")

Span = tuple[int, int]


class SealError(ValueError):
    """The box can not be opened: another key, or it was changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """`masked` goes into the topic's value, `box` and `commitment` into its headers."""

    masked: bytes
    box: bytes
    commitment: str

    def headers(self) -> list[tuple[str, bytes]]:
        """What lies beside the masked bytes."""
        return [(BOX_HEADER, self.box), (COMMITMENT_HEADER, self.commitment.encode())]


class Sealer:
    """Seals under one master key; a key a UTC day is derived, so that none is used too often with random nonces."""

    def __init__(self, key: bytes) -> None:
        """Raises ValueError for a key under 32 bytes."""
        if len(key) < KEY_BYTES:
            raise ValueError(f"the key has {len(key)} bytes, {KEY_BYTES} needed")
        self._key = key
        self._days: dict[bytes, AESGCM] = {}

    def _of_day(self, day: bytes) -> AESGCM:
        found = self._days.get(day)
        if found is None:
            derived = HKDF(SHA256(), KEY_BYTES, None, b"lantian raw-frames.v1 " + day).derive(self._key)
            found = self._days[day] = AESGCM(derived)
            while len(self._days) > DAYS_KEPT:
                del self._days[next(iter(self._days))]
        return found

    def seal(self, raw: bytes, spans: Iterable[Span], received_ms: int) -> Sealed:
        """Masks the spans (begin, end); overlapping ones are joined. Spans outside of the bytes are cut."""
        joined = _joined(spans, len(raw))
        masked = bytearray(raw)
        for begin, end in joined:
            masked[begin:end] = MASK * (end - begin)
        salt = hmac.new(self._key, b"salt" + raw, sha256).digest()[:SALT_BYTES]
        pieces = b"".join(raw[begin:end] for begin, end in joined)
        inside = salt + json.dumps(joined, separators=(",", ":")).encode() + b"\n" + pieces
        day = datetime.fromtimestamp(received_ms / 1000, UTC).strftime("%Y%m%d").encode()
        nonce = os.urandom(NONCE_BYTES)
        box = VERSION + day + nonce + self._of_day(day).encrypt(nonce, inside, bytes(masked))
        return Sealed(bytes(masked), box, commitment(salt, raw))

    def unseal(self, masked: bytes, box: bytes) -> tuple[bytes, bytes]:
        """The original bytes and the salt that shows, with the commitment, that they are. Raises SealError."""
        start = len(VERSION) + DAY_BYTES
        if box[:1] != VERSION or len(box) < start + NONCE_BYTES:
            raise SealError("no box of this version")
        day, nonce = box[1:start], box[start : start + NONCE_BYTES]
        try:
            inside = self._of_day(day).decrypt(nonce, box[start + NONCE_BYTES :], masked)
        except InvalidTag as error:
            raise SealError("another key, or frame or box were changed") from error
        salt, rest = inside[:SALT_BYTES], inside[SALT_BYTES:]
        head, _, pieces = rest.partition(b"\n")
        original, at = bytearray(masked), 0
        for begin, end in json.loads(head):
            original[begin:end] = pieces[at : at + end - begin]
            at += end - begin
        return bytes(original), salt


def commitment(salt: bytes, raw: bytes) -> str:
    """SHA-256 of salt and original, hex. The salt keeps it from being tried out: there are few VINs and plates."""
    return sha256(salt + raw).hexdigest()


def likely(raw: bytes) -> list[Span]:
    """Stretches that may be an identity."""
    return [match.span() for match in LIKELY.finditer(raw)]


def _joined(spans: Iterable[Span], size: int) -> Sequence[Span]:
    joined: list[Span] = []
    for begin, end in sorted((max(0, begin), min(size, end)) for begin, end in spans):
        if begin >= end:
            continue
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
