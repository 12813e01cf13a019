"""The fast way gives what the slow way gives, or nothing."""

import struct
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lantian_ingest.decoders.hj212 import checkcode, matcher
from lantian_ingest.decoders.hj212.decode import Decoded, decode
from lantian_ingest.decoders.hj212.layout import LAYOUTS, Layouts
from lantian_ingest.decoders.hj212.segment import DecodeError, parse
from tests.unit.ingest.frames import segment


def slow(packet: bytes) -> Decoded | None:
    """The slow way."""
    try:
        return decode(parse(packet))
    except DecodeError:
        return None


def ready() -> Layouts:
    """With the matcher compiled."""
    layouts = Layouts()
    layouts.prepare()
    return layouts


def taught(*packets: bytes) -> Layouts:
    """Layouts that have seen these packets twice."""
    layouts = ready()
    for packet in (*packets, *packets):
        decoded = slow(packet)
        if decoded is not None:
            layouts.learn(packet, parse(packet), decoded)
    return layouts


def data(values: list[str], flags: list[str], time: str = "20261122120000") -> str:
    """Items of several factors with a mean and a mark."""
    codes = ["a21026", "a21002", "a34013", "a19001", "a01012"]
    items = [f"{code}-Avg={value},{code}-Flag={flag}" for code, value, flag in zip(codes, values, flags, strict=False)]
    return ";".join([f"DataTime={time}", *items])


BASE = segment(data(["1.0", "2.0", "3.0"], ["N", "N", "N"]), cn="2061")
BASE_KNOWN = taught(BASE)


def test_second_packet_of_a_layout_is_fast() -> None:
    """Learnt at the second appearance, not at the first."""
    layouts = ready()
    decoded = slow(BASE)
    assert decoded is not None
    layouts.learn(BASE, parse(BASE), decoded)
    assert layouts.decode(BASE) is None
    layouts.learn(BASE, parse(BASE), decoded)
    assert layouts.decode(BASE) == decoded


def test_other_values_times_and_marks_of_a_known_layout() -> None:
    """What changes from packet to packet."""
    layouts = BASE_KNOWN
    other = segment(
        data(["-0.5", "200", "0.001"], ["D", "N", "T"], "20261231235959"), cn="2061", qn="20261231235959999"
    )
    found = layouts.decode(other)
    assert found is not None
    assert found == slow(other)
    assert (found.values, found.flags) == ((-0.5, 200.0, 0.001), b"DNT")


@pytest.mark.parametrize(
    "value",
    ["NaN", "inf", "1e308", "--", "", "null", "1_0", "+1", " 1", "1.2.3", "-", "9" * 16, "1-2", "٣", "1,5", "&&"],
)
def test_odd_values_take_the_slow_way(value: str) -> None:
    """The fast way knows plain numbers only."""
    assert BASE_KNOWN.decode(segment(data(["1.0", value, "3.0"], ["N", "N", "N"]), cn="2061")) is None


@pytest.mark.parametrize(
    "time", ["20261322120000", "20261122240000", "20261122126000", "20261122120060", "19991231000000"]
)
def test_impossible_times_take_the_slow_way(time: str) -> None:
    """Where they are refused."""
    packet = segment(data(["1.0", "2.0", "3.0"], ["N", "N", "N"], time), cn="2061")
    assert BASE_KNOWN.decode(packet) is None
    assert slow(packet) is None


@pytest.mark.parametrize(
    "qn", ["2026112212000012x", "20261122 20000123", "2026112212000012", "202611221200001234", "٢0261122120000123"]
)
def test_odd_numbers_take_the_slow_way(qn: str) -> None:
    """Where the quirk is named."""
    packet = segment(data(["1.0", "2.0", "3.0"], ["N", "N", "N"]), cn="2061", qn=qn)
    assert slow(packet) is not None
    assert BASE_KNOWN.decode(packet) is None


@pytest.mark.parametrize(("at", "byte"), [(0, b"X"), (2, b":"), (20, b",")])
def test_odd_starts_take_the_slow_way(at: int, byte: bytes) -> None:
    """Only `QN=` and a semicolon stand around the number."""
    assert BASE_KNOWN.decode(BASE[:at] + byte + BASE[at + 1 :]) is None


HEADS = st.sampled_from(
    [
        {},
        {"qn": None},
        {"qn": "20240101000000000", "flag": 9},
        {"flag": 9},
        {"flag": None},
        {"flag": 0, "mn": "88888880000001"},
        {"flag": 7, "packet": "PNUM=2;PNO=1;"},
        {"mn": ""},
        {"mn": "ÄÖ"},
        {"cn": "2051"},
        {"st": "21", "flag": 8},
    ]
)
VALUE = st.one_of(
    st.sampled_from(
        ["0", "1.5", "-3", "007", "5.", ".5", "1e3", "NaN", "--", "", "+1", "1_0", "9" * 15, "9" * 16, "1-2"]
    ),
    st.from_regex(r"-?[0-9]{1,5}\.[0-9]{1,4}", fullmatch=True),
)
NAME = st.sampled_from(
    [
        *("a21026-Rtd", "a21026-Avg", "a21026-ZsAvg", "a21026-Flag", "a21002-Rtd", "a21002-Flag", "02-Rtd", "02-Flag"),
        *("A21026-RTD", "LA-td", "LA-Data", "zz-Rtd", "zz-Flag", "01018-Rtd", "w01018-SampleTime", "a21026-ZsCou"),
        *("Flag", "FLAG", "PolId", "Operation", "DataTime", "DATATIME", "g10101-Rtd", "a21026-EFlag", "", "a21026-"),
    ]
)
FLAG = st.sampled_from(["N", "D", "n", "", "Md", "0", "N "])
FIELD = st.tuples(NAME, VALUE, FLAG).map(
    lambda field: f"{field[0]}={field[2] if 'lag' in field[0].lower() else field[1]}"
)
SEPARATOR = st.sampled_from([";", ",", ";", ",", "; ", ";;"])


