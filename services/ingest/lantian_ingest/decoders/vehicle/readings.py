"""From a decoded frame to the columns of readings; every field that is none is counted with the reason."""

from collections import Counter
from hashlib import sha256
from typing import Final, NamedTuple

from lantian_ingest.decoders.vehicle import obd, session
from lantian_ingest.decoders.vehicle.decode import Command, Decoded
from lantian_ingest.decoders.vehicle.electric import FIXED_2016, FIXED_2025
from lantian_ingest.decoders.vehicle.emission import LAYOUTS, Dialect
from lantian_ingest.decoders.vehicle.fields import (
    BITS,
    NOX,
    SUPPLEMENT,
    Block,
    BlockKind,
    Field,
    Invalid,
    Layout,
    value_of,
)
from lantian_ingest.decoders.vehicle.quirks import Confidence, Gap
from lantian_proto.readings import Period, Stat

# Numbers of lantian_proto.factors; a field that is not named here stays in the frame.
NUMBERS: Final = {
    "speed": 7001,
    "pressure": 7002,
    "torque": 7003,
    "friction": 7004,
    "rpm": 7005,
    "fuel_rate": 7006,
    "nox_up": 7007,
    "nox_down": 7008,
    "reagent": 7009,
    "air_flow": 7010,
    "scr_in": 7011,
    "scr_out": 7012,
    "dpf_pressure": 7013,
    "coolant": 7014,
    "tank": 7015,
    "mileage": 7016,
    "longitude": 7017,
    "latitude": 7018,
    "position_valid": 7019,
    "lambda_up": 7020,
    "oxygen_down": 7021,
    "twc_temperature": 7022,
    "twc_nox": 7023,
    "motor_speed": 7024,
    "motor_load": 7025,
    "battery_voltage": 7026,
    "battery_current": 7027,
    "soc": 7028,
    "torque_mode": 7029,
    "accelerator": 7030,
    "fuel_total": 7031,
    "reagent_temperature": 7032,
    "reagent_rate": 7033,
    "reagent_total": 7034,
    "dpf_temperature": 7035,
    "fuel_per_100km": 7036,
    "datum": 7037,
    "mil": 7040,
    "support": 7041,
    "readiness": 7042,
    "trouble_codes": 7043,
    "general_denominator": 7044,
    "ignition_cycles": 7045,
    "calibration": 7046,
    "ecu_vin_match": 7047,
    "vehicle_state": 7050,
    "run_mode": 7051,
    "engine_state": 7052,
    "alarm_level": 7053,
    "alarm_flags": 7054,
    "session": 7060,
    "removal": 7061,
}
FINGERPRINT_BYTES: Final = 6  # 48 bits: exact in a float
LARGEST_DEGREES: Final = {"longitude": 180.0, "latitude": 90.0}
NOT_VALID: Final = 1  # bits of the position's status
SOUTH: Final = 2
WEST: Final = 4
_COUNTER: Final = Field("", "H")
_ALARM_LEVEL: Final = Field("alarm_level", "B", invalid=Invalid.ONES)
_ALARM_FLAGS: Final = Field("alarm_flags", "I", invalid=Invalid.ONES)
_TROUBLE_CODES: Final = Field("trouble_codes", "B", invalid=Invalid.ONES)


class _Step(NamedTuple):
    """How one field becomes a reading; at or under `largest` it is (raw * mul + add) / div."""

    item: Field
    number: int
    mul: int
    div: int
    add: int
    least: int  # below: a sensor that is off
    largest: int
    sure: Confidence


def _steps(layout: Layout) -> tuple[_Step, ...]:
    """The readings of a layout, positions aside."""
    found = []
    for item in layout.fields:
        if item.name in NUMBERS and item.name not in LARGEST_DEGREES:
            ones = (1 << BITS[item.code]) - 1
            largest = {Invalid.J1939: ones - (5 << (BITS[item.code] - 8)), Invalid.ONES: ones - 2}.get(
                item.invalid, ones
            )
            least = 1 if item.name in NOX else 0
            found.append(_Step(item, NUMBERS[item.name], item.mul, item.div, item.add, least, largest, item.sure))
    return tuple(found)


_LAYOUTS: Final = (*LAYOUTS.values(), SUPPLEMENT, *FIXED_2016.values(), *FIXED_2025.values())
_STEPS: Final = {layout: _steps(layout) for layout in _LAYOUTS}


class Readings(NamedTuple):
    """Columns of one frame's readings, all of stat `rtd` and period real time; `gaps` counts the fields without."""

    factors: tuple[int, ...]
    stats: bytes
    periods: bytes
    times: tuple[int, ...]
    values: tuple[float, ...]
    flags: bytes
    gaps: dict[Gap, int]


def readings(decoded: Decoded, least: Confidence = Confidence.SINGLE) -> Readings:
    """The readings of a frame, block by block in the order sent.

    Blocks and fields whose layout is less sure than `least` give none and are counted as unconfirmed. An answer and a
    frame that could not be decrypted give none. Alarms and flags of the terminal are readings like others: terminals
    rewrite them, rules judge values.
    """
    columns = _Columns()
    for block in decoded.blocks:
        columns.time_ms = block.time_ms
        _read(block, decoded, least, columns)
    body = decoded.body
    if decoded.time_ms is not None and body is not None:
        columns.time_ms = decoded.time_ms
        if decoded.command in (Command.LOGIN, Command.LOGOUT):
            columns.put("session", 1.0 if decoded.command is Command.LOGIN else 0.0)
        elif isinstance(body, session.Removal):
            columns.put("removal", 1.0)
            _position(body.position, body.longitude, body.latitude, columns)
    count = len(columns.factors)
    return Readings(
        tuple(columns.factors),
        bytes([Stat.RTD]) * count,
        bytes([Period.REAL_TIME]) * count,
        tuple(columns.times),
        tuple(columns.values),
        bytes(count),
        dict(columns.gaps),
    )


