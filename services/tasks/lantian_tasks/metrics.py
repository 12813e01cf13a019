"""Metrics of tasks, each declared once with what it counts."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class TasksMetrics:
    """`registry` is the process's own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.outbox_pending = Gauge(
            "lantian_outbox_pending",
            "Issues, leads or registry records with something that waits for its topic.",
            ["topic"],
            registry=registry,
        )
        self.outbox_oldest = Gauge(
            "lantian_outbox_oldest_seconds",
            "Wall seconds the oldest event or change has waited for its topic.",
            ["topic"],
            registry=registry,
        )
        self.issue_open = Gauge(
            "lantian_issue_open", "Issues neither closed nor voided.", ["severity"], registry=registry
        )
        self.published = Counter(
            "lantian_outbox_published_total",
            "Records acknowledged by the broker from the outbox, repeats included.",
            ["topic"],
            registry=registry,
        )
        self.publish_failures = Counter(
            "lantian_outbox_failures_total",
            "Rounds of the outbox cut short because broker or store were away.",
            ["topic"],
            registry=registry,
        )
        self.frames_missing = Counter(
            "lantian_evidence_frames_missing_total",
            "Frames a lead points to that were no longer in their topic.",
            registry=registry,
        )
        self.moves = Counter(
            "lantian_issue_moves_total",
            "Moves asked for through the API, by their one result.",
            ["move", "result"],
            registry=registry,
        )
        self.inspections = Counter(
            "lantian_lead_inspections_total",
            "Inspections begun through the API, by what was judged of their place (no-site: mend the registry).",
            ["place"],
            registry=registry,
        )
        self.clock_steps = Counter(
            "lantian_clock_steps_total",
            "Reminders, escalations and starts of rounds that the clock made, by what they are about and their step.",
            ["subject", "step"],
            registry=registry,
        )
        self.sla_breached = Counter(
            "lantian_sla_breached_total",
            "Clocks that ran out before what they wait for was done, by what they are about.",
            ["subject"],
            registry=registry,
        )
        self.audit_chain_ok = Gauge(
            "lantian_audit_chain_ok",
            "1 while no history of an issue was found broken in the last whole round of examination or since.",
            registry=registry,
        )
        self.audit_examined = Counter(
            "lantian_audit_examined_total", "Issues examined, by what was found.", ["result"], registry=registry
        )
        self.issue_stage = Gauge(
            "lantian_issue_stage",
            "Issues by the state they are in, closed and voided ones too.",
            ["state"],
            registry=registry,
        )
        self.issue_overdue = Gauge(
            "lantian_issue_overdue", "Open issues whose date of rectification has passed.", registry=registry
        )
        self.clock_lateness = Gauge(
            "lantian_clock_lateness_seconds",
            "Wall seconds between the time the last reminder or escalation was due and its writing.",
            registry=registry,
        )
        self.audit_entries = Counter(
            "lantian_audit_entries_total", "Entries appended to the audit chains.", registry=registry
        )
        self.glasses_open = Gauge(
            "lantian_access_glass_open",
            "Sessions that read beyond their divisions now, by breaking the glass.",
            registry=registry,
        )
        self.sign_ins = Counter(
            "lantian_access_sign_ins_total",
            "Attempts to sign in, by their one result.",
            ["result"],
            registry=registry,
        )
        self.registry_changes = Counter(
            "lantian_registry_changes_total",
            "Registry changes asked for through the API, by kind and their one result.",
            ["kind", "result"],
            registry=registry,
        )