@st.composite
def areas(draw: st.DrawFn) -> str:
    """Data areas as bad as the field's, most of them with a time in front."""
    parts = [
        draw(st.sampled_from(["DataTime=20261122120000", "DATATIME=20261122120000", "DataTime=20261122120000000"]))
    ]
    for _ in range(draw(st.integers(0, 6))):
        parts += [draw(SEPARATOR), draw(FIELD)]
    return "".join(parts) + draw(st.sampled_from(["", "", ";", " "]))


@settings(max_examples=100, deadline=None)
@given(HEADS, areas(), st.lists(st.tuples(st.integers(0, 400), st.sampled_from(list(b"0123456789.-;,=&NDTa ")))))
def test_fast_is_slow(head: dict[str, object], area: str, changes: list[tuple[int, int]]) -> None:
    """For a learnt packet and for anything near it."""
    packet = segment(area, **head)  # type: ignore[arg-type]
    layouts = taught(packet)
    changed = bytearray(packet)
    for at, byte in changes[:4]:
        changed[at % len(changed)] = byte
    for candidate in (packet, bytes(changed)):
        found = layouts.decode(candidate)
        assert found is None or found == slow(candidate)


def test_nothing_is_fast_before_it_is_prepared() -> None:
    """A gateway that has just started takes everything the slow way."""
    layouts = Layouts()
    decoded = slow(BASE)
    assert decoded is not None
    for _ in range(3):
        layouts.learn(BASE, parse(BASE), decoded)
        assert layouts.decode(BASE) is None


@settings(max_examples=300)
@given(st.from_regex(r"[-0-9.]{1,16}", fullmatch=True))
def test_numbers_are_those_of_python(value: str) -> None:
    """Every plain number to the last bit, minus zero too; everything else takes the slow way."""
    found = BASE_KNOWN.decode(segment(data(["1.0", value, "3.0"], ["N", "N", "N"]), cn="2061"))
    try:
        wanted = float(value) if len(value) < 16 else None
    except ValueError:
        wanted = None
    assert (found is None) == (wanted is None)
    if found is not None and wanted is not None:
        assert struct.pack("<d", found.values[1]) == struct.pack("<d", wanted)


@settings(max_examples=100)
@given(st.integers(0, 40), st.binary(min_size=4, max_size=4), st.integers(0, 3))
def test_check_code_is_compared(more: int, other: bytes, at: int) -> None:
    """The right one is taken at every length modulo 8; any other four bytes are not."""
    packet = segment(data(["1." + "0" * (more % 9), "2.0", "3." + "0" * (more // 9)], ["N", "N", "N"]), cn="2061")
    right = checkcode.text(packet)
    assert BASE_KNOWN.decode(packet, right) == slow(packet)
    wrong = right[:at] + other[at : at + 1] + right[at + 1 :]
    for sent in (other, wrong, right.lower()):
        assert (BASE_KNOWN.decode(packet, sent) is None) == (sent != right)


def test_many_senders_and_variants() -> None:
    """Each sender has its own; the oldest of more than it may have makes room."""
    layouts = ready()
    packets = []
    for number in range(40):
        for fields in range(1, matcher.VARIANTS + 3):
            values = ";".join(f"a2100{field}-Rtd={number}.{fields}" for field in range(1, 1 + fields))
            packets.append(segment(f"DataTime=20261122120000;{values};x=1", mn=f"MN{number:022d}"))
    for packet in packets * 2:
        decoded = slow(packet)
        if decoded is not None:
            layouts.learn(packet, parse(packet), decoded)
    found = [layouts.decode(packet) for packet in packets]
    assert all(one is None or one == slow(packet) for one, packet in zip(found, packets, strict=True))
    assert sum(one is not None for one in found) == 40 * min(matcher.VARIANTS, len({len(p) for p in packets}))
    layouts.forget()
    assert not any(layouts.decode(packet) for packet in packets)


@settings(max_examples=100)
@given(
    st.lists(st.from_regex(r"-?[0-9]{1,6}(\.[0-9]{0,4})?", fullmatch=True), min_size=3, max_size=3),
    st.lists(st.sampled_from("NFMSDCTB0123"), min_size=3, max_size=3),
    st.datetimes(
        min_value=__import__("datetime").datetime(2000, 1, 1), max_value=__import__("datetime").datetime(2099, 12, 31)
    ),
)
def test_usual_packets_are_fast(values: list[str], flags: list[str], time: datetime) -> None:
    """Plain numbers and known marks of a learnt layout never need the slow way."""
    packet = segment(data(values, flags, f"{time:%Y%m%d%H%M%S}"), cn="2061")
    assert BASE_KNOWN.decode(packet) == slow(packet) is not None


def test_memory_is_bounded() -> None:
    """A sender that never repeats a layout teaches nothing; layouts beyond the bound make room."""
    layouts = ready()
    for number in range(LAYOUTS + 10):
        packet = segment(f"DataTime=20261122120000;a21026-Rtd=1,a21026-Flag=N;x{number}=1")
        decoded = slow(packet)
        assert decoded is not None
        layouts.learn(packet, parse(packet), decoded)
    assert not layouts._programs
