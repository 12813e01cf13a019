"""GB/T 32960.3-2016 and -2025: what was put into a data unit comes out of it; what is unknown spoils nothing."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.vehicle.decode import Decoded, decode
from lantian_ingest.decoders.vehicle.envelope import parse
from lantian_ingest.decoders.vehicle.fields import BlockKind, Raw
from lantian_ingest.decoders.vehicle.quirks import Confidence, DecodeError, Gap, Quirk, Reason
from lantian_ingest.decoders.vehicle.readings import readings
from tests.unit.ingest.vehicle.frames import TIME_MS, flagged, six

FIXED_2016 = {1: ">BBBHIHHBBBHBB", 4: ">BHH", 5: ">BII", 6: ">BBHBBHBBBBBB"}
FIXED_2025 = {1: ">BBBHIHHBBBH", 4: ">H", 5: ">BBII"}
LARGEST = {"B": 0xFF, "H": 0xFFFF, "I": 0xFFFFFFFF}
VEHICLE_2016 = struct.pack(">BBBHIHHBBBHBB", 1, 3, 1, 601, 123_456, 3801, 10_105, 80, 1, 0x2F, 5000, 30, 0)
VEHICLE_2025 = struct.pack(">BBBHIHHBBBH", 1, 3, 1, 601, 123_456, 3801, 30_105, 80, 1, 0x2F, 5000)
SIGNATURE = b"\x01\x00\x02rr\x00\x02ss"

Built = tuple[BlockKind, bytes, dict[str, Raw] | list[int]]


def numbers(draw: st.DrawFn, code: str) -> list[int]:
    """One record's numbers."""
    return [draw(st.integers(0, LARGEST[letter])) for letter in code]


def listed(draw: st.DrawFn, code: str) -> tuple[int, list[int], bytes]:
    """A count of records and the records."""
    count = draw(st.integers(0, 3))
    rows = [numbers(draw, code) for _ in range(count)]
    return count, [value for row in rows for value in row], b"".join(struct.pack(f">{code}", *row) for row in rows)


def alarms(draw: st.DrawFn, latest: bool) -> Built:
    """Level, flags, four lists of codes; since 2025 a list of levels."""
    level, flags = numbers(draw, "BI")
    raw: dict[str, Raw] = {"alarm_level": level, "alarm_flags": flags}
    data = struct.pack(">BI", level, flags)
    names = ["battery_faults", "motor_faults", "engine_faults", "other_faults"]
    for name in [*names, "alarm_levels"] if latest else names:
        count, values, body = listed(draw, "H" if name == "alarm_levels" else "I")
        raw[name] = tuple(values)
        data += bytes([count]) + body
    return BlockKind.ALARMS, bytes([6 if latest else 7]) + data, raw


def batteries(draw: st.DrawFn, latest: bool, cells: bool) -> Built:
    """Systems with cells or probes; the number in a system's head counts them."""
    systems, heads, values, data = draw(st.integers(0, 3)), [], [], b""
    for system in range(systems):
        count = draw(st.integers(0, 4))
        if not cells:
            head, code = [system, count], "BH"
        elif latest:
            head, code = [system, *numbers(draw, "HH"), count], "BHHH"
        else:
            head, code = [system, *numbers(draw, "HHHH"), count], "BHHHHB"
        row = numbers(draw, ("H" if cells else "B") * count)
        data += struct.pack(f">{code}", *head) + struct.pack(f">{len(row)}{'H' if cells else 'B'}", *row)
        heads += head
        values += row
    kind, number = (BlockKind.CELL_VOLTAGES, 8) if cells else (BlockKind.TEMPERATURES, 9)
    raw: dict[str, Raw] = {"systems": tuple(heads), "cells" if cells else "probes": tuple(values)}
    return kind, bytes([number - latest, systems]) + data, raw


@st.composite
def blocks(draw: st.DrawFn, latest: bool) -> Built:
    """A block of any known type."""
    kind = draw(
        st.sampled_from(["fixed", "motors", "alarms", "cells", "probes", "maker", *([] if latest else ["cell"])])
    )
    if kind == "fixed":
        formats = FIXED_2025 if latest else FIXED_2016
        number = draw(st.sampled_from(sorted(formats)))
        values = numbers(draw, formats[number][1:])
        name = {1: BlockKind.VEHICLE, 4: BlockKind.ENGINE, 5: BlockKind.POSITION, 6: BlockKind.EXTREMES}[number]
        return name, bytes([number]) + struct.pack(formats[number], *values), values
    if kind == "motors":
        count, values, body = listed(draw, "BBBHIB" if latest else "BBBHHBHH")
        return BlockKind.MOTORS, bytes([2, count]) + body, {"count": count, "motors": tuple(values)}
    if kind == "alarms":
        return alarms(draw, latest)
    if kind in ("cells", "probes"):
        return batteries(draw, latest, kind == "cells")
    if kind == "cell":
        head, tail, probes = numbers(draw, "HHH"), numbers(draw, "HBHBHBB"), draw(st.binary(max_size=4))
        body = struct.pack(">HHHH", *head, len(probes)) + probes + struct.pack(">HBHBHBB", *tail)
        raw: dict[str, Raw] = {"cell": tuple(head), "count": len(probes), "probes": tuple(probes)}
        return BlockKind.FUEL_CELL, b"\x03" + body, raw | {"hydrogen": tuple(tail)}
    content = draw(st.binary(max_size=20))
    number = draw(st.integers(0x80, 0xFE))
    return BlockKind.OEM, bytes([number]) + struct.pack(">H", len(content)) + content, {"bytes": content}


