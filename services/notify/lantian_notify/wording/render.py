"""The payload of Standard Webhooks 1.0: type, timestamp and data, the same bytes for the same event. Pure."""

import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any

from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.lead_pb2 import Evidence, Lead, Text

# Standard Webhooks 1.0, "Payload size": below 20 KB.
LARGEST_BYTES = 20_000
CUT_MARK = "…（内容已截断 cut）"

# What is given up, step by step, until the payload fits: newest readings, newest frames, marks, inputs kept, and bytes
# of each text. Names and texts come from outside, so the last step must fit whatever they hold.
_STEPS = (
    (48, 16, 16, 32, 4000),
    (24, 16, 16, 32, 2000),
    (12, 8, 8, 16, 1000),
    (6, 4, 4, 16, 500),
    (3, 2, 1, 8, 250),
    (0, 1, 0, 0, 100),
)


def payload(event: IssueEvent) -> bytes:
    """JSON in UTF-8 with sorted keys, below 20,000 bytes.

    Evidence is cut from its oldest end and texts at their end until the whole fits; `data.evidence.cut` says so.
    Numbers that JSON does not know (NaN, infinities) become null.
    """
    whole = _json(_evidence(event.lead.evidence, 1 << 31, 1 << 31, 1 << 31, 1 << 31, 1 << 31))
    digest = hashlib.sha256(whole).hexdigest()
    for readings, frames, marks, inputs, text_bytes in _STEPS:
        evidence = _evidence(event.lead.evidence, readings, frames, marks, inputs, text_bytes)
        evidence["digest"] = f"sha256:{digest}"
        body = _json(_message(event, evidence, text_bytes))
        if len(body) < LARGEST_BYTES:
            return body
    raise ValueError(f"ids of {event.event_id[:64]} are too long for a payload of {LARGEST_BYTES} bytes")


def _message(event: IssueEvent, evidence: dict[str, Any], text_bytes: int) -> dict[str, Any]:
    lead = event.lead
    return {
        "type": f"issue.{event.kind}",
        "timestamp": _time(event.at_ms),
        "data": {
            "event_id": event.event_id,
            "issue": {
                "id": event.issue_id,
                "number": event.number,
                "sequence": event.sequence,
                "from_state": event.from_state,
                "to_state": event.to_state,
                "reason": clip(event.reason, text_bytes),
                "path": event.path,
            },
            "class": "retrospective" if lead.retrospective else "current",
            "lead_id": lead.lead_id,
            "rule": {"id": lead.rule_id, "version": lead.rule_version},
            "severity": lead.severity,
            "score": _number(lead.score),
            "enterprise": {"name": clip(event.enterprise_name, text_bytes), "division_code": event.division_code},
            "source": {"id": lead.source_id, "name": clip(event.source_name, text_bytes)},
            "factor": lead.factor,
            "episode": lead.episode,
            "title": _text(lead.title, text_bytes),
            "summary": _text(lead.summary, text_bytes),
            "legal_basis": _text(lead.legal_basis, text_bytes),
            "times": _times(lead),
            "limit": _limit(lead.evidence, text_bytes),
            "evidence": evidence,
        },
    }


def _times(lead: Lead) -> dict[str, str | None]:
    received = [reading.received_ms for reading in lead.evidence.readings if reading.received_ms > 0]
    return {
        "started": _time(lead.start_ms),
        "ended": _time(lead.end_ms),
        "received": _time(max(received)) if received else None,
        "detected": _time(lead.detected_ms),
    }


def _limit(evidence: Evidence, text_bytes: int) -> dict[str, Any] | None:
    if not evidence.HasField("limit"):
        return None
    limit = evidence.limit
    return {
        "id": limit.limit_id,
        "value": _number(limit.value),
        "reference_oxygen_percent": _number(limit.reference_oxygen_percent),
        "basis": limit.basis,
        "clause": clip(limit.clause, text_bytes),
    }


def _evidence(
    evidence: Evidence, readings: int, frames: int, marks: int, inputs: int, text_bytes: int
) -> dict[str, Any]:
    names = sorted(evidence.inputs)
    kept = {
        "readings": [
            {
                "factor": reading.factor,
                "stat": reading.stat,
                "period": reading.period,
                "time": _time(reading.time_ms),
                "value": _number(reading.value),
                "flag": reading.flag,
            }
            for reading in _newest(evidence.readings, readings)
        ],
        "frames": [
            {"topic": frame.topic, "partition": frame.partition, "offset": frame.offset}
            for frame in _newest(evidence.frames, frames)
        ],
        "marks": [_text(mark, text_bytes) for mark in _newest(evidence.marks, marks)],
        "inputs": {name: _number(evidence.inputs[name]) for name in names[:inputs]},
    }
    totals = {
        "readings": len(evidence.readings),
        "frames": len(evidence.frames),
        "marks": len(evidence.marks),
        "inputs": len(names),
    }
    cut = {name: {"kept": len(kept[name]), "of": total} for name, total in totals.items() if len(kept[name]) < total}
    return {**kept, "cut": cut or None}


def _newest(rows: Any, count: int) -> list[Any]:
    return list(rows)[max(0, len(rows) - count) :]


def _text(text: Text, limit: int) -> dict[str, str]:
    return {"zh": clip(text.zh, limit), "en": clip(text.en, limit)}


def clip(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, never half a character; a cut text ends by saying so."""
    data = text.encode()
    if len(data) <= limit:
        return text
    return data[: max(0, limit - len(CUT_MARK.encode()))].decode(errors="ignore") + CUT_MARK


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _time(ms: int) -> str | None:
    """RFC 3339 in UTC; None for times no calendar has."""
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
