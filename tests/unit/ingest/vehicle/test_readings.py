"""Values: scale, offset, what is no value, positions, and the factors that the decoder needs."""

import csv
import struct
from pathlib import Path

import pytest

from lantian_ingest.decoders.vehicle.decode import decode
from lantian_ingest.decoders.vehicle.emission import Dialect
from lantian_ingest.decoders.vehicle.envelope import parse
from lantian_ingest.decoders.vehicle.frame import Framer
from lantian_ingest.decoders.vehicle.quirks import Confidence, Gap
from lantian_ingest.decoders.vehicle.reader import Reader, duplicate_key
from lantian_ingest.decoders.vehicle.readings import NUMBERS, Readings, fingerprint, readings
from lantian_proto.factors import FACTORS
from lantian_proto.readings import Period, Stat
from tests.data.vehicle import golden
from tests.unit.ingest.vehicle.frames import STREAM, TIME_MS, VIN, flagged, in_dialect, obd, plain, six, stream
from tests.unit.ingest.vehicle.test_electric import VEHICLE_2016, VEHICLE_2025

NEEDED = Path(golden.__file__).parent / "factors_needed.csv"
NAMES = ["speed", "pressure", "torque", "friction", "rpm", "fuel_rate", "nox_up", "nox_down", "reagent", "air_flow"]
NAMES += ["scr_in", "scr_out", "dpf_pressure", "coolant", "tank", "position", "longitude", "latitude", "mileage"]


def values(found: Readings) -> dict[str, float]:
    """By name."""
    names = {number: name for name, number in NUMBERS.items()}
    return {names[factor]: value for factor, value in zip(found.factors, found.values, strict=True)}


def of(*blocks: tuple[int, bytes], dialect: str = "B", least: Confidence = Confidence.SINGLE) -> Readings:
    """The readings of blocks of GB 17691."""
    return readings(decode(parse(plain(2, in_dialect(dialect, list(blocks)))), Dialect(dialect)), least)


def changed(**raw: int) -> Readings:
    """The stream with some numbers replaced."""
    sent = dict(zip(NAMES, STREAM, strict=True)) | raw
    return of((2, stream(tuple(sent.values()))))


def test_the_stream() -> None:
    """Table Q.8, each field computed by hand."""
    found = of((2, stream()))
    assert values(found) == {
        "speed": 60.0,
        "pressure": 100.0,
        "torque": 40.0,
        "friction": 10.0,
        "rpm": 1500.0,
        "fuel_rate": 12.0,
        "nox_up": 600.0,
        "nox_down": 30.0,
        "reagent": 50.0,
        "air_flow": 300.0,
        "scr_in": 300.0,
        "scr_out": 290.0,
        "dpf_pressure": 5.0,
        "coolant": 85.0,
        "tank": 60.0,
        "mileage": 12345.6,
        "position_valid": 1.0,
        "longitude": 116.4,
        "latitude": 39.9,
    }
    count = len(found.factors)
    assert (found.stats, found.periods) == (bytes([Stat.RTD]) * count, bytes([Period.REAL_TIME]) * count)
    assert (found.times, found.flags, found.gaps) == ((TIME_MS,) * count, bytes(count), {})


BYTES = [(0xFB, Gap.RESERVED), (0xFD, Gap.RESERVED), (0xFE, Gap.ERROR), (0xFF, Gap.NOT_AVAILABLE)]
WORDS = [(0xFB00, Gap.RESERVED), (0xFEFF, Gap.ERROR), (0xFE00, Gap.ERROR), (0xFF00, Gap.NOT_AVAILABLE)]
WORDS += [(0xFFFF, Gap.NOT_AVAILABLE)]


@pytest.mark.parametrize(("raw", "gap"), BYTES)
@pytest.mark.parametrize("name", ["pressure", "torque", "reagent", "coolant", "tank"])
def test_a_byte_without_value(name: str, raw: int, gap: Gap) -> None:
    """SAE J1939: FA is the largest value."""
    found = changed(**{name: raw})
    assert name not in values(found)
    assert found.gaps == {gap: 1}
    assert name in values(changed(**{name: 0xFA}))


@pytest.mark.parametrize(("raw", "gap"), WORDS)
@pytest.mark.parametrize("name", ["speed", "rpm", "nox_up", "nox_down", "scr_in", "dpf_pressure"])
def test_a_word_without_value(name: str, raw: int, gap: Gap) -> None:
    """FEFF, seen on the road, is 1767 degrees to who does not know."""
    found = changed(**{name: raw})
    assert name not in values(found)
    assert found.gaps == {gap: 1}
    assert name in values(changed(**{name: 0xFAFF}))


