"""A lead as it comes in: from a detector, or from people and satellites through the same door. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from lantian_proto.v1.lead_pb2 import Evidence, Lead, LeadState, ScorePart, Text
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.leads.message import lead_id_of, state_name
from lantian_tasks.leads.moves import LEAD, Stage
from lantian_tasks.leads.screening import dedupe_key
from lantian_tasks.ledger.case import Case, CaseStep, write
from lantian_tasks.ledger.history import Actor, Entry
from lantian_tasks.ledger.issue import Frame, Place
from lantian_tasks.reports import words

Channel = Literal["complaint", "satellite", "hot-area", "patrol", "transfer", "recheck", "peers"]
CONFIDENCE: dict[str, float] = {
    "complaint": 0.5,
    "satellite": 0.6,
    "hot-area": 0.4,
    "patrol": 0.9,
    "transfer": 0.8,
    "recheck": 0.9,
    "peers": 0.6,
}
"""[P] Part of the score: how far a channel is believed before anybody has looked."""
HOUR_MS = 3_600_000
AHEAD_MS = 5 * 60_000


def case_id_of(lead_id: str) -> str:
    """The case of a lead."""
    return f"lead/{lead_id}"


def manual_lead(
    *,
    channel: Channel,
    reference: str,
    category: str,
    severity: int,
    source_id: str,
    enterprise_id: str,
    place: str,
    text: str,
    found_ms: int,
) -> Lead:
    """What people or satellites report, as a lead. The same report gives the same id, however often it is sent.

    `reference` is the reporter's own number (12369 case, fire point); `place` stands for a source that is not known.
    """
    site = source_id or f"site-{hashlib.sha256(f'{enterprise_id}|{place}'.encode()).hexdigest()[:16]}"
    rule = f"manual-{channel}"
    episode = f"{category}@{reference}"
    parts = {"severity": float(severity), "confidence": CONFIDENCE[channel]}
    score = parts["severity"] * parts["confidence"]
    return Lead(
        lead_id=lead_id_of(site, rule, episode),
        rule_id=rule,
        rule_version=1,
        source_id=site,
        episode=episode,
        state=LeadState.LEAD_STATE_OPEN,
        severity=severity,
        score=score,
        score_parts=[ScorePart(name=name, value=value) for name, value in parts.items()],
        start_ms=found_ms,
        end_ms=found_ms,
        detected_ms=found_ms,
        title=Text(zh=f"{words.CHANNELS[channel]} {reference}", en=f"{channel} {reference}"),
        summary=Text(zh=text, en=text),
        evidence=Evidence(),
        revision=1,
    )


def bring(
    lead: Lead,
    value: bytes,
    frames: Sequence[Frame],
    place: Place,
    facts: Facts,
    actor: Actor,
    at_ms: int,
    *,
    channel: str = "detector",
    category: str = "",
    **data: Any,
) -> CaseStep:
    """A new candidate with its first entry."""
    category = category or facts.policy.category(lead.rule_id)
    case = Case(
        case_id=case_id_of(lead.lead_id),
        rev=0,
        state="",
        keys={
            "division_code": place.division_code,
            "enterprise_id": place.enterprise_id,
            "enterprise_name": place.enterprise_name,
            "source_id": lead.source_id,
            "source_name": place.source_name,
            "rule_id": lead.rule_id,
            "category": category,
            "channel": channel,
            "severity": lead.severity,
            "score": lead.score,
            "round_id": "",
            "dedupe": dedupe_key(place.enterprise_id, lead.source_id, category),
            "end_ms": lead.end_ms,
        },
        data={
            "lead_revision": lead.revision,
            "quality_flags": sorted({r.flag for r in lead.evidence.readings if r.flag}),
            "score_parts": {part.name: part.value for part in lead.score_parts},
            **data,
        },
        created_ms=at_ms,
        changed_ms=at_ms,
        blob=value,
        frames=tuple(frames),
    )
    entry = Entry(
        kind="received",
        from_state="",
        to_state=Stage.CANDIDATE,
        actor=actor,
        at_ms=at_ms,
        fields={
            "channel": channel,
            "category": category,
            "lead_sha256": hashlib.sha256(value).hexdigest(),
            **({"back_dated": True} if data.get("back_dated") else {}),
        },
    )
    return write(case, entry, LEAD, facts)


def is_ahead(found_ms: int, at_ms: int) -> bool:
    """Whether somebody says to have seen what has not happened yet; clocks of phones may be wrong by minutes."""
    return found_ms > at_ms + AHEAD_MS


def is_back_dated(found_ms: int, at_ms: int, stale_hours: int) -> bool:
    """Whether it is reported so late that it is flagged (reference 4.5): taken all the same."""
    return found_ms < at_ms - stale_hours * HOUR_MS


def update(
    case: Case, lead: Lead, value: bytes, frames: Sequence[Frame], facts: Facts, at_ms: int, by: Actor
) -> CaseStep:
    """A later message of the episode, into a lead that is no issue yet."""
    kind = "episode-closed" if state_name(lead) == "closed" else "episode-extended"
    keys = {**case.keys, "severity": lead.severity, "score": lead.score, "end_ms": lead.end_ms}
    grown = replace(
        case, keys=keys, data={**case.data, "lead_revision": lead.revision}, blob=value, frames=tuple(frames)
    )
    entry = Entry(
        kind=kind,
        from_state=case.state,
        to_state=case.state,
        actor=by,
        at_ms=at_ms,
        fields={"lead_revision": lead.revision, "lead_sha256": hashlib.sha256(value).hexdigest()},
    )
    return replace(write(grown, entry, LEAD, facts), blob_changed=True)
