"""运维: what comes in, how old it is, what was found, what was delivered."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import RATE, Panel, age, board, chart, figure, per_second, row

UID = "lantian-operations"


def overview() -> list[Panel]:
    """Six figures that say whether anything is wrong."""
    return [
        row("概况 · Overview"),
        figure("服务在线", "Services that answer, of five.", 'sum(max by (service) (up{job="lantian"}))', bad_below=5),
        figure("连接", "Open device connections.", "sum(lantian_ingest_connections)"),
        figure("每秒报文", "Frames a second, all outcomes.", per_second("lantian_ingest_frames_total"), unit="cps"),
        figure(
            "未结问题",
            "Issues neither closed nor voided.",
            "sum(max by (severity) (lantian_issue_open))",
            bad_above=1e9,
        ),
        figure(
            "最早待发通知",
            "How long the oldest pending notice has waited.",
            "max(lantian_notify_oldest_pending_seconds)",
            unit="s",
            bad_above=900,
        ),
        figure(
            "死信（24小时）",
            "Records that became dead letters in a day.",
            "sum(increase(lantian_dead_letters_total[24h])) or vector(0)",
            bad_above=1,
        ),
    ]


def intake() -> list[Panel]:
    """What devices send."""
    return [
        row("接入 · Intake"),
        chart(
            "报文（按结果）",
            "Frames by the one outcome each had; anything but accepted and duplicate needs a look.",
            (per_second("lantian_ingest_frames_total", "outcome"), "{{outcome}}"),
            unit="cps",
            stacked=True,
        ),
        chart(
            "应答时间",
            "From a frame's last byte to Kafka's acknowledgement, which is when the device is answered.",
            (f"histogram_quantile(0.5, sum by (le) (rate(lantian_ingest_answer_seconds_bucket[{RATE}])))", "p50"),
            (f"histogram_quantile(0.99, sum by (le) (rate(lantian_ingest_answer_seconds_bucket[{RATE}])))", "p99"),
            unit="s",
            alerts=["LantianFramesUnanswered", "LantianSpooling"],
        ),
        chart(
            "监测值与批次",
            "Readings and batches of readings that Kafka acknowledged.",
            (per_second("lantian_ingest_readings_total"), "监测值 readings"),
            (per_second("lantian_ingest_batches_total"), "批次 batches"),
            unit="cps",
        ),
        chart(
            "校验结果",
            "What the check codes of the frames are.",
            (per_second("lantian_ingest_check_verdicts_total", "verdict"), "{{verdict}}"),
            unit="cps",
        ),
        chart(
            "连接与在途",
            "Open connections, and frames handed to Kafka that it has not acknowledged.",
            ("sum by (protocol) (lantian_ingest_connections)", "连接 {{protocol}}"),
            ("sum(lantian_ingest_in_flight_frames)", "在途 in flight"),
        ),
        chart(
            "背压与连接关闭",
            "Times a connection was not read, and connections that ended.",
            (per_second("lantian_ingest_pauses_total", "protocol"), "暂停 pauses"),
            (per_second("lantian_ingest_connections_closed_total", "reason"), "关闭 {{reason}}"),
            unit="cps",
        ),
    ]


def pipeline() -> list[Panel]:
    """How old records are, and what each stage makes of them."""
    return [
        row("流水线 · Pipeline"),
        chart(
            "滞后",
            "Age of records at the end of each stage.",
            age(0.5),
            age(0.99),
            unit="s",
            alerts=["LantianIngestToLedgerSlow"],
        ),
        chart(
            "消费积压",
            "Records of each consumer group that are not acknowledged yet, as its last fetch saw the end.",
            ("sum by (group, topic) (lantian_consumer_lag_records)", "{{group}} {{topic}}"),
            alerts=["LantianIngestToLedgerSlow", "LantianDetectionStalled"],
        ),
        chart(
            "各阶段结果",
            "Records that left a stage, by result.",
            (per_second("lantian_pipeline_events_total", "stage", "result"), "{{stage}} {{result}}"),
            unit="cps",
        ),
        chart(
            "等待重试",
            "Times a record waited because broker or store were away.",
            (per_second("lantian_handler_retries_total", "stage"), "{{stage}}"),
            unit="cps",
            alerts=["LantianStoreAway"],
        ),
    ]


def detection() -> list[Panel]:
    """What alerts finds."""
    step = f"sum by (le) (rate(lantian_alerts_step_seconds_bucket[{RATE}]))"
    snapshot = f"sum by (le) (rate(lantian_alerts_snapshot_seconds_bucket[{RATE}]))"
    return [
        row("检测 · Detection"),
        chart(
            "线索消息",
            "Messages about episodes, by rule and state; open is a new lead.",
            (per_second("lantian_alerts_leads_total", "rule", "state"), "{{rule}} {{state}}"),
            unit="cps",
        ),
        chart(
            "规则判定",
            "Periods a rule looked at, by outcome.",
            (per_second("lantian_rule_findings_total", "rule", "outcome"), "{{rule}} {{outcome}}"),
            unit="cps",
        ),
        chart(
            "规则出错",
            "Periods a rule raised an error at; the finding is missing there.",
            ("sum by (rule) (increase(lantian_alerts_rule_failures_total[1h]))", "{{rule}}"),
            alerts=["LantianRuleFailing"],
        ),
        chart(
            "已检监测值",
            "Readings and ticks taken in, by result.",
            (per_second("lantian_alerts_readings_total", "result"), "{{result}}"),
            unit="cps",
        ),
        chart(
            "监测点与进行中过程",
            "Sources known and episodes open.",
            ("sum(lantian_alerts_sources)", "监测点 sources"),
            ("sum(lantian_alerts_open_episodes)", "过程 episodes"),
        ),
        chart(
            "心跳间隔",
            "Time since the newest tick, of the partition that has waited longest; silence is measured by ticks.",
            ("max by (instance) (lantian_alerts_tick_gap_seconds)", "{{instance}}"),
            unit="s",
            alerts=["LantianTickGap", "LantianDetectionStalled"],
        ),
        chart(
            "检测与快照耗时",
            "Time of one detection step and of one snapshot, p99.",
            (f"histogram_quantile(0.99, {step})", "检测 step"),
            (f"histogram_quantile(0.99, {snapshot})", "快照 snapshot"),
            unit="s",
        ),
    ]


def ledger() -> list[Panel]:
    """Issues and their way into the topics."""
    return [
        row("台账 · Ledger"),
        chart(
            "未结问题（按等级）",
            "Open issues by severity, 4 the gravest.",
            ("max by (severity) (lantian_issue_open)", "{{severity}}"),
            stacked=True,
        ),
        chart(
            "发件箱积压",
            "Issues or registry records that wait for their topic.",
            ("max by (topic) (lantian_outbox_pending)", "{{topic}}"),
        ),
        chart(
            "台账完整性",
            "1 while every history that was examined is whole; 0 means that somebody changed one.",
            ("min(lantian_audit_chain_ok)", "完整 intact"),
            alerts=["LantianAuditChainBroken"],
        ),
        chart(
            "自检",
            "Wall seconds from a synthetic exceedance to its webhook, and how long the oldest one waits.",
            (f"histogram_quantile(0.99, sum by (le) (rate(lantian_probe_reached_seconds_bucket[{RATE}])))", "p99"),
            ("max(lantian_probe_waiting_seconds)", "等待 waiting"),
            unit="s",
            alerts=["LantianProbeUnreached"],
        ),
        chart(
            "发件箱最早等待",
            "How long the oldest of them has waited.",
            ("max by (topic) (lantian_outbox_oldest_seconds)", "{{topic}}"),
            unit="s",
            alerts=["LantianOutboxStalled"],
        ),
        chart(
            "文档库",
            "Documents of the ledger by state, and times notify could not reach the store.",
            ("max by (state) (lantian_issue_stage)", "{{state}}"),
            (per_second("lantian_notify_store_trouble_total"), "无响应 trouble"),
            alerts=["LantianStoreAway"],
        ),
    ]


def delivery() -> list[Panel]:
    """Notices to the teams, and what could not be used."""
    return [
        row("通知与死信 · Delivery and dead letters"),
        chart(
            "投递尝试",
            "Attempts by result; sent is success.",
            (per_second("lantian_notify_attempts_total", "channel", "result"), "{{channel}} {{result}}"),
            unit="cps",
        ),
        chart(
            "投递状态",
            "Deliveries in the store by state; failed and disabled ones need a person.",
            ("max by (state) (lantian_notify_deliveries)", "{{state}}"),
            alerts=["LantianLeadDeliveryStalled", "LantianLeadUndelivered"],
        ),
        chart(
            "死信",
            "Dead letters by the group that gave them up, topic and reason.",
            ("sum by (group, topic, reason) (lantian_dead_letters_total)", "{{group}} {{topic}} {{reason}}"),
            alerts=["LantianDeadLetters"],
        ),
    ]


def operations() -> Dashboard:
    """The whole dashboard."""
    return board(
        UID,
        "运维",
        "Operations of Lantian: what comes in, how old it is, what was found, what was delivered.",
        [*overview(), *intake(), *pipeline(), *detection(), *ledger(), *delivery()],
    )