def test_the_largest_values() -> None:
    """The printed ends of the ranges."""
    found = values(changed(speed=0xFAFF, rpm=0xFAFF, nox_up=0xFAFF, scr_in=0xFAFF, mileage=0xFAFFFFFF))
    assert found["speed"] == 250.99609375
    assert found["rpm"] == 8031.875
    assert found["nox_up"] == 3012.75
    assert found["scr_in"] == 1734.96875
    assert found["mileage"] == 421_108_121.5


def test_nox_of_minus_200_is_a_sensor_that_is_off() -> None:
    """Raw 0 was never measured; raw 1 is a value, whatever a rule thinks of it."""
    assert changed(nox_up=0, nox_down=0).gaps == {Gap.SENSOR_OFF: 2}
    assert values(changed(nox_down=1))["nox_down"] == -199.95


@pytest.mark.parametrize("status", [1, 3, 7, 0x08, 0xFE, 0xFF])
def test_a_position_that_is_not_valid(status: int) -> None:
    """The last one is repeated on the wire; it is no reading."""
    found = changed(position=status)
    assert values(found)["position_valid"] == 0.0
    assert found.gaps == {Gap.NO_POSITION: 2}


def test_positions() -> None:
    """South and west are negative, impossible degrees and all ones are none."""
    other_side = values(changed(position=6))
    assert (other_side["longitude"], other_side["latitude"]) == (-116.4, -39.9)
    assert changed(longitude=180_000_001).gaps == {Gap.OUT_OF_RANGE: 1}
    assert changed(latitude=0xFFFFFFFF).gaps == {Gap.NOT_AVAILABLE: 1}


def test_gas_vehicles() -> None:
    """Types 03 and 05 of HJ 1239.3: oxygen in place of SCR and DPF."""
    head = (15360, 200, 165, 135, 12000, 240)
    tail = (6000, 125, 18336, 0, 116_400_000, 39_900_000, 123_456)
    found = values(of((3, struct.pack(">HBBBHHHBHBHBIII", *head, 32787, 45, *tail))))
    assert (found["lambda_up"], found["oxygen_down"]) == (1.0000035, 0.45)
    assert (found["twc_temperature"], found["coolant"], found["mileage"]) == (300.0, 85.0, 12345.6)
    with_nox = of((5, struct.pack(">HBBBHHHBHHBHBIII", *head, 32787, 45, 4600, *tail)))
    assert values(with_nox) == found | {"twc_nox": 30.0}
    assert "nox_down" not in found


def test_hybrids() -> None:
    """Type 04; the motor's speed has two offsets in circulation and is no reading unless asked for."""
    body = struct.pack(">HBHHB", 1500, 40, 6000, 10_500, 55)
    found = of((4, body))
    assert values(found) == {"motor_load": 40, "battery_voltage": 600, "battery_current": 50, "soc": 55}
    assert found.gaps == {Gap.UNCONFIRMED: 1}
    assert values(of((4, body), least=Confidence.UNVERIFIED))["motor_speed"] == 1500


def test_the_supplement() -> None:
    """Type 80."""
    found = of((0x80, struct.pack(">BBIBIIH", 9, 250, 2001, 65, 12_345, 777, 18_336)))
    assert values(found) == {
        "torque_mode": 9.0,
        "accelerator": 100.0,
        "fuel_total": 1000.5,
        "reagent_temperature": 25.0,
        "reagent_rate": 123.45,
        "reagent_total": 777.0,
        "dpf_temperature": 300.0,
    }


def test_diagnosis() -> None:
    """Lamp, monitors, counters, and two numbers that change when the control unit does."""
    found = values(of((1, obd((1, 1, 0xABDE, 0xA9D6), codes=(b"\x14\x56\x00\xaf",) * 7))))
    assert (found["mil"], found["support"], found["readiness"], found["trouble_codes"]) == (1, 0xABDE, 0xA9D6, 7)
    assert (found["general_denominator"], found["ignition_cycles"], found["ecu_vin_match"]) == (0, 1, 1)
    assert found["calibration"] == fingerprint(b"YCY30165-600000000", b"EC40A1BF0000000000")
    other = values(of((1, obd(vin=b"LGDCHA1G8MA000000", cvn=b"EC40A1BE0000000000"))))
    assert other["ecu_vin_match"] == 0
    assert other["calibration"] != found["calibration"]


@pytest.mark.parametrize(("mil", "gap"), [(0xFE, Gap.ERROR), (0xFF, Gap.NOT_AVAILABLE), (2, Gap.OUT_OF_RANGE)])
def test_a_lamp_without_state(mil: int, gap: Gap) -> None:
    """Only off and on are states."""
    assert of((1, obd((1, mil, 0, 0)))).gaps == {gap: 1}


