"""Writes HJ 212 packets as devices and platforms of each edition do (HJ/T 212-2005; HJ 212-2017 6.3; 2025).

The inverse of `segment.parse`: what is written here reads back the same, field by field and digit by digit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lantian_ingest.decoders.hj212 import checkcode, sm4
from lantian_ingest.decoders.hj212.frame import LINE_END
from lantian_ingest.decoders.hj212.segment import ANSWER_BIT, DATA_BIT, VERSION_SHIFT, HJ212Frame
from lantian_proto.readings import Edition

LARGEST_SEGMENT: Final = 9999  # four digits of length

Field = tuple[str, str, str]  # factor code or nothing, name or suffix, value


class EncodeError(ValueError):
    """The packet can not be written; the text says why."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What to write. `flag` None leaves it out, as 2005 may; an empty `qn` too. `resent` is RF=1 of 2025."""

    st: str
    cn: str
    pw: str
    mn: str
    qn: str = ""
    flag: int | None = None
    pnum: int | None = None
    pno: int | None = None
    resent: bool = False
    fields: tuple[Field, ...] = ()


def flag_of(edition: Edition, *, answer: bool, numbered: bool = False) -> int:
    """Flag of an edition: six version bits, numbered, answer wanted (2017 table 3)."""
    return (int(edition) << VERSION_SHIFT) | (DATA_BIT if numbered else 0) | (ANSWER_BIT if answer else 0)


def packet_of(frame: HJ212Frame) -> Packet:
    """The packet that a frame was read from."""
    head = frame.head
    numbers = head.flag, head.pnum, head.pno
    return Packet(head.st, head.cn, head.pw, head.mn, frame.qn, *numbers, head.resent, frame.fields)


def segment(packet: Packet) -> bytes:
    """The data segment. Raises EncodeError for a value that would read back as something else."""
    qn = f"QN={packet.qn};" if packet.qn else ""
    numbers = "".join(
        f"{name}={value};" for name, value in (("PNUM", packet.pnum), ("PNO", packet.pno)) if value is not None
    )
    first = numbers if packet.flag is None or not packet.flag >> VERSION_SHIFT else ""  # 2005: behind QN
    flag = "" if packet.flag is None else f"Flag={packet.flag};"
    again = "RF=1;" if packet.resent else ""
    for value in (packet.qn, packet.st, packet.cn, packet.pw, packet.mn):
        _sure(value, "head")
    rest = f"{'' if first else numbers}{again}"
    head = f"{qn}{first}ST={packet.st};CN={packet.cn};PW={packet.pw};MN={packet.mn};{flag}{rest}"
    found = f"{head}CP=&&{data_area(packet.fields)}&&".encode("utf-8", "surrogateescape")
    if len(found) > LARGEST_SEGMENT:
        raise EncodeError(f"{len(found)} bytes do not fit a length of four digits")
    return found


def data_area(fields: Sequence[Field]) -> str:
    """The data area: a comma between fields of one factor, a semicolon elsewhere (2017 6.3.3)."""
    parts: list[str] = []
    last = ""
    for code, name, value in fields:
        log = value.startswith("//") and value.endswith("//") and len(value) >= 4
        if not log:
            _sure(value, name)
        if parts:
            parts.append("," if code and code == last else ";")
        parts.append(f"{code}-{name}={value}" if code else f"{name}={value}")
        last = code
    return "".join(parts)


def _sure(value: str, name: str) -> None:
    if any(sign in value for sign in ";,&#\r\n") or value != value.strip():
        raise EncodeError(f"{name} can not hold {value!r}")


def frame(text: bytes, key: bytes | None = None) -> bytes:
    """The frame around a segment; with `key` the data area is encrypted by SM4, as 2025 wants it on the internet."""
    sent = text if key is None else sm4.encrypt(text, key)
    return b"##%04d%s%s%s" % (len(text), sent, checkcode.text(text), LINE_END)


def encode(packet: Packet, key: bytes | None = None) -> bytes:
    """The whole frame of a packet."""
    return frame(segment(packet), key)


def upload(packet: Packet, data_time: str, items: Iterable[tuple[str, Iterable[tuple[str, str]]]]) -> Packet:
    """The packet with DataTime (14 digits, +08:00) and items of (code, its (suffix, value)) as its data area."""
    fields = [(code, suffix, value) for code, pairs in items for suffix, value in pairs]
    return Packet(
        packet.st,
        packet.cn,
        packet.pw,
        packet.mn,
        packet.qn,
        packet.flag,
        packet.pnum,
        packet.pno,
        packet.resent,
        (("", "DataTime", data_time), *fields),
    )
