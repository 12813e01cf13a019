"""What rules raised in this process since it began: logged once a rule and hour, counted, and shown by the API."""

from collections import Counter, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

import structlog

from lantian_alerts.core.guard import Failure, Guard
from lantian_alerts.core.wording import local
from lantian_alerts.metrics import AlertsMetrics

SHOWN_AT_MOST: Final = 100
"""Failures of each rule that are kept for people to see, the newest."""


class Failed(NamedTuple):
    """Of one rule: how often it raised, and where lately, oldest first."""

    times: int
    newest: Sequence[Failure]


def nothing_failed(rule_id: str) -> Failed:
    """Of every rule, where none was asked."""
    return Failed(0, ())


class RuleFailures:
    """One of each process; whatever asks rules there asks them through its guard."""

    def __init__(self, metrics: AlertsMetrics) -> None:
        self.guard = Guard()
        self._metrics = metrics
        self._counts: Counter[str] = Counter()
        self._newest: dict[str, deque[Failure]] = {}

    def collect(self) -> None:
        """Tells what the guard has noticed since the last time."""
        counts, failures = self.guard.take()
        for rule_id, number in counts.items():
            self._metrics.rule_failures.labels(rule_id).inc(number)
        self._counts += counts
        for failure in failures:
            self._newest.setdefault(failure.rule_id, deque(maxlen=SHOWN_AT_MOST)).append(failure)
            if failure.trace:
                _tell(failure)

    def of_rule(self, rule_id: str) -> Failed:
        """What one rule raised."""
        return Failed(self._counts[rule_id], tuple(self._newest.get(rule_id, ())))


def _tell(failure: Failure) -> None:
    structlog.get_logger().error(
        "rule failed",
        rule=failure.rule_id,
        version=failure.rule_version,
        source=failure.source_id,
        factor=failure.factor,
        asked=failure.asked,
        hour=local(failure.start_ms),
        missing="the finding of this source and period; others of this rule and hour are counted only",
        error=failure.error,
        traceback=failure.trace,
    )
