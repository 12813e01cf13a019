"""备案激活 of a terminal (HJ 1239.3; GB/T 32960.3-2025): what is signed, and what the platform says to it.

A terminal sends the number of its security chip, the chip's public key and the VIN, signed by the chip (SM2 with SM3,
GB/T 32918.2; the identity is the default of GM/T 0009). Status 1 is done, 2 failed, with the cause of the failure.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import gmalg

from lantian_ingest.decoders.vehicle.session import Activation

IDENTITY: Final = b"1234567812345678"
KEY_BYTES: Final = 64
POINT: Final = b"\x04"  # both coordinates follow
NUMBER_BYTES: Final = 32
DONE: Final = 1
FAILED: Final = 2
_PADDING: Final = "\x00 "


class Cause(IntEnum):
    """Why an activation failed; 0 with one that did not."""

    NONE = 0
    CHIP_TAKEN = 1  # the chip is another vehicle's
    VIN = 2
    OTHER = 3


class Filed(NamedTuple):
    """What the registry says of a vehicle: number of its chip, and the chip's public key, 128 hex digits."""

    chip: str
    key: str


class Verdict(NamedTuple):
    """What the terminal is told, and why, in words without anything that names it."""

    status: int
    cause: Cause
    why: str


def chip_of(asked: Activation) -> str:
    """The chip's number as text, without padding."""
    return asked.chip.decode("latin-1").strip(_PADDING)


def judge(asked: Activation, signed: bytes, vin: bytes, filed: Filed, *, elsewhere: bool) -> Verdict:
    """The answer. `signed` is the data unit up to the signature, `vin` the header's; `elsewhere`: the registry has the
    chip at another vehicle.
    """
    if asked.vin != vin:
        return Verdict(FAILED, Cause.VIN, "the VIN inside is not that of the frame")
    if elsewhere:
        return Verdict(FAILED, Cause.CHIP_TAKEN, "the chip is filed for another vehicle")
    if chip_of(asked) != filed.chip:
        return Verdict(FAILED, Cause.OTHER, "the chip is not the one filed for the vehicle")
    key = asked.public_key.removeprefix(POINT) if len(asked.public_key) == KEY_BYTES + 1 else asked.public_key
    if key.hex() != filed.key.lower():
        return Verdict(FAILED, Cause.OTHER, "the public key is not the one filed for the chip")
    if not verified(key, signed, asked.signature):
        return Verdict(FAILED, Cause.OTHER, "the signature is wrong")
    return Verdict(DONE, Cause.NONE, "activated")


def verified(key: bytes, message: bytes, signature: bytes) -> bool:
    """True for an SM2 signature of a message: length and bytes of R, then of S, or 64 bytes of both. Tens of ms."""
    numbers = _numbers(signature)
    if numbers is None or len(key) != KEY_BYTES:
        return False
    try:
        return bool(gmalg.SM2(uid=IDENTITY, pk=POINT + key).verify(message, *numbers))
    except gmalg.errors.GMError:  # a key that is no point of the curve
        return False


def _numbers(signature: bytes) -> tuple[bytes, bytes] | None:
    if len(signature) == 2 * NUMBER_BYTES:
        return signature[:NUMBER_BYTES], signature[NUMBER_BYTES:]
    size = signature[0] if signature else 0
    if size != NUMBER_BYTES or len(signature) != 2 * (NUMBER_BYTES + 1) or signature[size + 1] != NUMBER_BYTES:
        return None
    return signature[1 : size + 1], signature[size + 2 :]
