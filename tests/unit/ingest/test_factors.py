"""Factor codes: numbers never change, every edition's code finds its factor."""

import hashlib

import pytest

from lantian_proto.factors import FACTORS, by_code, by_number, is_family
from lantian_proto.readings import Edition

# Numbers stand in stored readings. New rows go to the end of the file; the first 353 may never change.
NUMBERS_SHA256 = "0058f6b0adcfa0d03a9f68609f776a07d3d3fbc955f92daa12fadb05755cf697"


def test_numbers_are_stable_and_unique() -> None:
    """The pairs of number and code that were ever published."""
    assert len({factor.number for factor in FACTORS}) == len({factor.code for factor in FACTORS}) == len(FACTORS)
    pairs = "\n".join(f"{factor.number} {factor.code}" for factor in FACTORS[:353])
    assert hashlib.sha256(pairs.encode()).hexdigest() == NUMBERS_SHA256


def test_numbers_fit_two_bytes_and_families_do_not_overlap() -> None:
    """A family takes a hundred numbers."""
    taken: set[int] = set()
    for factor in FACTORS:
        numbers = set(range(factor.number, factor.number + (100 if is_family(factor) else 1)))
        assert not numbers & taken
        assert max(numbers) < 2**16
        taken |= numbers


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("a21026", "a21026"),
        ("A21026", "a21026"),
        ("02", "a21026"),
        ("S01", "a19001"),
        ("s01", "a19001"),
        ("B02", "a00000"),
        ("B01", "w00000"),
        ("011", "w01018"),
        ("001", "w01001"),
        ("025", "a24087"),
        ("01", "a34013"),
        ("LEQ", "Leq"),
        ("g10101", "g10101"),
        ("G11602", "g11602"),
    ],
)
def test_codes_of_every_edition(sent: str, code: str) -> None:
    """Any case; 2005 codes of gas, water and parameters; devices of a family."""
    factor = by_code(sent)
    assert factor is not None
    assert factor.code == code
    assert by_number(factor.number) is factor


@pytest.mark.parametrize("sent", ["", "tick", "zz", "g101xx", "g10100", "g1010a", "a2102", "０２", "PM10", "a21026 "])
def test_unknown_codes(sent: str) -> None:
    """None, not an error: the sender's other factors are read."""
    assert by_code(sent) is None


def test_edition_narrows() -> None:
    """A strict reader of a later edition does not know the codes of 2005."""
    assert by_code("02", Edition.E2017) is None
    assert by_code("02", Edition.E2005) is by_code("a21026", Edition.E2017)


@pytest.mark.parametrize("number", [299, 9999, 10000, 65535, -1])
def test_numbers_never_given(number: int) -> None:
    """A family itself is no factor of a reading."""
    with pytest.raises(KeyError):
        by_number(number)


def test_rows_are_whole() -> None:
    """Names in both languages, a source, a known kind."""
    kinds = {"pollutant", "flow", "condition", "weather", "noise", "process", "bypass", "site", "tick"}
    kinds |= {"vehicle", "power", "gate", "vapour", "vehicle-test", "air", "fire"}
    for factor in FACTORS:
        assert factor.name_zh
        assert factor.name_en
        assert factor.source
        assert factor.kind in kinds
        unitless = {"tick", "process", "condition", "bypass", "vehicle", "power", "gate", "vapour", "vehicle-test"}
        unitless |= {"air", "fire"}
        assert factor.unit or factor.kind in unitless, factor.code
