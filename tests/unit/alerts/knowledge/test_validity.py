"""Validity, conversion and rates by their published numbers (domain.md 1.1, hj212.md 9-10)."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lantian_alerts.knowledge import validity


@pytest.mark.parametrize(("minutes", "valid"), [(60, True), (45, True), (44, False), (0, False)])
def test_hour(minutes: int, valid: bool) -> None:
    """45 of 60 minutes."""
    assert validity.valid_hour(minutes) is valid


@pytest.mark.parametrize(
    ("hours", "least", "valid"), [(20, 20, True), (19, 20, False), (18, 18, True), (17, 18, False)]
)
def test_day(hours: int, least: int, valid: bool) -> None:
    """20 hours, by parameter 18."""
    assert validity.valid_day(hours, least) is valid


@pytest.mark.parametrize(
    ("days", "month", "valid"), [(25, 1, True), (24, 1, False), (23, 2, True), (22, 2, False), (23, 3, False)]
)
def test_month(days: int, month: int, valid: bool) -> None:
    """25 days, 23 in February."""
    assert validity.valid_month(days, month) is valid


def test_impossible_counts_are_refused() -> None:
    """A count that can not be is a fault of the caller, not a valid hour."""
    calls: list[Callable[[], object]] = [
        lambda: validity.valid_hour(61),
        lambda: validity.valid_day(-1),
        lambda: validity.valid_month(30, 2),
        lambda: validity.valid_month(25, 13),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="is no"):
            call()


@pytest.mark.parametrize(
    ("value", "oxygen", "reference", "expected"),
    [(50, 6, 6, 50), (50, 13.5, 6, 100), (30, 11, 16, 15), (10, 18, 10, 110 / 3), (100, 0, 8, 100 * 13 / 21)],
)
def test_conversion(value: float, oxygen: float, reference: float, expected: float) -> None:
    """C × (21 − O2ref) / (21 − O2)."""
    found = validity.convert(value, oxygen, reference)
    assert found.reason == "converted"
    assert found.value == pytest.approx(expected)


def test_conversion_guard() -> None:
    """From 20 % on nothing is converted; the guard is a parameter and has to stay below air."""
    assert validity.convert(50, 20.0, 6) == (None, "guard")
    assert validity.convert(50, 25.0, 6) == (None, "guard")
    assert validity.convert(50, 19.99, 6).reason == "converted"
    assert validity.convert(50, 20.5, 6, guard=20.9).reason == "converted"
    with pytest.raises(ValueError, match="guard"):
        validity.convert(50, 10, 6, guard=21.0)


@pytest.mark.parametrize("oxygen", [float("nan"), -0.1, 100.1, float("inf")])
def test_conversion_of_bad_oxygen(oxygen: float) -> None:
    """No percentage, no converted value."""
    assert validity.convert(50, oxygen, 6) == (None, "bad-oxygen")


def test_conversion_without_reference() -> None:
    """Where the standard has none, the value stands as measured, whatever the oxygen."""
    assert validity.convert(50, 20.9, None) == (50, "no-reference")
    with pytest.raises(ValueError, match="reference oxygen"):
        validity.convert(50, 6, 21.0)


def test_excess_air() -> None:
    """α 1.7 is 8.65 %, α 1.8 is 9.33 %; both forms agree."""
    assert round(validity.oxygen_of_excess_air(1.7), 2) == 8.65
    assert round(validity.oxygen_of_excess_air(1.8), 2) == 9.33
    assert validity.excess_air_of_oxygen(0) == 1
    with pytest.raises(ValueError, match="excess-air"):
        validity.oxygen_of_excess_air(0.5)


@given(st.floats(0, 5000), st.floats(0, 19.9), st.floats(0, 19.9))
def test_both_forms_of_conversion_agree(value: float, oxygen: float, reference: float) -> None:
    """By oxygen and by excess air it is the same formula."""
    alpha, reference_alpha = (validity.excess_air_of_oxygen(one) for one in (oxygen, reference))
    by_oxygen = validity.convert(value, oxygen, reference).value
    assert validity.convert_by_excess_air(value, alpha, reference_alpha) == pytest.approx(by_oxygen, abs=1e-9)


@given(st.floats(0.1, 1000), st.floats(0, 19.9), st.floats(0, 19.9))
def test_implied_reference_is_the_inverse(value: float, oxygen: float, reference: float) -> None:
    """What went in comes out."""
    converted = validity.convert(value, oxygen, reference).value
    assert converted is not None
    assert validity.implied_reference(value, converted, oxygen) == pytest.approx(reference, abs=1e-6)


@pytest.mark.parametrize(
    ("oxygen", "ratio", "reference", "tolerance"),
    [(13.893, 1.6417, 9.33, 0.01), (20.70, 40, 9, 0.01), (14.913, 2.5, 6, 0.25), (15.18, 1.0, 15.18, 1e-9)],
)
def test_implied_reference_of_real_frames(oxygen: float, ratio: float, reference: float, tolerance: float) -> None:
    """The frames of the corpus: α 1.8, a plant not burning, a boiler at 6 %, and no conversion at all."""
    assert validity.implied_reference(1.0, ratio, oxygen) == pytest.approx(reference, abs=tolerance)
    assert validity.implied_reference(0.0, 1.0, oxygen) is None


@pytest.mark.parametrize(
    ("reported", "result"), [(100, "agrees"), (102, "agrees"), (98, "agrees"), (102.01, "deviates"), (97.9, "deviates")]
)
def test_reported_conversion(reported: float, result: str) -> None:
    """50 at 13.5 % makes 100 at 6 %; more than 2 % off is an anomaly."""
    assert validity.check_converted(50, reported, 13.5, 6).result == result


def test_reported_conversion_edges() -> None:
    """Above the guard nothing is compared; within the last digit nothing deviates; from nothing, something does."""
    assert validity.check_converted(50, 500, 20.7, 6).result == "not-comparable"
    assert validity.check_converted(50, float("nan"), 10, 6).result == "not-comparable"
    assert validity.check_converted(0.2, 0.5, 13.5, 6, resolution=0.1).result == "agrees"
    assert validity.check_converted(0.2, 0.5, 13.5, 6).result == "deviates"
    assert validity.check_converted(0, 5, 13.5, 6) == ("deviates", 0, None)
    assert validity.check_converted(0, 0, 13.5, 6).result == "agrees"
    assert validity.check_converted(50, 50, 13.5, 6).result == "deviates"  # forgot to convert
    assert validity.check_converted(50, 50, 13.5, None).result == "agrees"


def test_rates() -> None:
    """(H − stopped − invalid) / (H − stopped); combined = transmission × valid; threshold 90 %."""
    assert validity.valid_rate(720, 120, 30) == pytest.approx(0.95)
    assert validity.valid_rate(720, 720, 0) is None
    assert validity.transmission_rate(684, 720) == pytest.approx(0.95)
    assert validity.transmission_rate(800, 720) == 1
    assert validity.transmission_rate(0, 0) is None
    assert validity.combined_rate(0.95, 0.95) == pytest.approx(0.9025)
    assert validity.combined_rate(None, 0.95) is None
    assert [validity.enough(rate) for rate in (0.9025, 0.9, 0.8999, None)] == [True, True, False, None]
    assert [validity.enough(rate, validity.CAPTURE_RATE) for rate in (0.75, 0.7499)] == [True, False]


def test_impossible_rates_are_refused() -> None:
    """More stopped and invalid hours than hours, negative counts, a share above 1."""
    calls: list[Callable[[], object]] = [
        lambda: validity.valid_rate(10, 6, 5),
        lambda: validity.transmission_rate(-1, 5),
        lambda: validity.combined_rate(1.1, 0.5),
        lambda: validity.ultra_low_month(5, 4),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"\d|never negative|lies between"):
            call()


@given(st.integers(0, 744), st.integers(0, 744), st.integers(0, 744))
def test_valid_rate_is_a_share(hours: int, stopped: int, invalid: int) -> None:
    """Always between 0 and 1."""
    assume(stopped + invalid <= hours)
    rate = validity.valid_rate(hours, stopped, invalid)
    assert rate is None or 0 <= rate <= 1


@pytest.mark.parametrize(
    ("within", "result"), [(1000, "passes"), (970, "passes"), (969, "warns"), (950, "warns"), (949, "fails")]
)
def test_ultra_low_month(within: int, result: str) -> None:
    """95 % of the hours of a month, warning below 97 %."""
    found = validity.ultra_low_month(within, 1000)
    assert found is not None
    assert found.result == result
    assert validity.ultra_low_month(0, 0) is None
