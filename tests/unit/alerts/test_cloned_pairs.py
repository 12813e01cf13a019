"""Pairs of outlets that are alike: what arrays find for all at once is what each pair gives by itself."""

import numpy as np

from lantian_alerts.core.layout import Array
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
    whole = np.where(np.isfinite(days), days, 41.0)
    assert {pair[:2] for pair in RULE._pairs(whole, 0)} == one_by_one(whole).keys()
