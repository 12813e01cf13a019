"""HJ 212-2017 on the wire as a data logger needs it: writing uploads, reading replies.

Source: HJ 212-2017 6.3.1 (frame), 6.3.2 (segment), appendix A (check code), appendix C (flows).
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from lantian_simulator.checkcode import check_code

LOCAL = timezone(timedelta(hours=8))
"""HJ 212 carries local time, UTC+8."""

REAL_TIME = "2011"
HOUR = "2061"
DAY = "2031"
DATA_REPLY = "9014"

_SEGMENT_LIMIT = 1024
_FIELD = re.compile(r"(?:^|;)(QN|CN|MN)=([^;]*)")


class FrameError(ValueError):
    """The bytes are not a frame of HJ 212, or the frame would be larger than the standard allows."""


@dataclass(frozen=True)
class Reply:
    """What a platform answered: command code and the QN of the request it answers."""

    command: str
    request: str


def stamp(time_ms: int) -> str:
    """Return `YYYYMMDDhhmmss` in local time for a time in ms UTC."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(LOCAL).strftime("%Y%m%d%H%M%S")


def request_number(time_ms: int) -> str:
    """Return a QN, `YYYYMMDDhhmmsszzz`, for a time in ms UTC."""
    return f"{stamp(time_ms)}{time_ms % 1000:03d}"


def envelope(segment: bytes) -> bytes:
    """Return the frame around a segment. Raises FrameError beyond 1,024 bytes (6.3.1)."""
    if len(segment) > _SEGMENT_LIMIT:
        raise FrameError(f"segment of {len(segment)} bytes, at most {_SEGMENT_LIMIT} are allowed")
    return b"##%04d%b%04X\r\n" % (len(segment), segment, check_code(segment))


def upload(*, number: str, command: str, station: str, password: str, content: str) -> bytes:
    """Return an upload of a flue-gas source (ST=31) that asks for an answer (Flag=5: version 2017, A=1)."""
    segment = f"QN={number};ST=31;CN={command};PW={password};MN={station};Flag=5;CP=&&{content}&&"
    return envelope(segment.encode("ascii"))


def read_reply(frame: bytes) -> Reply:
    """Read one whole frame of the platform. Raises FrameError when length, check code or fields are wrong."""
    if len(frame) < 12 or frame[:2] != b"##" or not frame[2:6].isdigit():
        raise FrameError("no frame header")
    size = int(frame[2:6])
    segment = frame[6 : 6 + size]
    digits = frame[6 + size : 10 + size]
    if len(segment) != size or len(digits) != 4:
        raise FrameError("frame is cut off")
    try:
        sent = int(digits, 16)
        text = segment.decode("ascii")
    except ValueError as error:
        raise FrameError("check code or segment is not ASCII") from error
    if sent != check_code(segment):
        raise FrameError("wrong check code")
    fields = dict(_FIELD.findall(text))
    if "QN" not in fields or "CN" not in fields:
        raise FrameError("reply without QN or CN")
    return Reply(command=fields["CN"], request=fields["QN"])


def identity(frame: bytes) -> tuple[str, str, str]:
    """Return (MN, CN, QN) of a frame's text; an empty string for each that is missing."""
    fields = dict(_FIELD.findall(frame[6:].decode("utf-8", "replace")))
    return fields.get("MN", ""), fields.get("CN", ""), fields.get("QN", "")
