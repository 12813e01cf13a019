"""Vehicles at the listener: outcomes, answers after safety, resends, and no identity in any topic."""

import json

import pytest

from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_ingest.decoders.vehicle.readings import NUMBERS
from lantian_ingest.sealing import Sealer, commitment
from lantian_proto.events import header
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange
from tests.data.vehicle.golden import captured
from tests.unit.ingest.others_rig import EVIDENCE_KEY, IDENTITY_KEY, NOW_MS, FakeVehicle, OthersRig
from tests.unit.ingest.vehicle.frames import VIN, flagged, in_dialect, obd, plain, six, stream

NAME = pseudonym(Identity.VIN, VIN, IDENTITY_KEY)
HOUR_MS = 3_600_000


def unit(time_ms: int = NOW_MS, serial: int = 9) -> bytes:
    """A real-time data unit with diagnosis and stream."""
    return in_dialect("A", [(1, obd()), (2, stream())], time_ms=time_ms, serial=serial)


def rig() -> OthersRig:
    """One vehicle."""
    made = OthersRig()
    made.vehicle(VIN.decode(), "truck-1")
    return made


async def test_readings_come_under_the_registered_source() -> None:
    """Position, NOx and the rest, with the pointer to the frame."""
    one, link = rig(), FakeVehicle()
    one.stream(plain(2, unit()), link)
    await one.settle()
    assert one.outcomes("vehicle") == {"accepted": 1}
    rows = one.rows()
    assert rows.sources == ["truck-1"]
    values = dict(zip(rows.factor.tolist(), rows.value.tolist(), strict=True))
    assert values[NUMBERS["nox_down"]] == 30
    assert values[NUMBERS["longitude"]] == pytest.approx(116.4)
    assert link.under_way == 0
    assert link.answers == []  # GB 17691 wants none


async def test_no_identity_lies_in_a_topic_and_the_original_can_be_proven() -> None:
    """VIN of header and control unit, card number: masked; key, headers and readings do not hold them."""
    one = rig()
    login = six(NOW_MS) + b"\0\1" + b"89861119224471968385"
    frames = [plain(2, unit()), plain(1, login), plain(2, unit()[:-3]), plain(7, b"\0" * 20 + VIN)[:-5]]
    for frame in frames:
        one.stream(frame, FakeVehicle())
    await one.settle()
    found = sorted(one.evidence(), key=lambda record: record.offset)
    assert len(found) == len(frames)
    everything = json.dumps([repr(record) for record in [*found, *one.publisher.records("readings.v1")]])
    assert VIN.decode() not in everything
    assert "8986111922447196" not in everything
    assert {record.key for record in found} == {NAME.encode()}
    originals = set()
    for record in found:
        headers = dict(record.headers)
        original, salt = Sealer(EVIDENCE_KEY).unseal(record.value or b"", headers["sealed"])
        assert commitment(salt, original) == headers["commitment"].decode()
        originals.add(original)
    assert originals == set(frames)


async def test_gbt32960_is_answered_only_when_safe() -> None:
    """The echo of its time with flag 01; nothing while Kafka is silent, nothing when it fails."""
    one, link = rig(), FakeVehicle()
    frame = flagged(1, six(NOW_MS) + b"\0\1" + b"8" * 20 + b"\0\0")
    one.publisher.hold = True
    one.stream(frame, link)
    await one.settle()
    assert link.answers == []
    one.publisher.hold = False
    one.publisher.release()
    await one.settle()
    one.publisher.release()
    await one.settle()
    (answer,) = link.answers
    assert answer[2:4] == b"\x01\x01"
    assert answer[24:30] == six(NOW_MS)
    one.publisher.fail_next = 1
    one.stream(flagged(4, six(NOW_MS) + b"\0\1"), link)
    await one.settle()
    assert len(link.answers) == 1
    assert one.outcomes("vehicle") == {"accepted": 1, "undelivered": 1}
    one.stream(flagged(4, six(NOW_MS) + b"\0\1"), link)
    await one.settle()
    assert len(link.answers) == 2  # what was not safe is no duplicate when it comes again


async def test_resend_of_the_same_measurement_is_a_duplicate_and_back_fill_is_late() -> None:
    """Serial and command do not count; what is new in the back-fill goes by its own lane."""
    one, link = rig(), FakeVehicle()
    await one.intake.start()
    one.stream(plain(2, unit()), link)
    one.stream(plain(3, unit(serial=77)), link)
    one.stream(plain(3, unit(NOW_MS - 5 * HOUR_MS)), link)
    await one.intake.drain()
    await one.settle()
    assert one.outcomes("vehicle") == {"accepted": 2, "duplicate": 1}
    assert one.sightings.get(NAME).late == 2  # type: ignore[union-attr]
    await one.intake.stop()