class _Columns:
    """Readings as they are found; `time_ms` is that of the block being read."""

    __slots__ = ("factors", "gaps", "time_ms", "times", "values")

    def __init__(self) -> None:
        self.time_ms = 0
        self.factors: list[int] = []
        self.times: list[int] = []
        self.values: list[float] = []
        self.gaps: Counter[Gap] = Counter()

    def put(self, name: str, value: float | Gap) -> None:
        """A value, or the reason why there is none."""
        if isinstance(value, Gap):
            self.gaps[value] += 1
        else:
            self.factors.append(NUMBERS[name])
            self.times.append(self.time_ms)
            self.values.append(value)


def _layout(block: Block, dialect: Dialect | None) -> Layout | None:
    if block.kind is BlockKind.SUPPLEMENT:
        return SUPPLEMENT
    tables = {Dialect.GBT32960_2016: FIXED_2016, Dialect.GBT32960_2025: FIXED_2025}
    found = (tables.get(dialect, LAYOUTS) if dialect is not None else LAYOUTS).get(block.type)
    return found if found is not None and found.kind is block.kind else None


def _read(block: Block, decoded: Decoded, least: Confidence, columns: _Columns) -> None:
    if block.kind is BlockKind.OBD:
        _diagnosis(block, decoded.vin, columns)
        return
    if block.kind is BlockKind.ALARMS:
        for item in (_ALARM_LEVEL, _ALARM_FLAGS):
            raw = block.raw[item.name]
            if isinstance(raw, int):
                columns.put(item.name, value_of(item, raw) if block.confidence >= least else Gap.UNCONFIRMED)
        return
    layout = _layout(block, decoded.dialect)
    if layout is None:
        return
    numbers, sure = block.raw, block.confidence
    factors, values = columns.factors, columns.values
    for item, number, mul, div, add, smallest, largest, field_sure in _STEPS[layout]:
        raw = numbers[item.name]
        if not isinstance(raw, int):
            continue
        if sure < least or field_sure < least:
            columns.gaps[Gap.UNCONFIRMED] += 1
        elif smallest <= raw <= largest:
            factors.append(number)
            values.append((raw * mul + add) / div)
        else:
            columns.put(item.name, Gap.SENSOR_OFF if raw < smallest else value_of(item, raw))
    columns.times += [columns.time_ms] * (len(factors) - len(columns.times))
    status, longitude, latitude = numbers.get("position"), numbers.get("longitude"), numbers.get("latitude")
    if isinstance(status, int) and isinstance(longitude, int) and isinstance(latitude, int):
        if sure < least:
            columns.put("position_valid", Gap.UNCONFIRMED)
        else:
            _position(status, longitude, latitude, columns)


def _position(status: int, longitude: int, latitude: int, columns: _Columns) -> None:
    """Degrees, south and west negative; the last fix that a terminal repeats without a valid position is none."""
    valid = status & NOT_VALID == 0 and status <= (NOT_VALID | SOUTH | WEST)
    columns.put("position_valid", 1.0 if valid else 0.0)
    for name, raw, other_side in (("longitude", longitude, WEST), ("latitude", latitude, SOUTH)):
        degrees = raw / 1_000_000
        if not valid:
            columns.put(name, Gap.NO_POSITION)
        elif raw == 0xFFFFFFFF:
            columns.put(name, Gap.NOT_AVAILABLE)
        elif degrees > LARGEST_DEGREES[name]:
            columns.put(name, Gap.OUT_OF_RANGE)
        else:
            columns.put(name, -degrees if status & other_side else degrees)


def _diagnosis(block: Block, vin: bytes, columns: _Columns) -> None:
    raw = block.raw
    mil, codes, iupr = raw["mil"], raw["trouble_codes"], raw["iupr"]
    if isinstance(mil, int):
        columns.put(
            "mil", float(mil) if mil <= 1 else {0xFE: Gap.ERROR, 0xFF: Gap.NOT_AVAILABLE}.get(mil, Gap.OUT_OF_RANGE)
        )
    for name in ("support", "readiness"):
        bits = raw[name]
        if isinstance(bits, int):
            columns.put(name, float(bits))
    if isinstance(codes, int):
        columns.put("trouble_codes", value_of(_TROUBLE_CODES, codes))
    if isinstance(iupr, tuple):
        for name, count in zip(obd.IUPR_WORDS, iupr, strict=True):
            if name in NUMBERS and isinstance(count, int):
                columns.put(name, value_of(_COUNTER, count))
    calid, cvn, ecu_vin = raw["calid"], raw["cvn"], raw["ecu_vin"]
    if isinstance(calid, bytes) and isinstance(cvn, bytes) and isinstance(ecu_vin, bytes):
        blank = obd.is_blank(calid) and obd.is_blank(cvn)
        columns.put("calibration", Gap.NOT_AVAILABLE if blank else fingerprint(calid, cvn))
        columns.put("ecu_vin_match", Gap.NOT_AVAILABLE if obd.is_blank(ecu_vin) else float(ecu_vin == vin))


def fingerprint(calid: bytes, cvn: bytes) -> float:
    """A whole number that changes when the calibration does: 48 bits of the SHA-256 of both, without padding."""
    digest = sha256(obd.stripped(calid) + b"\x00" + obd.stripped(cvn)).digest()
    return float(int.from_bytes(digest[:FINGERPRINT_BYTES], "big"))
