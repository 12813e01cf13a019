"""Pseudonyms of vehicles, plates and cards: HMAC-SHA-256 under a key that the caller holds.

Without the key a pseudonym can not be found by trying all VINs or plates, which are few enough for a plain hash.
"""

import hmac
import unicodedata
from enum import StrEnum
from hashlib import sha256
from typing import Final

KEY_BYTES: Final = 32
PSEUDONYM_DIGITS: Final = 32  # 128 bits
_DROPPED: Final = str.maketrans("", "", " \x00\t·•.-　")


class Identity(StrEnum):
    """What is named; equal texts of different kinds have different pseudonyms."""

    VIN = "vin"
    PLATE = "plate"
    CARD = "iccid"


def normalized(text: str) -> str:
    """Upper case, full-width as half-width, without blanks, zeros and the dot of a plate."""
    return unicodedata.normalize("NFKC", text).translate(_DROPPED).upper()


def pseudonym(identity: Identity, value: str | bytes, key: bytes) -> str:
    """`<kind>-<32 hex digits>`, the same for every spelling of one identity.

    Bytes are read as latin-1: every sequence has a pseudonym. Raises ValueError for a key under 32 bytes.
    """
    if len(key) < KEY_BYTES:
        raise ValueError(f"the key has {len(key)} bytes, {KEY_BYTES} needed")
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    message = f"{identity}\x00{normalized(text)}".encode("utf-8", "surrogatepass")
    return f"{identity}-{hmac.new(key, message, sha256).hexdigest()[:PSEUDONYM_DIGITS]}"
