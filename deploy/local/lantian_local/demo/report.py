"""What the demo says: one block for each lead as it comes, and the table at the end. Pure but for the console."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lantian_local.demo.receiver import Delivery
from lantian_proto.factors import by_code
from lantian_simulator.checker import Verdict
from lantian_simulator.truth import DROPOUT, EXCEEDANCE, FROZEN

LOCAL = timedelta(hours=8)
_PLAIN_WIDTH = 160
_RULES = {EXCEEDANCE: "小时均值超标 exceedance", DROPOUT: "数据中断 dropout", FROZEN: "数值冻结 frozen value"}
_DIGITS = 4


def console() -> Console:
    """A console for people, or plain and wide when the output goes elsewhere."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=_PLAIN_WIDTH, no_color=True, highlight=False)


def clock_face(suite_ms: int) -> str:
    """Suite time as local `MM-DD hh:mm`."""
    return (datetime.fromtimestamp(suite_ms / 1000, UTC) + LOCAL).strftime("%m-%d %H:%M")


def value_against_limit(data: Mapping[str, object]) -> str:
    """`43.1 > 35 mg/m³` from a webhook's data; empty when the lead has no limit."""
    limit, evidence, factor = data.get("limit"), data.get("evidence"), str(data.get("factor", ""))
    if not isinstance(limit, dict) or not isinstance(evidence, dict):
        return ""
    wanted = "zs-avg" if limit.get("reference_oxygen_percent") else "avg"
    readings = [reading for reading in evidence.get("readings", []) if reading["factor"] == factor]
    chosen = [reading for reading in readings if reading["stat"] == wanted] or readings
    known = by_code(factor)
    unit = known.unit if known else ""
    if not chosen:
        return f"limit {limit['value']:g} {unit}".strip()
    worst = max(float(reading["value"]) for reading in chosen if reading["value"] is not None)
    return f"{worst:.{_DIGITS}g} > {limit['value']:g} {unit}".strip()


def lead_lines(delivery: Delivery, seconds: float | None) -> Text:
    """A lead as a team would read it; `seconds` is the wall time from frame to webhook, where that means something."""
    data = delivery.body["data"]
    retrospective = data["class"] == "retrospective"
    detected = delivery.time_ms("detected")
    factor = by_code(data["factor"]) if data["factor"] else None
    text = Text()
    text.append(clock_face(detected) if detected is not None else "", style="dim")
    text.append("  追溯 " if retrospective else "  线索 ", style="dim" if retrospective else "bold red")
    text.append(data["title"]["zh"], style="bold")
    text.append(f"  {data['enterprise']['name']} · {data['source']['name']}")
    if factor is not None:
        text.append(f"  {factor.name_zh}", style="cyan")
    if numbers := value_against_limit(data):
        text.append(f"  {numbers}", style="bold")
    if seconds is not None:
        text.append(f"  {seconds:.2f} s", style="green")
    text.append(f"\n      {data['summary']['zh']}", style="dim")
    return text


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass
class Totals:
    """What the end of a run shows."""

    frames: dict[str, int] = field(default_factory=dict)
    readings: int = 0
    leads: int = 0
    issues: int = 0
    retrospective: int = 0
    webhook_ids: int = 0
    deliveries: int = 0
    refused: int = 0
    acknowledged: int = 0
    backlog: int = 0
    dead_letters: int = 0
    frame_to_webhook: list[float] = field(default_factory=list)
    found_to_webhook: list[float] = field(default_factory=list)


def totals_table(totals: Totals) -> Table:
    """Counts and times of the whole run."""
    table = Table(title="蓝天演示 Lantian demo", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("number", justify="right")
    for outcome, count in sorted(totals.frames.items(), key=lambda item: -item[1]):
        table.add_row(f"报文 frames: {outcome}", f"{count:,}")
    table.add_row("报文合计 frames", f"{sum(totals.frames.values()):,}")
    table.add_row("模拟器已应答 acknowledged to the simulator", f"{totals.acknowledged:,}")
    table.add_row("未应答 not acknowledged", f"{totals.backlog:,}")
    table.add_row("监测值 readings", f"{totals.readings:,}")
    table.add_row("线索消息 lead messages", f"{totals.leads:,}")
    table.add_row("问题 issues", f"{totals.issues:,}")
    table.add_row("其中追溯 of them retrospective", f"{totals.retrospective:,}")
    table.add_row("通知编号 webhook ids", f"{totals.webhook_ids:,}")
    table.add_row("通知送达 webhook deliveries", f"{totals.deliveries:,}")
    table.add_row("签名不符 refused deliveries", f"{totals.refused:,}")
    table.add_row("死信 dead letters", f"{totals.dead_letters:,}")
    for name, times in (
        ("实时报文到通知 live frame to webhook", totals.frame_to_webhook),
        ("实时发现到通知 live finding to webhook", totals.found_to_webhook),
    ):
        half, most = percentile(times, 0.5), percentile(times, 0.99)
        table.add_row(f"{name}, p50 / p99", f"{half:.2f} s / {most:.2f} s" if times else "–")
    return table


def truth_table(verdict: Verdict) -> Table:
    """What was injected and what was made of it, by rule."""
    table = Table(title="与真值对照 Against the truth", title_justify="left")
    table.add_column("rule")
    for column in ("injected", "found", "missed", "doubled", "false"):
        table.add_column(column, justify="right")
    for score in verdict.scores:
        numbers = (score.injected, score.found, score.missed, score.doubled, score.false)
        table.add_row(_RULES.get(score.rule, score.rule), *(str(number) for number in numbers))
    return table
