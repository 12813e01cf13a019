"""Episodes become leads: the message people get, with its evidence, its score and its texts."""

import hashlib
from collections.abc import Sequence
from math import prod

from lantian_alerts.core.catalogue import Entry, sentences, severity
from lantian_alerts.core.episodes import Change, Chart
from lantian_alerts.core.rule import Episode, MarkView, Sample
from lantian_alerts.core.rulebook import Rules
from lantian_alerts.core.wording import MARKS, factor_names, local, span
from lantian_proto import factors
from lantian_proto.readings import PERIOD_NAMES, STAT_NAMES, Period, Stat, pointed
from lantian_proto.topics import RAW_FRAMES
from lantian_proto.v1.lead_pb2 import (
    LEAD_STATE_CLOSED,
    ChartLine,
    Evidence,
    EvidenceReading,
    FramePointer,
    Lead,
    LimitInForce,
    ScorePart,
    Text,
)

RETROSPECTIVE_RECENCY = 0.25
REPEAT_STEP, REPEATS_AT_MOST = 0.25, 4
SIGN_STEP, SIGNS_AT_MOST = 0.2, 5
KEY_REGION = 1.2
"""Weight of an area the campaign is about; a proposal, as the whole score is."""


def episode_name(episode: Episode) -> str:
    """Names the episode within (source, rule): factor and start."""
    return f"{episode.factor or 'all'}@{episode.start_ms}"


def lead_id(episode: Episode) -> str:
    """The same for every message of the episode, and for every replay."""
    text = f"{episode.source_id}|{episode.rule_id}|{episode_name(episode)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def lead_of(change: Change, rules: Rules) -> Lead:
    """The message that tells a change. Raises KeyError when the rule is not in the catalogue."""
    episode = change.episode
    entry = rules.of(episode)
    parts = score_parts(entry, episode, len(change.others), in_key_region=rules.in_key_region(episode))
    summary_zh, summary_en = sentences(entry, episode)
    if episode.joined:
        names = [factor_names(code) for code in episode.joined]
        summary_zh += "同时还有：" + "、".join(name[0] for name in names) + "。"
        summary_en += " Likewise: " + ", ".join(name[1] for name in names) + "."
    if episode.retrospective:
        summary_zh, summary_en = f"【补传数据】{summary_zh}", f"[late data] {summary_en}"
    elif change.state == LEAD_STATE_CLOSED:
        at = local(change.found_ms)
        summary_zh = f"{summary_zh}过程已于 {at} 结束（{ENDS.get(episode.end_reason, episode.end_reason)}）。"
        summary_en = f"{summary_en} Ended {at} ({episode.end_reason})."
    law = entry.law(episode.start_ms)
    before_zh, before_en = ("【待法制审核】", "[legal review needed] ") if law.review else ("", "")
    return Lead(
        lead_id=lead_id(episode),
        rule_id=episode.rule_id,
        rule_version=episode.rule_version,
        source_id=episode.source_id,
        factor=episode.factor,
        episode=episode_name(episode),
        state=change.state,
        retrospective=episode.retrospective,
        severity=severity(entry, episode),
        score=round(prod(part.value for part in parts), 4),
        score_parts=parts,
        start_ms=episode.start_ms,
        end_ms=episode.end_ms,
        detected_ms=change.found_ms,
        title=Text(zh=entry.title.zh, en=entry.title.en),
        summary=Text(zh=summary_zh, en=summary_en),
        legal_basis=Text(zh=before_zh + law.zh, en=before_en + law.en),
        runbook=Text(zh=entry.runbook.zh, en=entry.runbook.en),
        evidence=evidence(episode, change.charts),
        revision=episode.revision,
        joined_factors=episode.joined,
        other_rules=change.others,
        related_sources=episode.others,
    )


ENDS = {
    "compliant": "连续达标",
    "no-data": "此后无数据",
    "data-returned": "数据恢复",
    "value-moves": "数值恢复变化",
    "no-longer-registered": "不再登记",
    "retrospective": "历史数据",
    "normal": "恢复正常",
    "month-over": "月度结束",
    "failed": "规则出错，无法判定",
}


def score_parts(entry: Entry, episode: Episode, others: int = 0, *, in_key_region: bool = False) -> list[ScorePart]:
    """Severity × confidence × recency × (1 + repeats) × area × (1 + other signs), after domain appendix A.

    The parts explain the score. `others`: rules with an open episode at the source; more factors count like them.
    """
    signs = min(SIGNS_AT_MOST, others + len(episode.joined))
    repeats = min(REPEATS_AT_MOST, episode.breaches - 1 + episode.reopened)
    return [
        ScorePart(name="severity", value=severity(entry, episode)),
        ScorePart(name="confidence", value=episode.confidence),
        ScorePart(name="recency", value=RETROSPECTIVE_RECENCY if episode.retrospective else 1.0),
        ScorePart(name="repeat", value=1.0 + REPEAT_STEP * repeats),
        ScorePart(name="area", value=KEY_REGION if in_key_region else 1.0),
        ScorePart(name="corroboration", value=1.0 if episode.retrospective else 1.0 + SIGN_STEP * signs),
    ]


def evidence(episode: Episode, charts: Sequence[Chart] = ()) -> Evidence:
    """Readings judged, frames they came in, limit in force, marks that touch the period, inputs of the rule, charts."""
    limit = episode.limit
    pointers = [pointed(seq) for seq in episode.frames]
    return Evidence(
        readings=[_reading(sample) for sample in episode.samples],
        frames=[FramePointer(topic=RAW_FRAMES, partition=partition, offset=offset) for partition, offset in pointers],
        limit=None
        if limit is None
        else LimitInForce(
            limit_id=limit.limit_id,
            value=limit.value,
            reference_oxygen_percent=limit.reference_oxygen,
            basis=limit.basis,
            clause=limit.clause,
        ),
        marks=[_mark(mark) for mark in episode.marks],
        charts=[
            ChartLine(
                factor=chart.factor,
                unit=factor_names(chart.factor)[2],
                start_ms=chart.start_ms,
                step_ms=chart.step_ms,
                values=chart.values,
                source_id=chart.source_id,
            )
            for chart in charts
        ],
        inputs={**episode.inputs, "findings": float(episode.breaches), "reopened": float(episode.reopened)},
    )


def _reading(sample: Sample) -> EvidenceReading:
    return EvidenceReading(
        factor=factors.by_number(sample.factor).code,
        stat=STAT_NAMES[Stat(sample.stat)],
        period=PERIOD_NAMES[Period(sample.period)],
        time_ms=sample.time,
        value=sample.value,
        flag=chr(sample.flag) if sample.flag else "",
        received_ms=sample.received,
    )


def _mark(mark: MarkView) -> Text:
    zh, en = MARKS.get(mark.kind, (mark.kind, mark.kind))
    period = span(mark.start_ms, mark.end_ms) if mark.end_ms else f"{local(mark.start_ms)}–"
    declared = local(mark.declared_ms)
    return Text(
        zh=f"标记“{zh}” {period}，申报于 {declared}：{mark.reason}",
        en=f"Marked {en} {period}, declared {declared}: {mark.reason}",
    )
