"""Fields of fixed blocks: where they are, how a raw number becomes a value, and when it is none.

A value is (raw * mul + add) / div, so that it is the nearest float to the exact one.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final, NamedTuple

from lantian_ingest.decoders.vehicle.quirks import Confidence, Gap

Raw = int | bytes | tuple[int, ...] | tuple[bytes, ...]
BITS: Final = {"B": 8, "H": 16, "I": 32}


class Invalid(Enum):
    """How a field says that it has no value."""

    J1939 = 0  # first byte FF not available, FE error, FB to FD reserved (SAE J1939-71)
    ONES = 1  # GB/T 32960: all ones not available, all ones less one abnormal
    NEVER = 2


class Field(NamedTuple):
    """One number of a block. `sure` is below CONFIRMED where implementations disagree about the field."""

    name: str
    code: str  # of struct
    mul: int = 1
    div: int = 1
    add: int = 0
    invalid: Invalid = Invalid.J1939
    sure: Confidence = Confidence.CONFIRMED


class BlockKind(StrEnum):
    """What a block holds."""

    OBD = "obd"  # type 01 of GB 17691
    STREAM = "stream"  # 02: diesel with DPF or SCR
    TWC = "stream-twc"  # 03: three-way catalyst without NOx sensor
    TWC_NOX = "stream-twc-nox"  # 05
    HYBRID = "hybrid"  # 04
    SUPPLEMENT = "supplement"  # 80
    VEHICLE = "vehicle"  # from here on GB/T 32960
    MOTORS = "motors"
    FUEL_CELL = "fuel-cell"
    ENGINE = "engine"
    POSITION = "position"
    EXTREMES = "extremes"
    ALARMS = "alarms"
    CELL_VOLTAGES = "cell-voltages"
    TEMPERATURES = "temperatures"
    OEM = "oem"  # bytes of the maker
    UNREAD = "unread"  # bytes of a block that is not known well enough


@dataclass(frozen=True, slots=True)
class Block:
    """One block; `raw` holds its numbers as sent. Times are ms since 1970 UTC, `serial` is the block's own (dialect A).

    `confidence` is that of the layout.
    """

    kind: BlockKind
    type: int
    time_ms: int
    serial: int | None = None
    raw: Mapping[str, Raw] = field(default_factory=dict, repr=False)
    confidence: Confidence = Confidence.CONFIRMED


class Layout:
    """A block of fixed length."""

    __slots__ = ("confidence", "fields", "kind", "names", "size", "struct")

    def __init__(
        self, kind: BlockKind, fields: tuple[Field, ...], confidence: Confidence = Confidence.CONFIRMED
    ) -> None:
        self.kind = kind
        self.fields = fields
        self.confidence = confidence
        self.struct = struct.Struct(">" + "".join(item.code for item in fields))
        self.size = self.struct.size
        self.names = tuple(item.name for item in fields)

    def read(self, data: bytes, at: int) -> dict[str, Raw]:
        """The numbers of a block that starts at `at`; the caller has checked the length."""
        return dict(zip(self.names, self.struct.unpack_from(data, at), strict=True))


def value_of(item: Field, raw: int) -> float | Gap:
    """The value of a field, or why it has none."""
    if item.invalid is not Invalid.NEVER:
        bits = BITS[item.code]
        if item.invalid is Invalid.ONES:
            ones = (1 << bits) - 1
            if raw >= ones - 1:
                return Gap.NOT_AVAILABLE if raw == ones else Gap.ERROR
        else:
            first = raw >> (bits - 8)
            if first > 0xFA:
                return {0xFF: Gap.NOT_AVAILABLE, 0xFE: Gap.ERROR}.get(first, Gap.RESERVED)
    return (raw * item.mul + item.add) / item.div


NOX: Final = frozenset({"nox_up", "nox_down", "twc_nox"})  # raw 0 is no measurement
KELVIN: Final = -273 * 32
_POSITION: Final = (
    Field("position", "B", invalid=Invalid.NEVER),
    Field("longitude", "I", div=1_000_000, invalid=Invalid.ONES),
    Field("latitude", "I", div=1_000_000, invalid=Invalid.ONES),
)
_MILEAGE: Final = Field("mileage", "I", div=10)
_HEAD: Final = (
    Field("speed", "H", div=256),
    Field("pressure", "B", div=2),
    Field("torque", "B", add=-125),
    Field("friction", "B", add=-125),
    Field("rpm", "H", div=8),
    Field("fuel_rate", "H", div=20),
)
_OXYGEN: Final = (Field("lambda_up", "H", mul=305, div=10_000_000), Field("oxygen_down", "B", div=100))
_TWC_TAIL: Final = (
    Field("air_flow", "H", div=20),
    Field("coolant", "B", add=-40),
    Field("twc_temperature", "H", div=32, add=KELVIN),
    *_POSITION,
    _MILEAGE,
)

# GB 17691-2018 annex Q, table Q.8
STREAM: Final = Layout(
    BlockKind.STREAM,
    (
        *_HEAD,
        Field("nox_up", "H", div=20, add=-4000),
        Field("nox_down", "H", div=20, add=-4000),
        Field("reagent", "B", mul=2, div=5),
        Field("air_flow", "H", div=20),
        Field("scr_in", "H", div=32, add=KELVIN),
        Field("scr_out", "H", div=32, add=KELVIN),
        Field("dpf_pressure", "H", div=10),
        Field("coolant", "B", add=-40),
        Field("tank", "B", mul=2, div=5),
        *_POSITION,
        _MILEAGE,
    ),
)
# HJ 1239.3-2021; several implementations, no real frame
TWC: Final = Layout(BlockKind.TWC, (*_HEAD, *_OXYGEN, *_TWC_TAIL))
TWC_NOX: Final = Layout(BlockKind.TWC_NOX, (*_HEAD, *_OXYGEN, Field("twc_nox", "H", div=20, add=-4000), *_TWC_TAIL))
HYBRID: Final = Layout(
    BlockKind.HYBRID,
    (
        Field("motor_speed", "H", sure=Confidence.UNVERIFIED),  # offset 0 or -20000
        Field("motor_load", "B"),
        Field("battery_voltage", "H", div=10),
        Field("battery_current", "H", div=10, add=-10_000),
        Field("soc", "B"),
    ),
)
SUPPLEMENT: Final = Layout(
    BlockKind.SUPPLEMENT,
    (
        Field("torque_mode", "B"),
        Field("accelerator", "B", mul=2, div=5),
        Field("fuel_total", "I", div=2),
        Field("reagent_temperature", "B", add=-40),
        Field("reagent_rate", "I", div=100),
        Field("reagent_total", "I"),
        Field("dpf_temperature", "H", div=32, add=KELVIN),
    ),
)


def _ones(name: str, code: str, div: int = 1, add: int = 0) -> Field:
    return Field(name, code, 1, div, add, Invalid.ONES)


# GB/T 32960.3-2016, 7.2.3
_VEHICLE_HEAD: Final = (
    _ones("vehicle_state", "B"),
    _ones("charge_state", "B"),
    _ones("run_mode", "B"),
    _ones("speed", "H", 10),
    _ones("mileage", "I", 10),
    _ones("battery_voltage", "H", 10),
)
_VEHICLE_TAIL: Final = (
    _ones("soc", "B"),
    _ones("dcdc_state", "B"),
    Field("gear", "B", invalid=Invalid.NEVER),  # bits
    _ones("insulation", "H"),
)
VEHICLE_2016: Final = Layout(
    BlockKind.VEHICLE,
    (
        *_VEHICLE_HEAD,
        _ones("battery_current", "H", 10, -10_000),
        *_VEHICLE_TAIL,
        _ones("accelerator", "B"),
        _ones("brake", "B"),
    ),
)
ENGINE_2016: Final = Layout(
    BlockKind.ENGINE, (_ones("engine_state", "B"), _ones("rpm", "H"), _ones("fuel_per_100km", "H", 100))
)
POSITION_2016: Final = Layout(BlockKind.POSITION, _POSITION)
EXTREMES_2016: Final = Layout(
    BlockKind.EXTREMES,
    (
        *(_ones(f"voltage_max_{part}", "B") for part in ("system", "cell")),
        _ones("cell_voltage_max", "H", 1000),
        *(_ones(f"voltage_min_{part}", "B") for part in ("system", "cell")),
        _ones("cell_voltage_min", "H", 1000),
        *(_ones(f"temperature_max_{part}", "B") for part in ("system", "probe")),
        _ones("cell_temperature_max", "B", 1, -40),
        *(_ones(f"temperature_min_{part}", "B") for part in ("system", "probe")),
        _ones("cell_temperature_min", "B", 1, -40),
    ),
)
# GB/T 32960.3-2025: one implementation, real frames read to the byte
VEHICLE_2025: Final = Layout(
    BlockKind.VEHICLE,
    (*_VEHICLE_HEAD, _ones("battery_current", "H", 10, -30_000), *_VEHICLE_TAIL),
    Confidence.SINGLE,
)
ENGINE_2025: Final = Layout(BlockKind.ENGINE, (_ones("rpm", "H"),), Confidence.SINGLE)
POSITION_2025: Final = Layout(
    BlockKind.POSITION, (_POSITION[0], Field("datum", "B", invalid=Invalid.NEVER), *_POSITION[1:]), Confidence.SINGLE
)