def read(data: bytes, mark: bytes, command: int = 2) -> Decoded:
    """A data unit in its envelope, decoded."""
    return decode(parse(flagged(command, six() + data, mark=mark)))


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks(False), min_size=1, max_size=5), st.sampled_from([2, 3]))
def test_2016_comes_out_as_it_went_in(sent: list[Built], command: int) -> None:
    """decode(encode(x)) == x."""
    decoded = read(b"".join(body for _, body, _ in sent), b"##", command)
    compare(decoded, sent)
    assert decoded.signatures == ()


@settings(max_examples=60, deadline=None)
@given(st.lists(blocks(True), min_size=1, max_size=5), st.booleans())
def test_2025_comes_out_as_it_went_in(sent: list[Built], signed: bool) -> None:
    """decode(encode(x)) == x, with a signature or without."""
    decoded = read(b"".join(body for _, body, _ in sent) + (b"\xff" + SIGNATURE if signed else b""), b"$$")
    compare(decoded, sent)
    assert decoded.signatures == ((SIGNATURE,) if signed else ())
    assert {block.confidence for block in decoded.blocks} <= {Confidence.SINGLE, Confidence.UNVERIFIED}


def compare(decoded: Decoded, sent: list[Built]) -> None:
    """Kinds and numbers, in order."""
    assert [block.kind for block in decoded.blocks] == [kind for kind, _, _ in sent]
    assert {block.time_ms for block in decoded.blocks} == {TIME_MS}
    for block, (_, _, raw) in zip(decoded.blocks, sent, strict=True):
        assert (list(block.raw.values()) if isinstance(raw, list) else block.raw) == raw


def test_counts_that_are_none() -> None:
    """FE and FF in place of a number of records."""
    decoded = read(b"\x02\xff" + b"\x08\xfe" + b"\x09\xff" + b"\x07\x00" + bytes(4) + b"\xff\xfe\xff\xfe", b"##")
    assert [block.kind for block in decoded.blocks][:3] == [
        BlockKind.MOTORS,
        BlockKind.CELL_VOLTAGES,
        BlockKind.TEMPERATURES,
    ]
    assert decoded.blocks[3].raw["battery_faults"] == ()


def test_an_unknown_block_with_a_length_is_passed_over() -> None:
    """What follows is read, because it ends with the data unit."""
    decoded = read(b"\x30\x00\x03abc\x01" + VEHICLE_2025, b"$$")
    assert [block.kind for block in decoded.blocks] == [BlockKind.UNREAD, BlockKind.VEHICLE]
    assert decoded.quirks == {Quirk.UNKNOWN_BLOCK}
    assert len(readings(decoded).factors) > 4


def test_what_does_not_fill_the_data_unit_gives_no_readings() -> None:
    """A byte too few shifts everything after it into plausible nonsense: kept, counted, not used."""
    decoded = read(b"\x01" + VEHICLE_2016 + b"\x01" + VEHICLE_2016[:-1], b"##")
    assert [block.kind for block in decoded.blocks] == [BlockKind.VEHICLE, BlockKind.UNREAD]
    assert Quirk.PARTLY_READ in decoded.quirks
    found = readings(decoded)
    assert (found.factors, set(found.gaps)) == ((), {Gap.UNCONFIRMED})


def test_a_makers_block_without_its_length() -> None:
    """Three published frames: type 81 or 82 and then rows of the maker's own."""
    decoded = read(b"\x81" + bytes([1, 0, 2, 0xFF, 3]) * 4, b"##")
    assert [block.kind for block in decoded.blocks] == [BlockKind.OEM]
    assert Quirk.PARTLY_READ in decoded.quirks


@pytest.mark.parametrize("end", [b"\xff\x01\x00\x02r", b"\xff", b"\xff\x01\x00\x00\x00\x09s"])
def test_a_broken_signature_is_not_taken(end: bytes) -> None:
    """It ends after the data unit does."""
    decoded = read(b"\x01" + VEHICLE_2025 + end, b"$$")
    assert decoded.signatures == ()
    assert Quirk.PARTLY_READ in decoded.quirks


def test_no_time_no_data() -> None:
    """Measurements that nobody can place."""
    with pytest.raises(DecodeError) as caught:
        decode(parse(flagged(2, bytes(6) + b"\x01" + VEHICLE_2016)))
    assert caught.value.reason is Reason.TIME


def test_a_time_alone_is_empty() -> None:
    """Accepted, nothing in it."""
    decoded = read(b"", b"$$")
    assert decoded.blocks == ()
    assert decoded.quirks == {Quirk.EMPTY}
