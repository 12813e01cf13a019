"""业务: leads, issues, what people did with them, and what reached whom."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import Panel, board, chart, figure, in_a_day, per_second, row

UID = "lantian-business"


def leads() -> list[Panel]:
    """What detection says."""
    opened = 'lantian_alerts_leads_total{state="open"}'
    return [
        row("线索 · Leads"),
        figure("新线索（24小时）", "New leads in a day.", f"{in_a_day(opened)} or vector(0)", width=8),
        figure("进行中过程", "Episodes that are open now.", "sum(lantian_alerts_open_episodes)", width=8),
        figure("监测点", "Sources that detection knows.", "sum(lantian_alerts_sources)", width=8),
        chart(
            "新线索（按规则，24小时）",
            "New leads of a day by rule.",
            (in_a_day(opened, "rule"), "{{rule}}"),
            stacked=True,
            width=12,
        ),
        chart(
            "规则判定（24小时）",
            "Periods the rules looked at in a day, by outcome: suppressed ones are never sent, and counted here.",
            (in_a_day("lantian_rule_findings_total", "outcome"), "{{outcome}}"),
            width=12,
        ),
    ]


def issues() -> list[Panel]:
    """The ledger."""
    return [
        row("问题 · Issues"),
        figure("未结问题", "Issues neither closed nor voided.", "sum(max by (severity) (lantian_issue_open))", width=6),
        figure(
            "超期未完成整改",
            "Open issues whose date of rectification has passed.",
            "max(lantian_issue_overdue)",
            bad_above=1,
            width=6,
        ),
        figure(
            "时限届满（24小时）",
            "Clocks that ran out in a day before what they wait for was done.",
            f"{in_a_day('lantian_sla_breached_total')} or vector(0)",
            width=6,
        ),
        figure(
            "已签收催办（24小时）",
            "Calls that somebody acknowledged in a day.",
            f"{in_a_day('lantian_notify_acknowledged_total')} or vector(0)",
            width=6,
        ),
        chart(
            "问题（按阶段）",
            "Issues by the state they are in; those that are over are left out.",
            ('max by (state) (lantian_issue_stage{state!~"closed|archived|voided"})', "{{state}}"),
            stacked=True,
            width=12,
        ),
        chart(
            "时限届满（按对象，24小时）",
            "Clocks that ran out in a day, by what they are about.",
            (in_a_day("lantian_sla_breached_total", "subject"), "{{subject}}"),
            width=12,
        ),
        chart(
            "未结问题（按等级）",
            "Open issues by severity, 4 the gravest.",
            ("max by (severity) (lantian_issue_open)", "{{severity}}"),
            stacked=True,
            width=12,
        ),
        chart(
            "办理动作（24小时）",
            "Moves asked for in a day, by move and result; refused ones show where people struggle.",
            (in_a_day("lantian_issue_moves_total", "move", "result"), "{{move}} {{result}}"),
            width=12,
        ),
    ]


def quality() -> list[Panel]:
    """Whether the rules are right, and whether the cities send."""
    heard = "sum by (city) (lantian_ingest_feeds_heard)"
    return [
        row("准确率与传输率 · Precision and transmission"),
        chart(
            "规则准确率",
            "Share of the leads judged by inspection that were confirmed, by rule.",
            ('max by (rule) (lantian_rule_precision_ratio{bound="share"})', "{{rule}}"),
            unit="percentunit",
            width=12,
        ),
        chart(
            "传输率（按城市）",
            "Share of a city's registered feeds from which a frame was accepted within the last hour.",
            (f"{heard} / max by (city) (lantian_ingest_feeds_registered)", "{{city}}"),
            unit="percentunit",
            width=12,
        ),
    ]


def notices() -> list[Panel]:
    """What reached whom."""
    return [
        row("通知 · Notices"),
        chart(
            "投递状态",
            "Deliveries by state; failed and disabled ones need a person.",
            ("max by (state) (lantian_notify_deliveries)", "{{state}}"),
            width=12,
        ),
        chart(
            "投递尝试（按渠道）",
            "Attempts by channel and result.",
            (per_second("lantian_notify_attempts_total", "channel", "result"), "{{channel}} {{result}}"),
            unit="cps",
            width=12,
        ),
    ]


def business() -> Dashboard:
    """The whole dashboard."""
    about = "Leads, issues by stage, what people did with them, and what reached whom."
    return board(UID, "业务", about, [*leads(), *issues(), *quality(), *notices()], hours=24)
