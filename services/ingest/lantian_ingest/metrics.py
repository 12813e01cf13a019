"""Metrics of ingest, each declared once with what it counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from lantian_kit.metrics import KitMetrics
from lantian_kit.tally import Tallies

ANSWER_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)


class IngestMetrics(KitMetrics):
    """What kit counts of every process, and what only ingest does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tallies = Tallies(registry)
        super().__init__(registry)
        self.frames = Counter(
            "lantian_ingest_frames_total",
            "Frames that came in, by the one outcome each had.",
            ["protocol", "outcome"],
            registry=registry,
        )
        self.verdicts = Counter(
            "lantian_ingest_check_verdicts_total",
            "Frames cut from the stream, by what their check code is.",
            ["protocol", "verdict"],
            registry=registry,
        )
        self.quirks = Counter(
            "lantian_ingest_quirks_total",
            "Frames in which a departure from the standard was understood, by departure.",
            ["quirk"],
            registry=registry,
        )
        self.bytes = Counter(
            "lantian_ingest_bytes_total",
            "Bytes received, by the kind of piece they ended in.",
            ["protocol", "kind"],
            registry=registry,
        )
        self.readings = Counter(
            "lantian_ingest_readings_total", "Readings acknowledged by Kafka, ticks among them.", registry=registry
        )
        self.batches = Counter(
            "lantian_ingest_batches_total", "Records of readings acknowledged by Kafka.", registry=registry
        )
        self.delivery_failures = Counter(
            "lantian_ingest_delivery_failures_total",
            "Records that Kafka did not acknowledge, by topic.",
            ["topic"],
            registry=registry,
        )
        self.replies = Counter(
            "lantian_ingest_replies_total", "Answers 9014 handed to the network.", ["protocol"], registry=registry
        )
        self.answer_seconds = Histogram(
            "lantian_ingest_answer_seconds",
            "Wall seconds from a frame's last byte until frame and readings are safe; late: from its turn in the lane.",
            ["lane"],
            buckets=ANSWER_BUCKETS,
            registry=registry,
        )
        self.in_flight = Gauge(
            "lantian_ingest_in_flight_frames", "Frames handed to Kafka and not yet acknowledged.", registry=registry
        )
        self.late_waiting = Gauge(
            "lantian_ingest_late_waiting_frames", "Back-filled frames that wait for their turn.", registry=registry
        )
        self.spooling = Gauge(
            "lantian_ingest_spooling", "1 while frames go to the disk because Kafka is away.", registry=registry
        )
        self.spool_bytes = Gauge("lantian_ingest_spool_bytes", "Bytes in the spool.", registry=registry)
        self.spool_backlog = Gauge(
            "lantian_ingest_spool_backlog_frames", "Frames in the spool that Kafka does not have.", registry=registry
        )
        self.spool_records = Counter(
            "lantian_ingest_spool_frames_total",
            "Frames of the spool, by event: written, drained, or rescued (got to Kafka by another way).",
            ["event"],
            registry=registry,
        )
        self.spool_refused = Counter(
            "lantian_ingest_spool_refused_total",
            "Times a frame found no room in the spool; it was not acknowledged.",
            registry=registry,
        )
        self.spool_errors = Counter(
            "lantian_ingest_spool_errors_total", "Writes to the spool that the disk did not take.", registry=registry
        )
        self.spool_damaged = Counter(
            "lantian_ingest_spool_damaged_total",
            "Damage found in the spool, put aside: stretches of bytes, and acknowledged records lost in them.",
            ["unit"],
            registry=registry,
        )
        self.spool_torn_bytes = Counter(
            "lantian_ingest_spool_torn_bytes_total",
            "Bytes cut from the spool's end: a record half written, never acknowledged.",
            registry=registry,
        )
        self.connections = Gauge(
            "lantian_ingest_connections", "Open device connections.", ["protocol"], registry=registry
        )
        self.closed = Counter(
            "lantian_ingest_connections_closed_total",
            "Device connections that ended, by reason: peer, idle, slow-reader, slow-sender, over-limit, "
            "over-address-limit, not-allowed or shutdown.",
            ["protocol", "reason"],
            registry=registry,
        )
        self.paused = Counter(
            "lantian_ingest_pauses_total",
            "Times a connection was not read because too much was in flight.",
            ["protocol"],
            registry=registry,
        )
        self.feed_events = Counter(
            "lantian_ingest_feed_events_total",
            "What was noticed about senders, by kind: two-addresses, stranger, packets-missing, activation or adopted.",
            ["kind"],
            registry=registry,
        )
        self.commands = Counter(
            "lantian_ingest_command_states_total",
            "Steps of commands to devices, by state.",
            ["state"],
            registry=registry,
        )
        self.commands_open = Gauge(
            "lantian_ingest_commands_open", "Commands that have not come to their end.", registry=registry
        )
        self.missing_records = Gauge(
            "lantian_ingest_missing_records",
            "Hours, days and minutes that feeds did not send and that are not given up.",
            registry=registry,
        )
        self.adopted = Counter(
            "lantian_ingest_adopted_frames_total",
            "Frames refused as of an unknown feed and judged anew, by outcome.",
            ["outcome"],
            registry=registry,
        )
        self.feeds = Gauge("lantian_ingest_feeds", "Feeds known from the registry.", registry=registry)
        self.ticks = Counter("lantian_ingest_ticks_total", "Rounds of ticks handed to Kafka.", registry=registry)
        self.requests = Counter(
            "lantian_ingest_requests_total",
            "Requests with readings by result; those of taken, and bodies refused by content, are frames as well.",
            ["result"],
            registry=registry,
        )
        self.mqtt_connected = Gauge(
            "lantian_ingest_mqtt_connected",
            "1 while the MQTT broker has us; 0 also without a mapping.",
            registry=registry,
        )
