"""From an envelope to what it says: command, session data, blocks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from lantian_ingest.decoders.vehicle import electric, emission, envelope, session
from lantian_ingest.decoders.vehicle.emission import EMISSION, Dialect, Unit
from lantian_ingest.decoders.vehicle.envelope import Envelope, Protocol
from lantian_ingest.decoders.vehicle.fields import Block
from lantian_ingest.decoders.vehicle.quirks import Confidence, DecodeError, Quirk, Reason
from lantian_ingest.decoders.vehicle.times import TIME_BYTES, instant_ms


class Command(StrEnum):
    """What a frame is for, whatever its number."""

    LOGIN = "login"
    REAL_TIME = "real-time"
    RESENT = "resent"  # 补发: measured earlier
    LOGOUT = "logout"
    HEARTBEAT = "heartbeat"
    TIME = "time"  # asks for the time, or gives it
    PLATFORM_LOGIN = "platform-login"
    PLATFORM_LOGOUT = "platform-logout"
    REMOVAL = "removal"
    ACTIVATION = "activation"
    ACTIVATION_ANSWER = "activation-answer"
    KEY_EXCHANGE = "key-exchange"


_FIRST: Final = {1: Command.LOGIN, 2: Command.REAL_TIME, 3: Command.RESENT, 4: Command.LOGOUT}
_GBT32960: Final = {
    **_FIRST,
    5: Command.PLATFORM_LOGIN,
    6: Command.PLATFORM_LOGOUT,
    7: Command.HEARTBEAT,
    8: Command.TIME,
}
# The same number means different things: the protocol of the envelope decides.
COMMANDS: Final[Mapping[Protocol, Mapping[int, Command]]] = {
    Protocol.GB17691: {
        **_FIRST,
        5: Command.TIME,
        6: Command.REMOVAL,
        7: Command.ACTIVATION,
        8: Command.ACTIVATION_ANSWER,
    },
    Protocol.HJ1239_PLATFORM: {
        **_FIRST,
        5: Command.TIME,
        6: Command.REMOVAL,
        7: Command.PLATFORM_LOGIN,
        8: Command.PLATFORM_LOGOUT,
        9: Command.KEY_EXCHANGE,
    },
    Protocol.GBT32960_2016: _GBT32960,
    Protocol.GBT32960_2025: {
        **_GBT32960,
        9: Command.ACTIVATION,
        10: Command.ACTIVATION_ANSWER,
        11: Command.KEY_EXCHANGE,
    },
}
_SURE: Final = {
    Protocol.GB17691: Confidence.CONFIRMED,
    Protocol.GBT32960_2016: Confidence.CONFIRMED,
    Protocol.GBT32960_2025: Confidence.SINGLE,
    Protocol.HJ1239_PLATFORM: Confidence.SINGLE,
}
_UNTIMED: Final = frozenset({Command.HEARTBEAT, Command.TIME, Command.ACTIVATION_ANSWER, Command.KEY_EXCHANGE})
_IN_C_FIRST: Final = (Dialect.C, Dialect.D, Dialect.A, Dialect.B)  # in the envelope of GB/T 32960 only C was seen


@dataclass(frozen=True, slots=True)
class Decoded:
    """One frame. `answer` is None for a command. Times are ms since 1970 UTC; None where the frame has none to read.

    `dialect` is to be given as `known` with the sender's next frame. `confidence` is that of the envelope and commands,
    each block has its own. `vin` is personal data and stays out of logs.
    """

    protocol: Protocol
    command: Command
    answer: int | None
    vin: bytes = field(repr=False)
    time_ms: int | None
    dialect: Dialect | None = None
    serial: int | None = None
    body: session.Body | None = None
    blocks: tuple[Block, ...] = ()
    signatures: tuple[bytes, ...] = field(default=(), repr=False)
    quirks: frozenset[Quirk] = frozenset()
    confidence: Confidence = Confidence.CONFIRMED


def decode(frame: Envelope, known: Dialect | None = None) -> Decoded:
    """What a frame says. `known` is the dialect that this sender was last read in.

    Raises DecodeError: command, data-unit, time or layout. A data unit that is really encrypted is no error: it gives
    the quirk `encrypted` and nothing else.
    """
    command = COMMANDS[frame.protocol].get(frame.command)
    if command is None:
        raise DecodeError(Reason.COMMAND, f"{frame.command:02X}")
    quirks = envelope.quirks_of(frame)
    if frame.encryption in (0, envelope.PLAIN) or not frame.data:
        return _decode(frame, command, known, quirks)
    try:
        if instant_ms(frame.data[:TIME_BYTES]) is None:
            raise DecodeError(Reason.TIME)
        return _decode(frame, command, known, quirks | {Quirk.PLAIN_DESPITE_CODE})
    except DecodeError:
        return Decoded(
            frame.protocol,
            command,
            None if frame.is_command else frame.answer,
            frame.vin,
            None,
            quirks=frozenset(quirks | {Quirk.ENCRYPTED}),
            confidence=_SURE[frame.protocol],
        )


def _decode(frame: Envelope, command: Command, known: Dialect | None, quirks: set[Quirk]) -> Decoded:
    data = frame.data
    time_ms = instant_ms(data[:TIME_BYTES])
    answer = None if frame.is_command else frame.answer
    unit: Unit | None = None
    body: session.Body | None = None
    if answer is not None:
        if time_ms is None and command is not Command.HEARTBEAT:
            quirks.add(Quirk.ANSWER_WITHOUT_TIME)
    elif command in (Command.REAL_TIME, Command.RESENT):
        unit = _unit(frame, known, quirks)
    else:
        if time_ms is None and command not in _UNTIMED:
            quirks.add(Quirk.TIME_UNREADABLE)
        body = _body(frame, command, quirks)
    if unit is not None:
        quirks |= unit.quirks
    return Decoded(
        frame.protocol,
        command,
        answer,
        frame.vin,
        None if command in _UNTIMED - {Command.TIME} else time_ms,
        unit.dialect if unit else None,
        unit.serial if unit else getattr(body, "serial", None),
        body,
        unit.blocks if unit else (),
        unit.signatures if unit else (),
        frozenset(quirks),
        _SURE[frame.protocol],
    )


def _body(frame: Envelope, command: Command, quirks: set[Quirk]) -> session.Body | None:
    data, protocol = frame.data, frame.protocol
    match command:
        case Command.LOGIN:
            return session.login(data, protocol, quirks)
        case Command.LOGOUT | Command.PLATFORM_LOGOUT:
            return session.logout(data, quirks)
        case Command.PLATFORM_LOGIN:
            return session.platform_login(data, quirks)
        case Command.REMOVAL:
            return session.removal(data, quirks)
        case Command.ACTIVATION if protocol is Protocol.GBT32960_2025:
            return session.activation_2025(data)
        case Command.ACTIVATION:
            return session.activation(data, quirks)
        case Command.ACTIVATION_ANSWER:
            return session.activation_answer(data, quirks)
        case _:
            if data and command is not Command.KEY_EXCHANGE and not (command is Command.TIME and len(data) == 6):
                quirks.add(Quirk.EXTRA_BYTES)
            return None


def _unit(frame: Envelope, known: Dialect | None, quirks: set[Quirk]) -> Unit:
    """The blocks, in the known dialect where it fits, else in the first that does. Raises DecodeError: time, layout."""
    data = frame.data
    if instant_ms(data[:TIME_BYTES]) is None:
        raise DecodeError(Reason.TIME)
    own: Dialect | None = {
        Protocol.GBT32960_2016: Dialect.GBT32960_2016,
        Protocol.GBT32960_2025: Dialect.GBT32960_2025,
    }.get(frame.protocol)
    dialects: tuple[Dialect, ...]
    if own is Dialect.GBT32960_2025:
        dialects = (own,)
    elif own is not None:
        dialects = (own, *_IN_C_FIRST)
    else:
        dialects = EMISSION if frame.protocol is Protocol.GB17691 else _IN_C_FIRST
    if known is not None and known in dialects:
        found = _in(frame, known)
        if found is not None:
            return _noted(found, own, quirks)
        quirks.add(Quirk.OTHER_DIALECT)
    units = [unit for dialect in dialects if dialect is not known and (unit := _in(frame, dialect)) is not None]
    if len(units) > 1 and units[0].blocks:
        quirks.add(Quirk.AMBIGUOUS_DIALECT)
    if units:
        return _noted(units[0], own, quirks)
    if own is not None:
        partly = electric.read(data, own, exact=False)
        if partly is not None:
            return partly
    raise DecodeError(Reason.LAYOUT)


def _in(frame: Envelope, dialect: Dialect) -> Unit | None:
    if dialect in EMISSION:
        return emission.read(frame.data, dialect, frame.vin)
    return electric.read(frame.data, dialect, exact=True)


def _noted(unit: Unit, own: Dialect | None, quirks: set[Quirk]) -> Unit:
    if own is not None and unit.dialect is not own:
        quirks.add(Quirk.FOREIGN_BLOCKS)
    return unit
