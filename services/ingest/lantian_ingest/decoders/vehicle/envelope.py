"""The envelope that all vehicle protocols share: mark, 24 bytes of header, data unit, check byte.

GB 17691-2018 annex Q: mark, command, VIN, software version, encryption, length. GB/T 32960.3 and the platform link of
HJ 1239.3: mark, command, answer flag, VIN, encryption, length. A VIN starts with a letter or a digit, an answer flag is
1 to 7 or FE: so byte 3 tells them apart.
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from lantian_ingest.decoders.vehicle.quirks import DecodeError, Quirk, Reason

HEADER_BYTES: Final = 24
FRAME_BYTES: Final = 25  # with an empty data unit
VIN_BYTES: Final = 17
LARGEST_DATA: Final = 65531
HASHES: Final = b"##"
DOLLARS: Final = b"$$"
TILDES: Final = b"~~"
COMMAND_FLAG: Final = 0xFE  # in place of an answer: this is a command, it asks for one
PLAIN: Final = 1

_VIN: Final = re.compile(rb"[A-HJ-NPR-Z0-9]{17}\Z")
# Identities are letters and digits; blanks, zeros and ones stand where a terminal was never told its vehicle. None of
# the characters is a mark, and the encryption byte is one of few: text and noise do not pass for a header.
_IDENTITY: Final = rb"(?:[0-9A-Za-z \x00*_/.-]{17}|\xff{17})"
HEADER: Final = re.compile(
    rb"(?=((?:##|~~)[\x00-\xff](?:[\x01-\x07\xfe]"
    + _IDENTITY
    + rb"|"
    + _IDENTITY
    + rb"[\x00-\xff])[\x00-\x05\xfe\xff][\x00-\xff]{2}|\$\$[\x00-\xff][\x01-\x07\xfe]"
    + _IDENTITY
    + rb"[\x00-\x05\xfe\xff][\x00-\xff]{2}))"
)


class Protocol(StrEnum):
    """Whose envelope it is; the blocks inside may be another's."""

    GB17691 = "gb17691-2018"  # annex Q; HJ 1239.3 between terminal and platform
    HJ1239_PLATFORM = "hj1239-platform"  # one source, no real frame seen
    GBT32960_2016 = "gbt32960-2016"
    GBT32960_2025 = "gbt32960-2025"


class Answer(IntEnum):
    """Answer flags of GB/T 32960.3; 5 to 7 since 2025."""

    OK = 1
    ERROR = 2
    VIN_TWICE = 3
    VIN_UNKNOWN = 4
    BAD_SIGNATURE = 5
    BAD_STRUCTURE = 6
    DECRYPTION_FAILED = 7


@dataclass(frozen=True, slots=True)
class Envelope:
    """A frame's header and its data unit. `answer` is None where the header has none, `software` where it has none.

    `vin` is the identity as sent; it and the data unit are personal data and stay out of logs.
    """

    protocol: Protocol
    command: int
    answer: int | None
    vin: bytes = field(repr=False)
    software: int | None
    encryption: int
    data: bytes = field(repr=False)
    mark: bytes = HASHES

    @property
    def is_command(self) -> bool:
        """False for an answer to a command."""
        return self.answer is None or self.answer == COMMAND_FLAG


def check_byte(data: bytes | memoryview) -> int:
    """XOR of all bytes, folded through one big integer."""
    value = int.from_bytes(data, "big")
    bits = 8
    while bits < len(data) * 8:
        bits *= 2
    while bits > 8:
        bits //= 2
        value = (value >> bits) ^ (value & ((1 << bits) - 1))
    return value


def declared_bytes(raw: bytes | memoryview, at: int = 0) -> int:
    """How long the frame that starts there says it is, header and check byte included."""
    return FRAME_BYTES + (raw[at + 22] << 8 | raw[at + 23])


def is_checked(raw: bytes | memoryview) -> bool:
    """True when the check byte belongs to the frame: the two equal bytes of the mark cancel out."""
    return check_byte(raw) == 0


def parse(raw: bytes) -> Envelope:
    """The envelope of one frame. Raises DecodeError: no-frame, incomplete, wrong-length, wrong-check."""
    if HEADER.match(raw) is None:
        raise DecodeError(Reason.INCOMPLETE if 0 < len(raw) < HEADER_BYTES else Reason.NO_FRAME)
    declared = declared_bytes(raw)
    if len(raw) != declared:
        right = len(raw) >= FRAME_BYTES and is_checked(raw)
        short = len(raw) < declared and not right
        raise DecodeError(Reason.INCOMPLETE if short else Reason.WRONG_LENGTH, f"declared {declared}, is {len(raw)}")
    if not is_checked(raw):
        raise DecodeError(Reason.WRONG_CHECK)
    mark = raw[:2]
    data = raw[HEADER_BYTES:-1]
    if raw[3] not in (1, 2, 3, 4, 5, 6, 7, COMMAND_FLAG):
        return Envelope(Protocol.GB17691, raw[2], None, raw[3:20], raw[20], raw[21], data, mark)
    protocol = {HASHES: Protocol.GBT32960_2016, DOLLARS: Protocol.GBT32960_2025}.get(mark, Protocol.HJ1239_PLATFORM)
    return Envelope(protocol, raw[2], raw[3], raw[4:21], None, raw[21], data, mark)


def build(envelope: Envelope) -> bytes:
    """The bytes of a frame; the inverse of `parse`. Raises ValueError where a part does not fit the header."""
    if len(envelope.vin) != VIN_BYTES:
        raise ValueError("the identity has 17 bytes")
    if len(envelope.data) > LARGEST_DATA:
        raise ValueError("the data unit is too long")
    head = envelope.mark + bytes([envelope.command])
    if envelope.answer is not None:
        head += bytes([envelope.answer]) + envelope.vin
    else:
        head += envelope.vin + bytes([envelope.software or 0])
    head += bytes([envelope.encryption]) + len(envelope.data).to_bytes(2, "big")
    return head + envelope.data + bytes([check_byte(head[2:] + envelope.data)])


def quirks_of(envelope: Envelope) -> set[Quirk]:
    """What is unusual in the header."""
    quirks = set()
    if envelope.mark == TILDES and envelope.answer is None:
        quirks.add(Quirk.TILDE_MARK)
    if _VIN.match(envelope.vin) is None:
        quirks.add(Quirk.VIN_SHAPE)
    if envelope.encryption == 0:
        quirks.add(Quirk.ENCRYPTION_ZERO)
    known = 4 if envelope.protocol is Protocol.GBT32960_2016 else 7
    if envelope.answer is not None and envelope.answer != COMMAND_FLAG and envelope.answer > known:
        quirks.add(Quirk.UNKNOWN_ANSWER)
    return quirks
