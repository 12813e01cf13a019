"""Outcomes as metrics, counted when they are asked for."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from lantian_alerts.outcomes.verdicts import Outcomes

OUTCOMES = "lantian_rule_outcomes"
PRECISION = "lantian_rule_precision_ratio"


class OutcomeCollector(Collector):
    """Registers itself; `collect` reads what is known now."""

    def __init__(self, outcomes: Outcomes, registry: CollectorRegistry) -> None:
        self._outcomes = outcomes
        registry.register(self)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Names without samples, so that registering needs no events."""
        yield self._counts()
        yield self._precision()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The samples."""
        counts, precision = self._counts(), self._precision()
        rules = set()
        for (rule, city, verdict), number in sorted(self._outcomes.counts().items()):
            counts.add_metric([rule, city, verdict], number)
            rules.add(rule)
        for rule in sorted(rules):
            found = self._outcomes.of_rule(rule)
            for bound, value in (("share", found.share), ("low", found.low), ("high", found.high)):
                if value is not None:
                    precision.add_metric([rule, bound], value)
        yield counts
        yield precision

    @staticmethod
    def _counts() -> GaugeMetricFamily:
        return GaugeMetricFamily(
            OUTCOMES, "Leads judged by inspection or in the ledger, by rule, city and verdict.",
            labels=["rule", "city", "verdict"],
        )  # fmt: skip

    @staticmethod
    def _precision() -> GaugeMetricFamily:
        return GaugeMetricFamily(
            PRECISION, "Share of judged leads that were confirmed, with its Wilson interval of 95 %.",
            labels=["rule", "bound"],
        )  # fmt: skip