def test_a_diagnosis_of_padding() -> None:
    """Texts of the standard's own filler are not available, in any padding."""
    for filler in (b"0", b"\x00", b" ", b"\xff"):
        found = of((1, obd(vin=filler * 17, calid=filler * 18, cvn=filler * 18)))
        assert found.gaps == {Gap.NOT_AVAILABLE: 2}
    assert fingerprint(b"AB0000", b"C") == fingerprint(b"AB", b"C\x00\x00") != fingerprint(b"A", b"BC")


@pytest.mark.parametrize(("mark", "body"), [(b"##", VEHICLE_2016), (b"$$", VEHICLE_2025)])
def test_electric_vehicles(mark: bytes, body: bytes) -> None:
    """The same values under both editions, whose currents have other offsets."""
    found = values(readings(decode(parse(flagged(2, six() + b"\x01" + body, mark=mark)))))
    assert (found["speed"], found["mileage"], found["battery_voltage"], found["battery_current"]) == (
        60.1,
        12345.6,
        380.1,
        10.5,
    )
    assert (found["soc"], found["vehicle_state"], found["run_mode"]) == (80, 1, 1)
    assert ("accelerator" in found) is (mark == b"##")


@pytest.mark.parametrize(("raw", "gap"), [(0xFFFF, Gap.NOT_AVAILABLE), (0xFFFE, Gap.ERROR), (0xFB00, None)])
def test_gbt32960_has_two_numbers_that_are_none(raw: int, gap: Gap | None) -> None:
    """All ones and all ones less one; J1939 does not hold here."""
    found = readings(decode(parse(flagged(2, six() + b"\x04\x01" + struct.pack(">H", raw) + b"\x00\x00"))))
    assert found.gaps == ({gap: 1} if gap else {})


def test_sessions_and_removal() -> None:
    """Login, logout and the removal alarm are readings of their instant; answers are none."""
    login, logout = six() + bytes(2) + b"8" * 20, six() + bytes(2)
    assert values(readings(decode(parse(plain(1, login))))) == {"session": 1.0}
    assert values(readings(decode(parse(plain(4, logout))))) == {"session": 0.0}
    assert readings(decode(parse(flagged(4, six(), flag=1)))).factors == ()
    removed = readings(decode(parse(plain(6, six() + bytes(2) + struct.pack(">BII", 1, 116_400_000, 39_900_000)))))
    assert values(removed) == {"removal": 1.0, "position_valid": 0.0}
    assert removed.gaps == {Gap.NO_POSITION: 2}


def rows() -> list[dict[str, str]]:
    """factors_needed.csv."""
    return list(csv.DictReader(NEEDED.read_text(encoding="utf-8").splitlines()))


def test_every_number_is_asked_for() -> None:
    """The fragment for factors.csv and the decoder name the same numbers, and none that is taken by another factor."""
    assert [int(row["number"]) for row in rows()] == list(NUMBERS.values())
    assert len(set(NUMBERS.values())) == len(NUMBERS)
    assert [row["code"] for row in rows()] == [f"v{number:05d}" for number in NUMBERS.values()]
    taken = {factor.number: factor.code for factor in FACTORS}
    assert all(taken.get(int(row["number"]), row["code"]) == row["code"] for row in rows())


def test_the_reader_remembers_a_senders_dialect() -> None:
    """An ambiguous frame is read as the sender's earlier ones; another sender's is not."""
    clear = plain(2, in_dialect("B", [(1, obd()), (2, stream())]))
    unclear = in_dialect("B", [(1, obd((1, 0, 0, 0), vin=bytes(17)))], serial=0x0101)
    reader = Reader(senders=1)
    other = VIN[:-1] + b"9"
    dialects = []
    for frame in (clear, plain(2, unclear), plain(2, unclear, vin=other)):
        (piece,) = Framer().feed(frame)
        decoded = reader.read(piece).decoded
        dialects.append(decoded.dialect if decoded else None)
    assert dialects == [Dialect.B, Dialect.B, Dialect.A]


def test_re_sent_measurements_have_the_same_key() -> None:
    """Another command and serial number; another value or vehicle is another key."""

    def key(command: int, serial: int, *, vin: bytes = VIN, numbers: tuple[int, ...] = STREAM) -> bytes:
        frame = parse(plain(command, in_dialect("B", [(2, stream(numbers))], serial=serial), vin=vin))
        return duplicate_key(frame, decode(frame, Dialect.B))

    assert key(2, 1) == key(3, 77)
    assert len({key(2, 1), key(2, 1, vin=VIN[::-1]), key(2, 1, numbers=(1, *STREAM[1:]))}) == 3
    logout = [parse(plain(4, six() + bytes([0, serial]))) for serial in (1, 2)]
    assert len({duplicate_key(frame, decode(frame)) for frame in logout}) == 2
