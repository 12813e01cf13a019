"""Real-time and re-sent data of GB/T 32960.3-2016 (7.2.3) and -2025: a time, then blocks without serial number."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from lantian_ingest.decoders.vehicle.emission import Dialect, Unit
from lantian_ingest.decoders.vehicle.fields import (
    ENGINE_2016,
    ENGINE_2025,
    EXTREMES_2016,
    POSITION_2016,
    POSITION_2025,
    VEHICLE_2016,
    VEHICLE_2025,
    Block,
    BlockKind,
    Layout,
    Raw,
)
from lantian_ingest.decoders.vehicle.quirks import Confidence, Quirk
from lantian_ingest.decoders.vehicle.times import TIME_BYTES, instant_ms

OEM_TYPES: Final = range(0x80, 0xFF)
SIGNATURE_TYPE: Final = 0xFF  # 2025: algorithm, length and R, length and S
NO_COUNT_1: Final = (0xFE, 0xFF)
NO_COUNT_2: Final = (0xFFFE, 0xFFFF)
_MOTOR_2016: Final = struct.Struct(">BBBHHBHH")  # sequence, state, controller °C, rpm, torque, °C, controller V, A
_MOTOR_2025: Final = struct.Struct(">BBBHIB")
_FUEL_CELL: Final = struct.Struct(">HHHH")  # V, A, consumption, probes
_FUEL_CELL_TAIL: Final = struct.Struct(">HBHBHBB")  # H2 °C, probe, concentration, sensor, pressure, sensor, DC/DC
_CELLS_2016: Final = struct.Struct(">BHHHHB")  # system, V, A, cells, first cell of this frame, cells of this frame
_CELLS_2025: Final = struct.Struct(">BHHH")
_PROBES: Final = struct.Struct(">BH")
_ALARMS: Final = struct.Struct(">BI")

# A reader of a block of changing length gets the data unit and where the body starts; it gives the numbers and the end.
# It raises struct.error or IndexError where the data ends first.
Reader = Callable[[bytes, int], tuple[dict[str, Raw], int]]


def _records(data: bytes, at: int, layout: struct.Struct) -> tuple[tuple[int, ...], int]:
    count = 0 if data[at] in NO_COUNT_1 else data[at]
    at += 1
    numbers: list[int] = []
    for _ in range(count):
        numbers += layout.unpack_from(data, at)
        at += layout.size
    return tuple(numbers), at


def _motors_2016(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    numbers, end = _records(data, at, _MOTOR_2016)
    return {"count": data[at], "motors": numbers}, end


def _motors_2025(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    numbers, end = _records(data, at, _MOTOR_2025)
    return {"count": data[at], "motors": numbers}, end


def _fuel_cell(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    voltage, current, consumption, count = _FUEL_CELL.unpack_from(data, at)
    at += _FUEL_CELL.size
    probes, at = _bytes(data, at, 0 if count in NO_COUNT_2 else count)
    tail = _FUEL_CELL_TAIL.unpack_from(data, at)
    raw: dict[str, Raw] = {
        "cell": (voltage, current, consumption),
        "count": count,
        "probes": probes,
        "hydrogen": tail,
    }
    return raw, at + _FUEL_CELL_TAIL.size


def _bytes(data: bytes, at: int, count: int) -> tuple[tuple[int, ...], int]:
    """`count` numbers of one byte; all of them or IndexError, a count must not run past the end."""
    if at + count > len(data):
        raise IndexError(at + count)
    return tuple(data[at : at + count]), at + count


def _words(data: bytes, at: int, count: int) -> tuple[tuple[int, ...], int]:
    return struct.unpack_from(f">{count}H", data, at), at + 2 * count


def _systems(data: bytes, at: int) -> tuple[range, int]:
    return range(0 if data[at] in NO_COUNT_1 else data[at]), at + 1


def _cells_2016(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    systems, at = _systems(data, at)
    heads: list[int] = []
    cells: list[int] = []
    for _ in systems:
        head = _CELLS_2016.unpack_from(data, at)
        values, at = _words(data, at + _CELLS_2016.size, 0 if head[-1] in NO_COUNT_1 else head[-1])
        heads += head
        cells += values
    return {"systems": tuple(heads), "cells": tuple(cells)}, at


def _cells_2025(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    systems, at = _systems(data, at)
    heads: list[int] = []
    cells: list[int] = []
    for _ in systems:
        head = _CELLS_2025.unpack_from(data, at)
        values, at = _words(data, at + _CELLS_2025.size, 0 if head[-1] in NO_COUNT_2 else head[-1])
        heads += head
        cells += values
    return {"systems": tuple(heads), "cells": tuple(cells)}, at


def _temperatures(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    systems, at = _systems(data, at)
    heads: list[int] = []
    probes: list[int] = []
    for _ in systems:
        head = _PROBES.unpack_from(data, at)
        values, at = _bytes(data, at + _PROBES.size, 0 if head[1] in NO_COUNT_2 else head[1])
        heads += head
        probes += values
    return {"systems": tuple(heads), "probes": tuple(probes)}, at


def _fault_lists(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    level, flags = _ALARMS.unpack_from(data, at)
    at += _ALARMS.size
    raw: dict[str, Raw] = {"alarm_level": level, "alarm_flags": flags}
    for name in ("battery_faults", "motor_faults", "engine_faults", "other_faults"):
        count = 0 if data[at] in NO_COUNT_1 else data[at]
        raw[name] = struct.unpack_from(f">{count}I", data, at + 1)
        at += 1 + 4 * count
    return raw, at


def _fault_lists_2025(data: bytes, at: int) -> tuple[dict[str, Raw], int]:
    raw, at = _fault_lists(data, at)
    count = 0 if data[at] in NO_COUNT_1 else data[at]
    raw["alarm_levels"] = struct.unpack_from(f">{count}H", data, at + 1)  # bit number and level
    return raw, at + 1 + 2 * count


FIXED_2016: Final = {0x01: VEHICLE_2016, 0x04: ENGINE_2016, 0x05: POSITION_2016, 0x06: EXTREMES_2016}
READERS_2016: Final[dict[int, tuple[BlockKind, Reader]]] = {
    0x02: (BlockKind.MOTORS, _motors_2016),
    0x03: (BlockKind.FUEL_CELL, _fuel_cell),
    0x07: (BlockKind.ALARMS, _fault_lists),
    0x08: (BlockKind.CELL_VOLTAGES, _cells_2016),
    0x09: (BlockKind.TEMPERATURES, _temperatures),
}
FIXED_2025: Final = {0x01: VEHICLE_2025, 0x04: ENGINE_2025, 0x05: POSITION_2025}
READERS_2025: Final[dict[int, tuple[BlockKind, Reader]]] = {
    0x02: (BlockKind.MOTORS, _motors_2025),
    0x06: (BlockKind.ALARMS, _fault_lists_2025),
    0x07: (BlockKind.CELL_VOLTAGES, _cells_2025),
    0x08: (BlockKind.TEMPERATURES, _temperatures),
}


@dataclass(slots=True)
class _Walked:
    """What has been read of a data unit so far."""

    time_ms: int
    blocks: list[Block] = field(default_factory=list)
    signatures: list[bytes] = field(default_factory=list)
    quirks: set[Quirk] = field(default_factory=set)


def signature_2025_end(data: bytes, at: int) -> int | None:
    """Where a signature whose algorithm byte is at `at` ends."""
    at += 1
    for _ in range(2):
        if at + 2 > len(data):
            return None
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return at if at <= len(data) else None


def _block(data: bytes, at: int, time_ms: int, dialect: Dialect) -> tuple[Block, int] | None:
    """The block that starts at `at` and its end; None where the type is unknown or the data ends first."""
    kind, body = data[at], at + 1
    latest = dialect is Dialect.GBT32960_2025
    fixed: dict[int, Layout] = FIXED_2025 if latest else FIXED_2016
    if kind in OEM_TYPES:
        end = body + 2 + int.from_bytes(data[body : body + 2], "big")
        if body + 2 > len(data) or end > len(data):
            return None
        content: dict[str, Raw] = {"bytes": data[body + 2 : end]}
        return Block(BlockKind.OEM, kind, time_ms, None, content, Confidence.UNVERIFIED), end
    layout = fixed.get(kind)
    if layout is not None:
        if body + layout.size > len(data):
            return None
        return Block(layout.kind, kind, time_ms, None, layout.read(data, body), layout.confidence), body + layout.size
    reader = (READERS_2025 if latest else READERS_2016).get(kind)
    if reader is None:
        return None
    name, read_body = reader
    try:
        raw, end = read_body(data, body)
    except (struct.error, IndexError):  # ends inside the block
        return None
    sure = Confidence.SINGLE if latest else Confidence.CONFIRMED
    return Block(name, kind, time_ms, None, raw, sure), end


def _walk(data: bytes, at: int, unit: _Walked, dialect: Dialect) -> int:
    """Reads blocks from `at` on; where the first one starts that could not be read, or the end."""
    while at < len(data):
        if dialect is Dialect.GBT32960_2025 and data[at] == SIGNATURE_TYPE:
            end = signature_2025_end(data, at + 1)
            if end is None:
                break
            unit.signatures.append(data[at + 1 : end])
            unit.quirks.add(Quirk.SIGNED)
            if end < len(data):
                unit.quirks.add(Quirk.SIGNATURE_NOT_LAST)
            at = end
            continue
        found = _block(data, at, unit.time_ms, dialect)
        if found is None:
            break
        block, at = found
        unit.blocks.append(block)
        if block.kind is BlockKind.OEM:
            unit.quirks.add(Quirk.OEM_BLOCK)
    return at


def read(data: bytes, dialect: Dialect, *, exact: bool) -> Unit | None:
    """The data unit; None where it is not of this dialect.

    With `exact`, to the last byte. Without, a block of unknown type is passed over where two bytes of length lead to
    blocks that end with the data unit. Else what could not be read is kept as one block, and no block is sure any more:
    a byte too few in one block (real senders) makes the next ones plausible nonsense.
    """
    time_ms = instant_ms(data[:TIME_BYTES])
    if time_ms is None:
        return None
    unit = _Walked(time_ms)
    stopped = _walk(data, TIME_BYTES, unit, dialect)
    if stopped < len(data):
        if exact:
            return None
        unit.quirks.add(Quirk.UNKNOWN_BLOCK)
        _pass_over(data, stopped, unit, dialect)
    if not unit.blocks:
        unit.quirks.add(Quirk.EMPTY)
    return Unit(dialect, time_ms, None, tuple(unit.blocks), tuple(unit.signatures), frozenset(unit.quirks))


def _pass_over(data: bytes, at: int, unit: _Walked, dialect: Dialect) -> None:
    body = at + 3
    end = body + int.from_bytes(data[at + 1 : body], "big")
    rest = _Walked(unit.time_ms)
    if body <= end <= len(data) and _walk(data, end, rest, dialect) == len(data):
        unknown: dict[str, Raw] = {"bytes": data[body:end]}
        unit.blocks.append(Block(BlockKind.UNREAD, data[at], unit.time_ms, None, unknown, Confidence.UNVERIFIED))
        unit.blocks += rest.blocks
        unit.signatures += rest.signatures
        unit.quirks |= rest.quirks
        return
    left: dict[str, Raw] = {"bytes": data[at + 1 :]}
    kind = BlockKind.OEM if data[at] in OEM_TYPES else BlockKind.UNREAD
    unit.blocks = [replace(block, confidence=Confidence.UNVERIFIED) for block in unit.blocks]
    unit.blocks.append(Block(kind, data[at], unit.time_ms, None, left, Confidence.UNVERIFIED))
    unit.quirks.add(Quirk.PARTLY_READ)
