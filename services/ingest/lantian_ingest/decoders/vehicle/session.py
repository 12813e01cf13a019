"""Data units without measurements: login, logout, removal alarm, activation, platforms' logins."""

import re
from dataclasses import dataclass, field
from typing import Final

from lantian_ingest.decoders.vehicle.envelope import Protocol
from lantian_ingest.decoders.vehicle.quirks import DecodeError, Quirk, Reason

ICCID_BYTES: Final = 20
CODE_BYTES_2025: Final = 24
NO_CODES: Final = (0xFE, 0xFF)
PLATFORM_LOGIN_BYTES: Final = 41
REMOVAL_BYTES: Final = 17
ACTIVATION_BYTES: Final = 169
_ICCID: Final = re.compile(rb"[0-9]{19}[0-9A-Fa-f]\Z")


@dataclass(frozen=True, slots=True)
class Login:
    """A vehicle's login; `serial` starts anew every day. The card number is personal data and stays out of logs."""

    serial: int
    iccid: bytes = field(repr=False)
    batteries: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Logout:
    """`serial` is that of the login."""

    serial: int


@dataclass(frozen=True, slots=True)
class PlatformLogin:
    """A platform's login. The password is not kept."""

    serial: int
    user: bytes
    encryption: int


@dataclass(frozen=True, slots=True)
class Removal:
    """拆除报警: the terminal lost its power or its place (HJ 1239.3 annex A). Position as in the stream block."""

    serial: int
    position: int
    longitude: int
    latitude: int


@dataclass(frozen=True, slots=True)
class Activation:
    """备案: chip, public key, vehicle; the signature is not verified."""

    chip: bytes
    public_key: bytes = field(repr=False)
    vin: bytes = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ActivationAnswer:
    """`status` 1 done, 2 failed; `cause` 1 chip already activated, 2 VIN wrong, 3 other."""

    status: int
    cause: int


Body = Login | Logout | PlatformLogin | Removal | Activation | ActivationAnswer


def _needs(data: bytes, count: int) -> None:
    if len(data) < count:
        raise DecodeError(Reason.DATA_UNIT, f"{len(data)} bytes, {count} needed")


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def login(data: bytes, protocol: Protocol, quirks: set[Quirk]) -> Login:
    """Time, serial, ICCID; in GB/T 32960 also the codes of the batteries. Raises DecodeError: data-unit."""
    _needs(data, 28)
    serial, iccid, rest = _word(data, 6), data[8:28], data[28:]
    if _ICCID.match(iccid) is None:
        quirks.add(Quirk.ICCID_SHAPE)
    if protocol is Protocol.GBT32960_2025:
        batteries, end = _batteries_2025(rest)
    elif protocol is Protocol.GBT32960_2016:
        batteries, end = _batteries_2016(rest)
    else:
        batteries, end = (), 0
    if end is None:
        quirks.add(Quirk.CODES_MISSING)
    elif end < len(rest):
        quirks.add(Quirk.EXTRA_BYTES)
    return Login(serial, iccid, batteries)


def _batteries_2016(rest: bytes) -> tuple[tuple[bytes, ...], int | None]:
    """Number n, length m, n codes; the end is None where they are not all there."""
    if len(rest) < 2:
        return (), None
    count, size = rest[0], rest[1]
    if count in NO_CODES or size in NO_CODES or not count * size:
        return (), 2
    if 2 + count * size > len(rest):
        return (), None
    return tuple(rest[2 + size * n : 2 + size * (n + 1)] for n in range(count)), 2 + count * size


def _batteries_2025(rest: bytes) -> tuple[tuple[bytes, ...], int | None]:
    """Number of management systems, packs of each, a code of 24 characters for each pack."""
    if not rest:
        return (), None
    systems = 0 if rest[0] in NO_CODES else rest[0]
    first = 1 + systems
    packs = sum(rest[1:first])
    end = first + packs * CODE_BYTES_2025
    if end > len(rest):
        return (), None
    return tuple(rest[at : at + CODE_BYTES_2025] for at in range(first, end, CODE_BYTES_2025)), end


def logout(data: bytes, quirks: set[Quirk]) -> Logout:
    """Time, serial. Raises DecodeError: data-unit."""
    _needs(data, 8)
    _ends_at(data, 8, quirks)
    return Logout(_word(data, 6))


def platform_login(data: bytes, quirks: set[Quirk]) -> PlatformLogin:
    """Time, serial, user, password, encryption. Raises DecodeError: data-unit."""
    _needs(data, PLATFORM_LOGIN_BYTES)
    _ends_at(data, PLATFORM_LOGIN_BYTES, quirks)
    return PlatformLogin(_word(data, 6), data[8:20].rstrip(b"\x00 "), data[40])


def removal(data: bytes, quirks: set[Quirk]) -> Removal:
    """Time, serial, position. Raises DecodeError: data-unit."""
    _needs(data, REMOVAL_BYTES)
    _ends_at(data, REMOVAL_BYTES, quirks)
    longitude, latitude = int.from_bytes(data[9:13], "big"), int.from_bytes(data[13:17], "big")
    return Removal(_word(data, 6), data[8], longitude, latitude)


def activation(data: bytes, quirks: set[Quirk]) -> Activation:
    """HJ 1239: time, chip, key of 64 bytes, VIN, signature. Raises DecodeError: data-unit."""
    _needs(data, ACTIVATION_BYTES)
    _ends_at(data, ACTIVATION_BYTES, quirks)
    return Activation(data[6:22], data[22:86], data[86:103], data[103:ACTIVATION_BYTES])


def activation_2025(data: bytes) -> Activation:
    """GB/T 32960.3-2025: time, chip, length and key, VIN, signature. Raises DecodeError: data-unit."""
    _needs(data, 24)
    key_end = 24 + _word(data, 22)
    vin_end = key_end + 17
    _needs(data, vin_end)
    return Activation(data[6:22], data[24:key_end], data[key_end:vin_end], data[vin_end:])


def activation_answer(data: bytes, quirks: set[Quirk]) -> ActivationAnswer:
    """Status and cause. Raises DecodeError: data-unit."""
    _needs(data, 2)
    _ends_at(data, 2, quirks)
    return ActivationAnswer(data[0], data[1])


def _ends_at(data: bytes, end: int, quirks: set[Quirk]) -> None:
    if len(data) > end:
        quirks.add(Quirk.EXTRA_BYTES)
