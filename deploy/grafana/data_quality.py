"""数据质量: what senders do wrong, what is late or missing, and what the rules could not judge."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import RATE, Panel, board, chart, figure, in_a_day, per_second, row

UID = "lantian-data-quality"


def frames() -> list[Panel]:
    """What senders do wrong."""
    bad = 'lantian_ingest_frames_total{outcome!~"accepted|duplicate"}'
    every = "lantian_ingest_frames_total"
    return [
        row("报文质量 · Frames"),
        figure(
            "拒收率（24小时）",
            "Share of the frames of a day that were refused.",
            f"{in_a_day(bad)} / {in_a_day(every)}",
            unit="percentunit",
            bad_above=0.05,
            width=6,
        ),
        figure("登记数据源", "Feeds that the registry knows.", "max(lantian_ingest_feeds)", width=6),
        figure(
            "静默数据源",
            "Registered feeds from which nothing was accepted within the last hour.",
            "sum(max by (city) (lantian_ingest_feeds_registered)) - sum(lantian_ingest_feeds_heard)",
            bad_above=1,
            width=6,
        ),
        figure("在线连接", "Open device connections.", "sum(lantian_ingest_connections)", width=6),
        chart(
            "静默数据源（按城市）",
            "Registered feeds from which nothing was accepted within the last hour, by city.",
            (
                "max by (city) (lantian_ingest_feeds_registered) - sum by (city) (lantian_ingest_feeds_heard)",
                "{{city}}",
            ),
            stacked=True,
            width=12,
        ),
        chart(
            "时钟偏差",
            "Feeds whose clock differed from ours by more than so many seconds when it was last looked at.",
            ("sum by (seconds) (lantian_ingest_feeds_clock_off)", "> {{seconds}} s"),
            width=12,
        ),
        chart(
            "拒收报文（按原因）",
            "Frames that were refused, by outcome; each lies in raw-frames.v1 with its reason.",
            (per_second(bad, "protocol", "outcome"), "{{protocol}} {{outcome}}"),
            unit="cps",
            width=12,
        ),
        chart(
            "偏离标准（24小时）",
            "Departures from the standard that were understood, by departure.",
            (in_a_day("lantian_ingest_quirks_total", "quirk"), "{{quirk}}"),
            width=12,
        ),
        chart(
            "校验结果（24小时）",
            "Frames of a day by what their check code is.",
            (in_a_day("lantian_ingest_check_verdicts_total", "verdict"), "{{verdict}}"),
            width=12,
        ),
        chart(
            "重复报文占比",
            "Share of frames that were sent before; many mean that answers get lost.",
            (
                f'sum(rate(lantian_ingest_frames_total{{outcome="duplicate"}}[{RATE}])) / sum(rate({every}[{RATE}]))',
                "重复 duplicate",
            ),
            unit="percentunit",
            width=12,
        ),
        chart(
            "数据源事件（24小时）",
            "Noticed about senders in a day: strangers, one sender at two addresses, packets that did not come; "
            "`lantian feed-events` prints each.",
            (in_a_day("lantian_ingest_feed_events_total", "kind"), "{{kind}}"),
            width=24,
        ),
    ]


def judgement() -> list[Panel]:
    """What detection could not judge."""
    return [
        row("判定质量 · Judgement"),
        chart(
            "未能判定与被抑制（按规则）",
            "Periods of a day that a rule could not judge or that a mark suppressed.",
            (
                'sum by (rule, outcome) (increase(lantian_rule_findings_total{outcome=~"unjudged|suppressed"}[24h]))',
                "{{rule}} {{outcome}}",
            ),
            width=12,
        ),
        chart(
            "监测值去向",
            "Readings and ticks by the one result each had: late, future and unknown ones are told here.",
            (per_second("lantian_alerts_readings_total", "result"), "{{result}}"),
            unit="cps",
            width=12,
        ),
        chart(
            "无效数据占比",
            "Share of readings that senders flag, or that are no valid value.",
            (
                f'sum by (result) (rate(lantian_alerts_readings_total{{result=~"flagged|invalid"}}[{RATE}]))'
                f" / ignoring (result) group_left () sum(rate(lantian_alerts_readings_total[{RATE}]))",
                "{{result}}",
            ),
            unit="percentunit",
            width=12,
        ),
        chart(
            "缺失的证据报文",
            "Frames a lead points to that were no longer in their topic.",
            (in_a_day("lantian_evidence_frames_missing_total"), "缺失 missing"),
            width=12,
        ),
    ]


def data_quality() -> Dashboard:
    """The whole dashboard."""
    about = "What senders do wrong, what is late or missing, and what the rules could not judge."
    return board(UID, "数据质量", about, [*frames(), *judgement()], hours=24)
