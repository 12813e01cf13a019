"""The check code against the standard's own vectors and against itself bit by bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_simulator.checkcode import by_the_book, check_code


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        (b"", 0xFFFF),
        (b"A", 0x7080),
        (b"123456789", 0x2F80),
        (
            b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&",
            0x1C80,
        ),
        (b"QN=20240601085857223;ST=32;CN=1011;PW=123456;MN=010000A8900016F000169DC0;Flag=9;CP=&&&&", 0x2200),
    ],
)
def test_vectors_of_the_standard(segment: bytes, expected: int) -> None:
    """HJ 212-2017 and -2025 appendix A."""
    assert expected == check_code(segment)


@given(st.binary(max_size=2000))
def test_folded_equals_the_book(segment: bytes) -> None:
    """Folding changes nothing."""
    assert by_the_book(segment) == check_code(segment)
