"""Metrics of the probe, each declared once with what it counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

BUCKETS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900)


class ProbeMetrics:
    """`registry` is the process's own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.rounds = Counter(
            "lantian_probe_rounds_total",
            "Synthetic exceedances by what became of them: sent, unanswered, reached or lost.",
            ["result"],
            registry=registry,
        )
        self.waiting = Gauge(
            "lantian_probe_waiting_seconds",
            "Wall seconds that the oldest exceedance has waited for its lead to arrive; 0 when none waits.",
            registry=registry,
        )
        self.reached = Histogram(
            "lantian_probe_reached_seconds",
            "Wall seconds from the frame of an exceedance to the webhook about its lead.",
            buckets=BUCKETS,
            registry=registry,
        )
        self.voided = Counter(
            "lantian_probe_voided_total", "Synthetic issues voided after they arrived.", ["result"], registry=registry
        )
