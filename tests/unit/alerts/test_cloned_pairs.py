"""Pairs of outlets that are alike: what arrays find for all at once is what each pair gives by itself."""

import numpy as np
import pytest

from lantian_alerts.core.alike import screen_pairs
from lantian_alerts.core.layout import Array
from lantian_alerts.rules import cloned_outlets
from lantian_alerts.rules.cloned_outlets import ClonedOutlets

RULE = ClonedOutlets(factors=("a21002",))


def one_by_one(days: Array) -> dict[tuple[int, int], tuple[float, float]]:
    """Every pair with numpy's own correlation over the hours both have."""
    found = {}
    for one in range(len(days)):
        for other in range(one + 1, len(days)):
            common = np.isfinite(days[one]) & np.isfinite(days[other])
            if common.sum() >= RULE.least_hours:
                a, b = days[one, common], days[other, common]
                correlation = float(np.corrcoef(a, b)[0, 1])
                if correlation >= RULE.correlation:
                    found[one, other] = (correlation, correlation * float(b.std() / a.std()))
    return found


def pairs(days: Array) -> set[tuple[int, int]]:
    """What the rule finds."""
    return {(one, other) for one, other, _, _ in RULE._pairs(days, 0)}


def test_arrays_find_what_each_pair_gives() -> None:
    """Copies, scaled copies, near copies on both sides of the bound, each with missing hours of its own."""
    chance = np.random.default_rng(7)
    days = 40 * np.exp(0.3 * chance.standard_normal((60, 24)))
    for copy in range(20, 50):
        noise = 0.0 if copy < 35 else 10.0 ** chance.uniform(-1, 1)
        days[copy] = days[copy % 20] * chance.uniform(0.5, 2) + chance.uniform(0, 5) + noise * chance.random(24)
    days[chance.random(days.shape) < 0.02] = np.nan
    found = {
        (one, other): (correlation, slope)
        for first in range(0, len(days), 1024)
        for one, other, correlation, slope in RULE._pairs(days, first)
    }
    wanted = one_by_one(days)
    assert found.keys() == wanted.keys()
    assert 15 < len(wanted) < 60
    for pair, values in wanted.items():
        np.testing.assert_allclose(found[pair], values, rtol=1e-9)
    for row, hour in ((20, 3), (25, 11), (30, 17)):  # a far hour that the copy lacks
        days[row, hour], days[row % 20, hour] = np.nan, 40 * 10.0 ** chance.uniform(1, 3)
    assert pairs(days) == one_by_one(days).keys() >= {(0, 20), (5, 25), (10, 30)}
    whole = np.where(np.isfinite(days), days, 41.0)
    assert pairs(whole) == one_by_one(whole).keys()


def test_the_compiled_screen_is_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code and plain Python let the same pairs through, and none that exact sums would keep is lost."""
    chance = np.random.default_rng(11)
    days = 40 * np.exp(0.3 * chance.standard_normal((12, 24)))
    noise = 10.0 ** chance.uniform(-2, 1, (6, 1)) * chance.random((6, 24))
    days[6:] = days[:6] * chance.uniform(0.5, 2, (6, 1)) + noise
    days[chance.random(days.shape) < 0.05] = np.nan
    compiled = list(RULE._pairs(days, 0))
    monkeypatch.setattr(cloned_outlets, "screen_pairs", screen_pairs.py_func)  # type: ignore[attr-defined]
    assert list(RULE._pairs(days, 0)) == compiled
    assert {pair[:2] for pair in compiled} == one_by_one(days).keys() != set()


def test_what_moves_at_an_hour_the_other_lacks_does_not_move() -> None:
    """Two even lines are no copies because one of them has a peak in a gap of the other."""
    days = np.tile(40 + 0.01 * np.arange(24.0), (2, 1))
    days[0, 5], days[1, 5] = 200.0, np.nan
    assert pairs(days) == set()
