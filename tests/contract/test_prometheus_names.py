"""kit/tally.py leans on private names of prometheus-client: this fails when an upgrade changes what they do."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from lantian_kit.tally import Tallies, observe

AMOUNTS = ((0.05, 3), (0.1, 1), (0.4, 2), (7.0, 5))


def test_many_observations_at_once_are_many_observations() -> None:
    """Sum, count and every bucket."""
    registry = CollectorRegistry()
    one, many = (Histogram(name, "s", ["l"], buckets=(0.1, 0.5, 1), registry=registry) for name in ("one", "many"))
    for amount, times in AMOUNTS:
        observe(many.labels("x"), amount, times)
        for _ in range(times):
            one.labels("x").observe(amount)
    samples = {
        name: {
            (sample.name.removeprefix(name), sample.labels.get("le")): sample.value
            for metric in registry.collect()
            for sample in metric.samples
            if metric.name == name and not sample.name.endswith("_created")
        }
        for name in ("one", "many")
    }
    assert samples["many"] == pytest.approx(samples["one"])
    assert samples["many"]["_count", None] == 11


def test_counts_are_told_before_they_are_asked_for() -> None:
    """All of them, and only once."""
    registry = CollectorRegistry()
    tallies = Tallies(registry)
    counter = Counter("c", "c", ["l"], registry=registry)
    a, b = tallies.of(counter.labels("a")), tallies.of(counter.labels("b"))
    for number in range(5):
        a.add()
        b.add(number)
    assert registry.get_sample_value("c_total", {"l": "a"}) == 5
    a.add(2)
    assert registry.get_sample_value("c_total", {"l": "a"}) == 7
    assert registry.get_sample_value("c_total", {"l": "b"}) == 10