@pytest.mark.parametrize(
    ("frame", "outcome", "reason"),
    [
        (b"\x00noise" * 9, "malformed", "no-frame"),
        (plain(2, unit())[:-1] + b"\xff", "wrong-check", "wrong-check"),
        (plain(2, unit())[:80], "malformed", "incomplete"),
        (plain(2, b"\x7f" * 6 + b"\2\0\1" + stream()), "malformed", "time"),
        (plain(2, unit(NOW_MS + HOUR_MS)), "malformed", "future"),
        (plain(2, unit() + b"\x63"), "malformed", "layout"),
        (plain(0x81, b"abc"), "unsupported", "command"),
        (plain(2, bytes(range(64)), encryption=3), "unsupported", "encrypted"),
        (plain(2, unit(), vin=b"LZZ00000000000001"), "unknown-feed", "unknown-feed"),
        (plain(0x81, b"abc", vin=b"LZZ00000000000001"), "unknown-feed", "unknown-feed"),
        (b"##\x02" + VIN + b"\x07\x01\xff\xf0", "too-large", "too-large"),
    ],
)
async def test_bad_frames_cost_only_themselves(frame: bytes, outcome: str, reason: str) -> None:
    """One counted outcome with its reason in the evidence; the next good one works; what is bad gets no answer."""
    one, link = rig(), FakeVehicle()
    one.stream(frame, link)
    one.stream(plain(2, unit()), link)
    await one.settle()
    assert one.outcomes("vehicle") == {outcome: 1, "accepted": 1}
    bad = [record for record in one.evidence() if header(record.headers, "outcome") != "accepted"]
    assert [header(record.headers, "reason") for record in bad] == [reason]
    assert link.answers == []


async def test_every_captured_frame_has_its_outcome() -> None:
    """92 published frames; the nine wrong ones are refused, those of vehicles registered here accepted."""
    one, link = OthersRig(), FakeVehicle()
    one.clock.advance(86_400 * 365 * 20)  # some are dated in the future
    frames = captured()
    names = {row.frame[3:20] for row in frames} | {row.frame[4:21] for row in frames}
    for number, name in enumerate(sorted(names)):
        one.vehicle(pseudonym(Identity.VIN, name, IDENTITY_KEY), f"v{number}")
    await one.intake.start()
    for row in frames:
        one.stream(row.frame, link)
    await one.intake.drain()
    await one.intake.stop()
    found = one.outcomes("vehicle")
    assert sum(found.values()) == 92
    assert found["wrong-check"] == 6
    assert found["malformed"] == 3
    assert found["accepted"] + found.get("duplicate", 0) + found.get("unsupported", 0) == 83
    assert "unknown-feed" not in found


async def test_heartbeats_and_time_questions_are_never_duplicates() -> None:
    """Each is answered."""
    one, link = rig(), FakeVehicle()
    for _ in range(3):
        one.stream(flagged(7, b""), link)
        one.stream(plain(5, b""), link)
    await one.settle()
    assert one.outcomes("vehicle") == {"accepted": 6}
    assert len(link.answers) == 6
    assert sum(answer[24:30] == six(NOW_MS) for answer in link.answers) == 3


async def test_voided_and_expired_vehicles_are_strangers() -> None:
    """By VIN or by pseudonym, from the moment it is said."""
    one, link = rig(), FakeVehicle()
    void = RegistryChange(kind="feed", id=VIN.decode(), voided=True, valid_from_ms=NOW_MS - 1)
    one.vehicles.apply(f"feed/{VIN.decode()}", void.SerializeToString())
    one.stream(plain(2, unit()), link)
    one.vehicle(NAME, "truck-1")
    one.stream(plain(2, unit()), link)
    one.vehicle(NAME, "truck-1", valid_to_ms=NOW_MS - 5)
    one.stream(plain(2, unit(NOW_MS - 10_000)), link)
    await one.settle()
    assert one.outcomes("vehicle") == {"accepted": 1, "unknown-feed": 2}


def test_a_feed_of_another_protocol_is_no_vehicle() -> None:
    """An MN that looks like a VIN must not open the vehicles' door."""
    one = OthersRig()
    change = RegistryChange(kind="feed", id=VIN.decode(), feed=Feed(source_id="x", protocol="hj212"))
    one.vehicles.apply(f"feed/{VIN.decode()}", change.SerializeToString())
    assert one.vehicles.find(NAME, NOW_MS) is None
