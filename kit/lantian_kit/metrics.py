"""Metrics that every process has, each declared once with what it counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

AGE_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800)


class KitMetrics:
    """Counts of the plumbing; `registry` is the process's own, never the global one."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.build_info = Gauge(
            "lantian_build_info",
            "Always 1; the labels say which service and version runs.",
            ["service", "version"],
            registry=registry,
        )
        self.events = Counter(
            "lantian_pipeline_events_total",
            "Records that left a stage, by the one result each had.",
            ["stage", "result"],
            registry=registry,
        )
        self.event_age = Histogram(
            "lantian_event_age_seconds",
            "Wall seconds from the reception of the frame or record to the end of a stage.",
            ["stage"],
            buckets=AGE_BUCKETS,
            registry=registry,
        )
        self.dead_letters = Counter(
            "lantian_dead_letters_total",
            "Records written to the dead letters, by topic, consumer group and reason.",
            ["topic", "group", "reason"],
            registry=registry,
        )
        self.lag = Gauge(
            "lantian_consumer_lag_records",
            "Records of the partitions owned here that are not acknowledged yet, as the last fetch saw the end.",
            ["group", "topic"],
            registry=registry,
        )
        self.retries = Counter(
            "lantian_handler_retries_total",
            "Times a record waited because a part it needs was away.",
            ["stage"],
            registry=registry,
        )
