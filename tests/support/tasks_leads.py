"""Leads and issues for the tests of the ledger."""

from lantian_proto.topics import RAW_FRAMES
from lantian_proto.v1.lead_pb2 import (
    Evidence,
    EvidenceReading,
    FramePointer,
    Lead,
    LeadState,
    LimitInForce,
    ScorePart,
    Text,
)
from lantian_tasks.leads.message import lead_id_of

HOUR_MS = 3_600_000
START_MS = 1_795_305_600_000
"""2026-11-22 08:00 +08:00."""

STATES = {
    "open": LeadState.LEAD_STATE_OPEN,
    "extended": LeadState.LEAD_STATE_EXTENDED,
    "closed": LeadState.LEAD_STATE_CLOSED,
}


def a_lead(
    *,
    source: str = "130100-sinter-1",
    rule: str = "hour-exceedance",
    factor: str = "a21026",
    start_ms: int = START_MS,
    revision: int = 1,
    state: str = "",
    severity: int = 3,
    retrospective: bool = False,
    offsets: tuple[int, ...] | None = None,
) -> Lead:
    """A lead message of an episode that grows by an hour and a frame with each revision."""
    episode = f"{factor or 'all'}@{start_ms}"
    end_ms = start_ms + revision * HOUR_MS
    frames = offsets if offsets is not None else tuple(range(100, 100 + revision))
    return Lead(
        lead_id=lead_id_of(source, rule, episode),
        rule_id=rule,
        rule_version=1,
        source_id=source,
        factor=factor,
        episode=episode,
        state=STATES[state or ("open" if revision == 1 else "extended")],
        retrospective=retrospective,
        severity=severity,
        score=1.5 * severity,
        score_parts=[ScorePart(name="severity", value=float(severity))],
        start_ms=start_ms,
        end_ms=end_ms,
        detected_ms=end_ms + 60_000,
        title=Text(zh="小时均值超标", en="Hour mean over the limit"),
        summary=Text(zh=f"二氧化硫 {40 + revision}.0 mg/m³ 超过 35", en=f"SO2 {40 + revision}.0 mg/m³ over 35"),
        legal_basis=Text(zh="大气污染防治法 第十八条", en="Air Law, article 18"),
        runbook=Text(zh="查看脱硫设施", en="Look at the desulphurisation"),
        evidence=Evidence(
            readings=[
                EvidenceReading(
                    factor=factor or "a21026",
                    stat="zs-avg",
                    period="hour",
                    time_ms=end_ms - HOUR_MS,
                    value=40.0 + revision,
                    flag="N",
                    received_ms=end_ms,
                )
            ],
            frames=[FramePointer(topic=RAW_FRAMES, partition=2, offset=offset) for offset in frames[-16:]],
            limit=LimitInForce(limit_id="l1", value=35.0, reference_oxygen_percent=16.0, basis="ultra-low", clause="x"),
            inputs={"valid_share": 1.0},
        ),
        revision=revision,
    )
