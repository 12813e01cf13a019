"""The layout of a packet's data area as a program for `matcher`: the texts between the values, and where these go."""

import re
from typing import Final, NamedTuple

import numpy as np

from lantian_ingest.decoders.hj212 import checkcode, matcher
from lantian_ingest.decoders.hj212.decode import FLAGS, Selected
from lantian_ingest.decoders.hj212.segment import canonical_name, canonical_suffix
from lantian_ingest.decoders.hj212.times import DIGITS

AREA: Final = b"CP=&&"
END: Final = b"&&"

_FIELD: Final = re.compile(rb"([^;,]*)([;,]|\Z)")
_ANY_VALUE: Final = (
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.:_+-"  # of fields that are no readings
)
_TIME_KEY: Final = ("", "DataTime")
_FLAG_KEY: Final = ("", "Flag")


class Program(NamedTuple):
    """Steps of the matcher; two layouts are the same when their steps are."""

    steps: bytes
    readings: int


def tables() -> matcher.Bytes:
    """What the pool starts with."""
    found = np.zeros(matcher.FREE, np.uint8)
    for byte in _ANY_VALUE:
        found[matcher.CLASSES + byte] |= matcher.IN_FIELD
    for byte in FLAGS.encode():
        found[matcher.CLASSES + byte] |= matcher.IS_MARK
    found[matcher.SHARES : matcher.STARTS] = np.array(checkcode.SHARES, np.uint8).reshape(-1)
    found[matcher.STARTS : matcher.FREE] = checkcode.STARTS
    return found


def program_of(segment: bytes, selected: list[Selected]) -> Program | None:
    """The layout of a packet with these readings; None where it has no DataTime of 14 digits, or too many fields."""
    keys = {(field.code, field.suffix) for field in selected}
    flag_keys = {_FLAG_KEY} | {(field.code, "Flag") for field in selected}
    slots: dict[tuple[str, str], int] = {}
    seen: set[tuple[str, str]] = set()
    steps, text = bytearray(), bytearray(AREA)
    begin = segment.find(AREA) + len(AREA)
    for match in _FIELD.finditer(segment, begin, len(segment) - len(END)):
        name, equals, value = match[1].partition(b"=")
        key = _key(name)
        kind = matcher.ANY if equals else None
        if key not in seen:
            if key in keys:
                kind = matcher.VALUE
            elif key in flag_keys:
                kind = matcher.FLAG
            elif key == _TIME_KEY:
                if len(value) != DIGITS:
                    return None
                kind = matcher.TIME
        seen.add(key)
        text += name + equals
        if kind is not None:
            steps += _literal(text)
            steps.append(kind)
            text.clear()
        if kind in (matcher.VALUE, matcher.FLAG):
            slots[key] = len(slots)
        text += match[2]
        if not match[2]:
            break
    text += END
    steps += _literal(text)
    steps.append(matcher.DONE)
    if _TIME_KEY not in seen or len(slots) > matcher.SLOTS_AT_MOST:
        return None
    steps.append(len(selected))
    for field in selected:
        mark = slots.get((field.code, "Flag"), slots.get(_FLAG_KEY, matcher.NO_SLOT))
        steps += bytes((slots[field.code, field.suffix], mark))
    return Program(bytes(steps), len(selected))


def _literal(text: bytes | bytearray) -> bytes:
    return bytes((matcher.LITERAL, len(text) & 0xFF, len(text) >> 8)) + text if text else b""


def _key(name: bytes) -> tuple[str, str]:
    sent = name.decode("utf-8", "surrogateescape")
    code, dash, suffix = sent.partition("-")
    return (code, canonical_suffix(suffix)) if dash else ("", canonical_name(sent))
