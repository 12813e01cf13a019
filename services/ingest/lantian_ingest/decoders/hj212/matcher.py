"""Check code, layout and numbers of one segment in a single pass, compiled on demand.

This file holds all compiled code of the decoder, and what it needs of other files comes in as data: numba keeps machine
code while the file it was written in is unchanged, and knows nothing of others.

Numbers: at most 15 characters make an integer below 2^53 and a power of ten up to 10^15, both exact in double
precision, so that one division gives the correctly rounded value, which is what `float` gives.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

# A program: steps with their operands, then the readings. Literals carry their bytes.
LITERAL, TIME, VALUE, FLAG, ANY, DONE = range(6)
NO_SLOT: Final = 255
SLOTS_AT_MOST: Final = 200

# The pool starts with the tables; then come programs and senders.
CLASSES: Final = 0  # of each byte: bit 0 may stand in a field that is no reading, bit 1 is a mark
SHARES: Final = 256  # what a byte adds to the check code, by its distance from the end modulo 8
STARTS: Final = SHARES + 8 * 256  # what the start value adds, by length modulo 8
FREE: Final = STARTS + 8
IN_FIELD, IS_MARK = 1, 2

# A sender: where its head starts in the segment, 0 or 21; the year its QN must have, four zeros for any; its variants,
# each with the place of its program and its number; the head.
SENDER: Final = np.dtype(
    [
        ("begin", "u1"),
        ("variants", "u1"),
        ("length", "<u2"),
        ("year", "u1", (4,)),
        ("programs", "<u4", (6,)),
        ("numbers", "<u4", (6,)),
    ]
)
VARIANTS: Final = 6
INDEX: Final = 1 << 18  # places in the index of senders, at least twice as many as senders
_VARIANTS_AT, _LENGTH_AT, _YEAR_AT, _PROGRAMS_AT, _NUMBERS_AT, _HEAD_AT = 1, 2, 4, 8, 32, 56

# The work array: the segment, ending at a multiple of eight; values of all slots, marks of all slots; then what was
# read: DataTime, and values and marks of the readings in their order.
LARGEST: Final = 9_999
SLOT_VALUES: Final = 10_008
SLOT_FLAGS: Final = SLOT_VALUES + 8 * 256
READINGS: Final = SLOT_FLAGS + 256
WORK_BYTES: Final = READINGS + 8 + 9 * 256

NO_MATCH: Final = -1
_QN_BYTES: Final = 21  # QN= and 17 digits and a semicolon
_LONGEST_NUMBER: Final = 15
_DAYS_TO_2000: Final = 10_957


def take(work: Any, pool: Any, index: Any, size: Any) -> Any:
    """Reads the segment of `size` bytes that starts in `work` at -size modulo 8.

    Returns NO_MATCH, or the number of the variant times 256 plus the state of the check code.
    """
    start = -np.int64(size) % 8
    end = start + size
    begin, area = head(work, start, end)
    if area < 0:
        return NO_MATCH
    sender = index[spot(work, pool, index, start + begin, area)]
    if sender == 0 or pool[sender] != begin:
        return NO_MATCH
    if pool[sender + _YEAR_AT] != 0:
        for place in range(4):
            if pool[sender + _YEAR_AT + place] != work[start + 3 + place]:
                return NO_MATCH
    for variant in range(pool[sender + _VARIANTS_AT]):
        program = _u32(pool, sender + _PROGRAMS_AT + 4 * variant)
        if _match(work, pool, program, area, end):
            return _u32(pool, sender + _NUMBERS_AT + 4 * variant) * 256 + _state(work, pool, start, end)
    return NO_MATCH


def head(work: Any, start: Any, end: Any) -> Any:
    """Where `ST=` stands in the segment, at its start or behind QN, and where `CP=&&` stands in `work`; else -1."""
    begin = np.int64(0)
    if end - start > _QN_BYTES and work[start] == 81 and work[start + 1] == 78 and work[start + 2] == 61:  # QN=
        for place in range(start + 3, start + _QN_BYTES - 1):
            if work[place] < 48 or work[place] > 57:
                return begin, np.int64(-1)
        begin = np.int64(_QN_BYTES)
        if work[start + begin - 1] != 59:
            return begin, np.int64(-1)
    at = start + begin
    if end - at < 8 or work[at] != 83 or work[at + 1] != 84 or work[at + 2] != 61:  # ST=
        return begin, np.int64(-1)
    for place in range(at + 3, end - 4):
        opened = work[place] == 67 and work[place + 1] == 80 and work[place + 2] == 61  # CP=
        if opened and work[place + 3] == 38 and work[place + 4] == 38:  # &&
            return begin, place
    return begin, np.int64(-1)


def spot(work: Any, pool: Any, index: Any, at: Any, area: Any) -> Any:
    """Where in the index the sender with the head from `at` to `area` is, or would be."""
    mixed = np.uint64(14_695_981_039_346_656_037)  # FNV-1a
    for place in range(at, area):
        mixed = (mixed ^ np.uint64(work[place])) * np.uint64(1_099_511_628_211)
    found = np.int64((mixed ^ mixed >> np.uint64(29)) & np.uint64(INDEX - 1))
    length = area - at
    while index[found] != 0:
        sender = np.int64(index[found])
        if np.int64(pool[sender + _LENGTH_AT]) | np.int64(pool[sender + _LENGTH_AT + 1]) << 8 == length:
            place = 0
            while place < length and pool[sender + _HEAD_AT + place] == work[at + place]:
                place += 1
            if place == length:
                return found
        found = (found + 1) % INDEX
    return found


def _u32(pool: Any, at: Any) -> Any:
    low = np.int64(pool[at]) | np.int64(pool[at + 1]) << 8
    return low | np.int64(pool[at + 2]) << 16 | np.int64(pool[at + 3]) << 24


def _match(work: Any, pool: Any, program: Any, area: Any, end: Any) -> Any:
    """Reads the data area by a program; False where it is not exactly as the program says."""
    values = work[SLOT_VALUES:SLOT_FLAGS].view(np.float64)
    at, step = np.int64(area), np.int64(program)
    time = np.int64(-1)
    slot = 0
    while True:
        kind = pool[step]
        step += 1
        if kind == LITERAL:
            length = np.int64(pool[step]) | np.int64(pool[step + 1]) << 8
            step += 2
            if at + length > end:
                return False
            for index in range(length):
                if work[at + index] != pool[step + index]:
                    return False
            step += length
            at += length
        elif kind == VALUE:
            digits, point, mantissa, divisor, first = 0, False, np.int64(0), np.int64(1), at
            negative = at < end and work[at] == 45
            if negative:
                at += 1
            while at < end:
                byte = work[at]
                if byte >= 48 and byte <= 57:
                    mantissa = mantissa * 10 + (np.int64(byte) - 48)
                    digits += 1
                    if digits > _LONGEST_NUMBER:
                        return False
                    if point:
                        divisor *= 10
                elif byte == 46 and not point:
                    point = True
                else:
                    break
                at += 1
            if digits == 0 or at - first > _LONGEST_NUMBER:
                return False
            value = float(mantissa) / float(divisor)
            values[slot] = -value if negative else value
            slot += 1
        elif kind == FLAG:
            if at >= end or not pool[CLASSES + work[at]] & IS_MARK:
                return False
            work[SLOT_FLAGS + slot] = work[at]
            slot += 1
            at += 1
        elif kind == ANY:
            while at < end and pool[CLASSES + work[at]] & IN_FIELD:
                at += 1
        elif kind == TIME:
            if at + 14 > end:
                return False
            for index in range(14):
                if work[at + index] < 48 or work[at + index] > 57:
                    return False
            year = _two(work, at) * 100 + _two(work, at + 2) - 2000
            month, day = _two(work, at + 4), _two(work, at + 6)
            hour, minute, second = _two(work, at + 8), _two(work, at + 10), _two(work, at + 12)
            at += 14
            if year < 0 or year > 99 or month < 1 or month > 12 or day < 1:
                return False
            if hour > 23 or minute > 59 or second > 59:
                return False
            leap = year % 4 == 0  # 2000 is one, 2100 is out of range
            longest = 31
            if month == 2:
                longest = 29 if leap else 28
            elif month in (4, 6, 9, 11):
                longest = 30
            if day > longest:
                return False
            before = (367 * month - 362) // 12 - (0 if month < 3 else 1 if leap else 2)
            days = _DAYS_TO_2000 + year * 365 + (year + 3) // 4 + before + day - 1
            time = (((days * 24 + hour - 8) * 60 + minute) * 60 + second) * 1000
        else:
            break
    if at != end or time < 0:
        return False
    work[READINGS : READINGS + 8].view(np.int64)[0] = time
    readings = np.int64(pool[step])
    ordered = work[READINGS + 8 : READINGS + 8 + 8 * 256].view(np.float64)
    marks = READINGS + 8 + 8 * readings
    for reading in range(readings):
        ordered[reading] = values[pool[step + 1 + 2 * reading]]
        mark = pool[step + 2 + 2 * reading]
        work[marks + reading] = np.uint8(0) if mark == NO_SLOT else work[SLOT_FLAGS + mark]
    return True


def _two(work: Any, at: Any) -> Any:
    return (np.int64(work[at]) - 48) * 10 + np.int64(work[at + 1]) - 48


def _state(work: Any, pool: Any, start: Any, end: Any) -> Any:
    """The state of the check code after the segment (see checkcode): bytes of one distance modulo 8 are folded."""
    for place in range(start):
        work[place] = 0
    words = work[:SLOT_VALUES].view(np.uint64)
    folded = np.uint64(0)
    for place in range(end // 8):
        folded ^= words[place]
    state = pool[STARTS + (end - start) % 8]
    for distance in range(8):
        byte = (folded >> np.uint64(56 - 8 * distance)) & np.uint64(0xFF)
        state ^= pool[SHARES + distance * 256 + np.int64(byte)]
    return np.int64(state)


@cache
def compiled() -> Callable[[Any, Any, Any, Any], int]:
    """`take` as machine code, and from then on all functions of this file; takes seconds.

    Not done at import, so that a gateway takes frames in while numba is loaded beside it.
    """
    from numba import njit

    found: Any = None
    for function in (_two, _u32, head, spot, _match, _state, take):
        # The lock is kept: a call is too short to let another thread in, which then may hold it for 5 ms.
        found = globals()[function.__name__] = njit(cache=True)(function)
    found(np.zeros(WORK_BYTES, np.uint8), np.zeros(FREE, np.uint8), np.zeros(INDEX, np.int32), 0)
    return found  # type: ignore[no-any-return]  # a dispatcher is called like the function
