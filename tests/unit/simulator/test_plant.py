"""Stacks: repeatable, plausible, below the limits unless something is injected."""

import numpy as np
import pytest
from numpy.typing import NDArray

from lantian_simulator.industries import INDUSTRIES, NOX, PM, SO2, Industry
from lantian_simulator.plant import DECIMALS, FLOW, HOUR_MS, O2, VELOCITY, Excess, Hold, Stack

START = 1_768_474_800_000


def hour_means(stack: Stack, factor: str, hours: int) -> NDArray[np.float64]:
    return np.asarray(stack.samples(START, hours).converted[factor].reshape(-1, 60).mean(axis=1), dtype=np.float64)


def test_the_same_minute_is_the_same_in_any_order() -> None:
    """An hour asked for alone equals that hour within a day."""
    stack = Stack(5, INDUSTRIES[0], 3)
    day = stack.samples(START, 24)
    hour = Stack(5, INDUSTRIES[0], 3).samples(START + 7 * HOUR_MS, 1)
    for factor, values in hour.measured.items():
        assert values.tolist() == day.measured[factor][7 * 60 : 8 * 60].tolist()


def test_stacks_and_seeds_differ() -> None:
    """No two stacks are clones (rule D10 would find them)."""
    first, second, other = (
        Stack(number, INDUSTRIES[0], seed).samples(START, 24).measured[SO2] for number, seed in ((1, 1), (2, 1), (1, 2))
    )
    assert np.corrcoef(first, second)[0, 1] < 0.98
    assert np.corrcoef(first, other)[0, 1] < 0.98


@pytest.mark.parametrize("industry", INDUSTRIES, ids=lambda industry: industry.key)
def test_a_clean_stack_stays_below_its_limits(industry: Industry) -> None:
    """A week of hour means never passes 80 % of a limit, and is never near zero."""
    for number in range(6):
        stack = Stack(number, industry, 11)
        for factor, limit in industry.limits.items():
            means = hour_means(stack, factor, 24 * 7)
            assert means.max() < 0.8 * limit
            assert means.min() > 0.1 * limit


def test_conversion_follows_the_oxygen() -> None:
    """Converted = measured * (21 - reference) / (21 - O2), to the analyser's resolution (HJ 212-2017 formula 折算)."""
    industry = INDUSTRIES[1]
    samples = Stack(0, industry, 1).samples(START, 2)
    expected = samples.measured[NOX] * (21 - industry.reference_oxygen) / (21 - samples.measured[O2])
    assert np.abs(expected - samples.converted[NOX]).max() <= 0.5001 * 10 ** -DECIMALS[NOX]


def test_flow_moves_with_velocity() -> None:
    """Flow and velocity rise and fall together."""
    samples = Stack(3, INDUSTRIES[3], 1).samples(START, 24)
    assert np.corrcoef(samples.measured[FLOW], samples.measured[VELOCITY])[0, 1] > 0.95


def test_an_excess_lifts_its_hours_only() -> None:
    """The hours inside are over the limit, the hours outside and other factors stay as they were."""
    industry = INDUSTRIES[0]
    excess = Excess(SO2, START + 3 * HOUR_MS, START + 6 * HOUR_MS, 1.5)
    stack, clean = Stack(4, industry, 2, [excess]), Stack(4, industry, 2)
    means = hour_means(stack, SO2, 12)
    assert (means[3:6] > 1.1 * industry.limits[SO2]).all()
    assert means[:3].tolist() + means[6:].tolist() == [*hour_means(clean, SO2, 12)[:3], *hour_means(clean, SO2, 12)[6:]]
    assert hour_means(clean, PM, 12).tolist() == hour_means(stack, PM, 12).tolist()


def test_a_hold_repeats_the_digits_while_flow_moves() -> None:
    """The measured value stands, the flow does not, and the value moves again afterwards."""
    hold = Hold(NOX, START + 2 * HOUR_MS, START + 9 * HOUR_MS)
    samples = Stack(4, INDUSTRIES[2], 2, [hold]).samples(START, 12)
    held = samples.measured[NOX][120:540]
    assert {held[0]} == set(held.tolist())
    assert len(set(samples.measured[FLOW][120:540].tolist())) > 100
    assert len(set(samples.measured[NOX][540:].tolist())) > 20
    alone = Stack(4, INDUSTRIES[2], 2, [hold]).samples(START + 5 * HOUR_MS, 1)
    assert {held[0]} == set(alone.measured[NOX].tolist())


def test_clean_analysers_never_look_frozen() -> None:
    """Ten-minute samples of a clean stack do not repeat for an hour."""
    for number, industry in enumerate(INDUSTRIES):
        samples = Stack(number, industry, 9).samples(START, 48)
        for factor in industry.limits:
            values = samples.measured[factor][::10]
            same = np.flatnonzero(np.diff(values) != 0)
            assert np.diff(same).max() < 6


def test_only_whole_hours_can_be_asked_for() -> None:
    """An unaligned start is refused."""
    with pytest.raises(ValueError, match="not the start of an hour"):
        Stack(0, INDUSTRIES[0], 1).samples(START + 1, 1)


def test_hours_touched_by_a_silence_are_left_out() -> None:
    """`without` drops whole hours."""
    samples = Stack(0, INDUSTRIES[0], 1).samples(START, 6)
    left = samples.without([(START + HOUR_MS + 360_000, START + 3 * HOUR_MS)])
    expected = [*samples.measured[FLOW][:60], *samples.measured[FLOW][180:]]
    assert expected == left.measured[FLOW].tolist()
    assert samples.measured[FLOW].tolist() == samples.without([]).measured[FLOW].tolist()
