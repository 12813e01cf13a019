"""Metrics of notify, each declared once. Events by outcome are lantian_pipeline_events_total{stage="notify"} of kit."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from lantian_kit.metrics import KitMetrics


class NotifyMetrics(KitMetrics):
    """What kit counts of every process, and what only notify does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        self.attempts = Counter(
            "lantian_notify_attempts_total",
            "Attempts to deliver a notice, by channel and result; `sent` is success.",
            ["channel", "result"],
            registry=registry,
        )
        self.settled = Counter(
            "lantian_notify_settled_total",
            "Deliveries that came to an end, by state; failed and disabled ones need a person.",
            ["state"],
            registry=registry,
        )
        self.deliveries = Gauge(
            "lantian_notify_deliveries",
            "Deliveries in the store by state, as seen by this replica; replicas see the same store: take the maximum.",
            ["state"],
            registry=registry,
        )
        self.oldest_pending = Gauge(
            "lantian_notify_oldest_pending_seconds",
            "Suite seconds since the oldest pending delivery came in; 0 when none is pending.",
            registry=registry,
        )
        self.fenced = Counter(
            "lantian_notify_fenced_total",
            "Attempts whose record was refused because another replica had taken the delivery over.",
            registry=registry,
        )
        self.store_trouble = Counter(
            "lantian_notify_store_trouble_total",
            "Times the deliverer paused because the store did not answer.",
            registry=registry,
        )
        self.turns_waited = Counter(
            "lantian_notify_turns_waited_total",
            "Times a message waited because the rate its robot may send at was used up.",
            ["channel"],
            registry=registry,
        )
        self.held_back = Counter(
            "lantian_notify_held_back_total", "Notices and calls that a silence held back.", registry=registry
        )
        self.steps = Counter(
            "lantian_notify_call_steps_total",
            "Steps of calls that were taken, by whom they meant and whether anybody could be told.",
            ["to", "result"],
            registry=registry,
        )
        self.acknowledged = Counter(
            "lantian_notify_acknowledged_total", "Calls that were acknowledged, by the way.", ["via"], registry=registry
        )
        self.parked_ends = Counter(
            "lantian_notify_parked_total",
            "Events that had waited for a team, by their end: told, or nobody.",
            ["end"],
            registry=registry,
        )
        self.stream_clients = Gauge(
            "lantian_notify_stream_clients", "Clients that follow the live stream.", registry=registry
        )
        self.stream_dropped = Counter(
            "lantian_notify_stream_dropped_total",
            "Clients of the live stream that were let go, by reason; they come back with the id of their last event.",
            ["reason"],
            registry=registry,
        )
