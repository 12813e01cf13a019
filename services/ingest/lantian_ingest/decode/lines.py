"""Input of the command: one frame a line, as hexadecimal digits or as it stands."""

import re
from typing import Final

_HEX: Final = re.compile(rb"(?:0[xX])?(?:[0-9A-Fa-f]{2}[ \t:]?)+\Z")


def frame_of(line: bytes) -> bytes | None:
    """The frame in a line; None for a blank one. What has only pairs of hexadecimal digits is taken as such."""
    text = line.strip(b" \t\r\n\x00")
    if not text:
        return None
    if _HEX.match(text):
        digits = text[2:] if text[:2] in (b"0x", b"0X") else text
        return bytes.fromhex(re.sub(rb"[ \t:]", b"", digits).decode())
    return text
