"""The bytes of a segment: records one after the other, each with its number and checksum.

Record: `LTSP`, length of the payload (u32), CRC-32 of number and payload (u32), number (u64), payload; little endian.
After a stretch that is damaged the next whole record is looked for, so that damage costs only what it hit.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

MAGIC: Final = b"LTSP"
HEADER: Final = struct.Struct("<4sIIQ")
NUMBER: Final = struct.Struct("<Q")
LARGEST_PAYLOAD: Final = 4 * 1024 * 1024


class Found(NamedTuple):
    """A record; `end` is the offset behind it."""

    number: int
    payload: bytes
    end: int


class Damage(NamedTuple):
    """A stretch without a whole record. `torn`: it reaches the end of the data and may be a record half written."""

    start: int
    end: int
    torn: bool


def pack(number: int, payload: bytes) -> bytes:
    """One record. Raises ValueError for a payload over 4 MB."""
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes is too large")
    crc = zlib.crc32(payload, zlib.crc32(NUMBER.pack(number)))
    return HEADER.pack(MAGIC, len(payload), crc, number) + payload


def unpack(data: bytes, offset: int = 0) -> Iterator[Found | Damage]:
    """Records and damaged stretches from an offset on, in order; together they cover all bytes."""
    size = len(data)
    while offset < size:
        found = _at(data, offset)
        if found is not None:
            yield found
            offset = found.end
            continue
        following = offset
        while (following := data.find(MAGIC, following + 1)) >= 0 and _at(data, following) is None:
            pass
        end = following if following >= 0 else size
        yield Damage(offset, end, following < 0 and _half(data, offset))
        offset = end


def _at(data: bytes, offset: int) -> Found | None:
    begin = offset + HEADER.size
    if len(data) < begin:
        return None
    magic, length, crc, number = HEADER.unpack_from(data, offset)
    if magic != MAGIC or length > LARGEST_PAYLOAD or begin + length > len(data):
        return None
    payload = data[begin : begin + length]
    if zlib.crc32(payload, zlib.crc32(NUMBER.pack(number))) != crc:
        return None
    return Found(number, payload, begin + length)


def _half(data: bytes, offset: int) -> bool:
    """True when the rest of the data may be one record whose writing was cut off."""
    rest = data[offset : offset + HEADER.size]
    if not MAGIC.startswith(rest[: len(MAGIC)]):
        return False
    if len(rest) < HEADER.size:
        return True
    _, length, _, _ = HEADER.unpack(rest)
    return bool(length <= LARGEST_PAYLOAD and offset + HEADER.size + length > len(data))
