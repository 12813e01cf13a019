"""Frames for the tests, built by hand from the printed layouts: no table of the decoder is used."""

import functools
import operator
import struct
from datetime import UTC, datetime, timedelta

VIN = b"LGDCHA1G8MA779653"
TIME_MS = 1_628_902_055_000  # 2021-08-14 08:47:35 +08:00
# Speed 60 km/h, 100 kPa, torque 40 %, friction 10 %, 1500 r/min, 12 L/h, NOx 600 and 30 ppm, 50 %, 300 kg/h, 300 and
# 290 °C, 5 kPa, 85 °C, 60 %, valid, 116.4 E, 39.9 N, 12345.6 km.
_ENGINE = (15360, 200, 165, 135, 12000, 240, 16000, 4600, 125, 6000, 18336, 18016, 50, 125, 150)
STREAM: tuple[int, ...] = (*_ENGINE, 0, 116_400_000, 39_900_000, 123_456)


def six(time_ms: int = TIME_MS) -> bytes:
    """A time as sent."""
    local = datetime.fromtimestamp(time_ms / 1000, UTC) + timedelta(hours=8)
    return bytes([local.year - 2000, local.month, local.day, local.hour, local.minute, local.second])


def closed(body: bytes, mark: bytes) -> bytes:
    """Mark and check byte around a frame's middle."""
    return mark + body + bytes([functools.reduce(operator.xor, body, 0)])


def plain(command: int, data: bytes, *, vin: bytes = VIN, mark: bytes = b"##", encryption: int = 1) -> bytes:
    """A frame of GB 17691."""
    return closed(bytes([command]) + vin + bytes([7, encryption]) + struct.pack(">H", len(data)) + data, mark)


def flagged(
    command: int, data: bytes, *, flag: int = 0xFE, vin: bytes = VIN, mark: bytes = b"##", encryption: int = 1
) -> bytes:
    """A frame of GB/T 32960 or of the platform link."""
    return closed(bytes([command, flag]) + vin + bytes([encryption]) + struct.pack(">H", len(data)) + data, mark)


def stream(values: tuple[int, ...] = STREAM) -> bytes:
    """The body of type 02, 37 bytes."""
    return struct.pack(">HBBBHHHHBHHHHBBBIII", *values)


def obd(
    head: tuple[int, int, int, int] = (1, 0, 0xABDE, 0xA9D6),
    vin: bytes = VIN,
    calid: bytes = b"YCY30165-600000000",
    cvn: bytes = b"EC40A1BF0000000000",
    iupr: tuple[int, ...] = tuple(range(18)),
    codes: tuple[bytes, ...] = (),
) -> bytes:
    """The body of type 01, 96 bytes and 4 a code."""
    return struct.pack(">BBHH17s18s18s18HB", *head, vin, calid, cvn, *iupr, len(codes)) + b"".join(codes)


def signature(r: bytes = b"r" * 32, s: bytes = b"s" * 32) -> bytes:
    """66 bytes."""
    return bytes([len(r)]) + r + bytes([len(s)]) + s


def in_dialect(
    dialect: str, blocks: list[tuple[int, bytes]], *, serial: int = 9, time_ms: int = TIME_MS, signed: bool = False
) -> bytes:
    """A data unit of GB 17691; all blocks of C are sampled one second after the frame's time."""
    number = struct.pack(">H", serial)
    if dialect == "A":
        return six(time_ms) + b"".join(bytes([kind]) + number + body for kind, body in blocks)
    if dialect == "B":
        return six(time_ms) + number + b"".join(bytes([kind]) + body for kind, body in blocks)
    if dialect == "C":
        sampled = six(time_ms + 1000)
        middle = b"".join(bytes([kind]) + sampled + body for kind, body in blocks)
        return six(time_ms) + number + middle + (signature() if signed else b"")
    return six(time_ms) + number + b"".join(bytes([kind]) + body + signature() for kind, body in blocks)
