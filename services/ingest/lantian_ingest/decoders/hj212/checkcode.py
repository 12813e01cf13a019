"""The check code of HJ 212 (HJ 212-2017 appendix A), and the foreign ones that real senders use instead.

The printed algorithm throws the low byte away in every step, so a step is a linear map of eight bits, and that map has
period 8: what a byte adds depends only on its distance from the end modulo 8. `code` therefore folds the segment to 64
bits with shifts of one big integer and looks up four pairs of bytes.
"""

from enum import StrEnum
from typing import Final

from lantian_ingest.decoders.hj212.quirks import Quirk

POLYNOMIAL: Final = 0xA001
END: Final = b"&&"


class Verdict(StrEnum):
    """What the sent check code is."""

    RIGHT = "hj212"
    BYTES_SWAPPED = "hj212-byteswapped"
    WITHOUT_END = "hj212-without-last-&&"
    MODBUS = "modbus"
    MODBUS_SWAPPED = "modbus-byteswapped"
    SHAPED = "mismatch-hj212-shaped"  # wrong, but a value the algorithm can give: text changed on the way
    DUMMY = "mismatch-dummy"  # wrong, and no value of the algorithm
    NONE = "no-crc"


FOREIGN: Final = {
    Verdict.BYTES_SWAPPED: Quirk.CHECK_BYTES_SWAPPED,
    Verdict.WITHOUT_END: Quirk.CHECK_WITHOUT_END,
    Verdict.MODBUS: Quirk.CHECK_MODBUS,
    Verdict.MODBUS_SWAPPED: Quirk.CHECK_MODBUS_SWAPPED,
}


def _shifted(register: int) -> int:
    for _ in range(8):
        register = (register >> 1) ^ POLYNOMIAL if register & 1 else register >> 1
    return register


TABLE: Final = [_shifted(byte) for byte in range(256)]
LOW_BYTES: Final = frozenset(value & 0xFF for value in TABLE)

# SHARES[k][b]: what byte b, k places before the last one, adds to the high byte of the register.
SHARES: Final = [list(range(256))]
for _ in range(7):
    SHARES.append([TABLE[byte] >> 8 for byte in SHARES[-1]])
_PAIRS: Final = [
    bytes(SHARES[place][pair & 0xFF] ^ SHARES[place + 1][pair >> 8] for pair in range(0x10000))
    for place in (0, 2, 4, 6)
]
_PAIR_0, _PAIR_2, _PAIR_4, _PAIR_6 = _PAIRS
# By length modulo 8: the start value 0xFF stands before the first byte.
STARTS: Final = [SHARES[(length - 1) % 8][0xFF] for length in range(8)]
TEXTS: Final = [b"%04X" % value for value in TABLE]

_LOW_4096: Final = (1 << 4096) - 1
_LOW_2048: Final = (1 << 2048) - 1
_LOW_1024: Final = (1 << 1024) - 1
_LOW_512: Final = (1 << 512) - 1
_LOW_256: Final = (1 << 256) - 1
_LOW_128: Final = (1 << 128) - 1
_LOW_64: Final = (1 << 64) - 1


def _state(data: bytes) -> int:
    folded = int.from_bytes(data, "big")
    length = len(data)
    if length > 256:  # bytes; folding nothing would cost as much as folding
        if length > 512:
            while folded >> 4096:
                folded = (folded & _LOW_4096) ^ (folded >> 4096)
        folded = (folded & _LOW_2048) ^ (folded >> 2048)
    if length > 128:
        folded = (folded & _LOW_1024) ^ (folded >> 1024)
    if length > 64:
        folded = (folded & _LOW_512) ^ (folded >> 512)
    folded = (folded & _LOW_256) ^ (folded >> 256)
    folded = (folded & _LOW_128) ^ (folded >> 128)
    folded ^= folded >> 64
    return (
        _PAIR_0[folded & 0xFFFF]
        ^ _PAIR_2[(folded >> 16) & 0xFFFF]
        ^ _PAIR_4[(folded >> 32) & 0xFFFF]
        ^ _PAIR_6[(folded >> 48) & 0xFFFF]
        ^ STARTS[length & 7]
    )


def state(data: bytes) -> int:
    """The state behind a segment that is not empty: the place of its check code in TEXTS."""
    return _state(data)


def share(data: bytes, behind: int) -> int:
    """What a stretch of a segment adds to the state, with `behind` bytes after it; bytes that are zero add nothing."""
    folded = int.from_bytes(data, "big") << (behind & 7) * 8
    while folded >> 64:
        folded = (folded & _LOW_64) ^ (folded >> 64)
    return (
        _PAIR_0[folded & 0xFFFF]
        ^ _PAIR_2[(folded >> 16) & 0xFFFF]
        ^ _PAIR_4[(folded >> 32) & 0xFFFF]
        ^ _PAIR_6[folded >> 48]
    )


def code(data: bytes) -> int:
    """The check code of a segment."""
    return TABLE[_state(data)] if data else 0xFFFF


def text(data: bytes) -> bytes:
    """The check code as sent: four hexadecimal digits, upper case."""
    return TEXTS[_state(data)] if data else b"FFFF"


def modbus(data: bytes) -> int:
    """CRC-16/MODBUS, which many senders take for the code of HJ 212."""
    register = 0xFFFF
    for byte in data:
        register = TABLE[(register ^ byte) & 0xFF] ^ (register >> 8)
    return register


def _swapped(value: int) -> int:
    return (value & 0xFF) << 8 | value >> 8


def judge(segment: bytes, sent: bytes) -> Verdict:
    """What `sent`, the bytes after the segment, is for this segment; empty means that none was sent."""
    if sent == text(segment):
        return Verdict.RIGHT
    if not sent:
        return Verdict.NONE
    if len(sent) != 4 or sent.strip(b"0123456789abcdefABCDEF"):
        return Verdict.DUMMY
    value = int(sent, 16)
    right = code(segment)
    if value == right:
        return Verdict.RIGHT
    if value == _swapped(right):
        return Verdict.BYTES_SWAPPED
    foreign = modbus(segment)
    if value == foreign:
        return Verdict.MODBUS
    if value == _swapped(foreign):
        return Verdict.MODBUS_SWAPPED
    if segment.endswith(END) and value == code(segment[: -len(END)]):
        return Verdict.WITHOUT_END
    return Verdict.SHAPED if value & 0xFF in LOW_BYTES else Verdict.DUMMY


def known(verdict: Verdict) -> bool:
    """True when the code belongs to the segment by any of the known ways to compute one."""
    return verdict is Verdict.RIGHT or verdict in FOREIGN
