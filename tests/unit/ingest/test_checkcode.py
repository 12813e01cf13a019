"""The folded check code is the printed algorithm; foreign ones are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_ingest.decoders.hj212 import checkcode
from lantian_ingest.decoders.hj212.checkcode import Verdict


def printed(data: bytes) -> int:
    """HJ 212-2017 appendix A, as printed."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register


@given(st.binary(max_size=1500))
def test_fold_is_the_printed_algorithm(data: bytes) -> None:
    """Any bytes, any length."""
    assert checkcode.code(data) == printed(data)
    assert checkcode.text(data) == b"%04X" % printed(data)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 63, 64, 65, 128, 129, 256, 257, 511, 512, 513, 1024, 4096, 9000])
def test_fold_at_the_edges_of_its_steps(length: int) -> None:
    """Lengths around the folding widths."""
    data = bytes((7 * place + place // 256) % 256 for place in range(length))
    assert checkcode.code(data) == printed(data)


@given(st.binary(max_size=80), st.binary(max_size=40), st.binary(max_size=80))
def test_a_stretch_adds_its_share(before: bytes, stretch: bytes, after: bytes) -> None:
    """The whole, and the same with zeros in the stretch's place."""
    whole, rest = before + stretch + after, before + bytes(len(stretch)) + after
    if whole:
        assert checkcode.state(whole) == checkcode.state(rest) ^ checkcode.share(stretch, len(after))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0xFFFF),
        (b"A", 0x7080),
        (b"123456789", 0x2F80),
        (
            b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&",
            0x1C80,
        ),
    ],
)
def test_known_values(data: bytes, expected: int) -> None:
    """The standard's own example and three short ones."""
    assert checkcode.code(data) == expected


def test_modbus_is_the_other_one() -> None:
    """The usual test string of CRC-16/MODBUS."""
    assert checkcode.modbus(b"123456789") == 0x4B37


@pytest.mark.parametrize(
    ("sent", "verdict"),
    [
        (b"2F80", Verdict.RIGHT),
        (b"2f80", Verdict.RIGHT),
        (b"802F", Verdict.BYTES_SWAPPED),
        (b"4B37", Verdict.MODBUS),
        (b"374b", Verdict.MODBUS_SWAPPED),
        (b"2F81", Verdict.SHAPED),
        (b"1234", Verdict.DUMMY),
        (b"ZZZZ", Verdict.DUMMY),
        (b"2F8", Verdict.DUMMY),
        (b" 2F8", Verdict.DUMMY),
        (b"2_F8", Verdict.DUMMY),
        (b"", Verdict.NONE),
    ],
)
def test_verdicts(sent: bytes, verdict: Verdict) -> None:
    """What a sent code is, for one text."""
    assert checkcode.judge(b"123456789", sent) is verdict


def test_code_without_the_end() -> None:
    """One vendor computes the code before it adds the last two characters."""
    segment = b"ST=31;CN=2011;CP=&&a=1&&"
    assert checkcode.judge(segment, checkcode.text(segment[:-2])) is Verdict.WITHOUT_END
