"""Metrics of alerts, each declared once with what it counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from lantian_kit.metrics import KitMetrics

STEP_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
SNAPSHOT_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)


class AlertsMetrics(KitMetrics):
    """What kit counts of every process, and what only alerts does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.readings = Counter(
            "lantian_alerts_readings_total",
            "Readings and ticks taken in, by the one result each had.",
            ["result"],
            registry=registry,
        )
        self.findings = Counter(
            "lantian_rule_findings_total",
            "Periods a rule looked at, by rule and outcome.",
            ["rule", "outcome"],
            registry=registry,
        )
        self.rule_failures = Counter(
            "lantian_alerts_rule_failures_total",
            "Periods a rule raised an error at instead of judging them, by rule; the finding is missing.",
            ["rule"],
            registry=registry,
        )
        self.suppressed = Counter(
            "lantian_alerts_suppressed_findings_total",
            "Findings that an order of the registry holds back, by order.",
            ["order"],
            registry=registry,
        )
        self.screened = Counter(
            "lantian_alerts_screened_hours_total",
            "Hours at or below every limit, which no rule had to look at.",
            registry=registry,
        )
        self.leads = Counter(
            "lantian_alerts_leads_total",
            "Messages about episodes acknowledged by Kafka, by rule and state: open, extended or closed.",
            ["rule", "state"],
            registry=registry,
        )
        self.tick_gap = Gauge(
            "lantian_alerts_tick_gap_seconds",
            "Suite seconds since the newest tick, of the partition that has waited longest.",
            registry=registry,
        )
        self.ingest_away = Counter(
            "lantian_alerts_ingest_away_seconds_total",
            "Suite seconds without ticks, which count as nobody's silence, summed over the owned partitions.",
            registry=registry,
        )
        self.sources = Gauge("lantian_alerts_sources", "Sources in the owned partitions.", registry=registry)
        self.episodes = Gauge(
            "lantian_alerts_open_episodes", "Episodes open in the owned partitions.", registry=registry
        )
        self.compared_hour = Gauge(
            "lantian_alerts_compared_until_seconds",
            "Unix time up to which this process has compared sources with each other; 0 where another one does it.",
            registry=registry,
        )
        self.step_seconds = Histogram(
            "lantian_alerts_step_seconds",
            "Wall seconds of detection for one chunk of records.",
            buckets=STEP_BUCKETS,
            registry=registry,
        )
        self.snapshot_seconds = Histogram(
            "lantian_alerts_snapshot_seconds",
            "Wall seconds to write the changed blocks of one partition.",
            buckets=SNAPSHOT_BUCKETS,
            registry=registry,
        )
        self.snapshot_bytes = Counter(
            "lantian_alerts_snapshot_bytes_total", "Bytes of state written.", registry=registry
        )
        self.restore_seconds = Histogram(
            "lantian_alerts_restore_seconds",
            "Wall seconds from an assignment to the state being restored.",
            buckets=SNAPSHOT_BUCKETS,
            registry=registry,
        )
        self.discarded = Counter(
            "lantian_alerts_state_discarded_total",
            "Partitions whose state could not be restored, so that detection began anew there.",
            ["reason"],
            registry=registry,
        )
        self.fenced = Counter(
            "lantian_alerts_fenced_total",
            "Snapshots refused because another process owns the partition by now.",
            registry=registry,
        )
