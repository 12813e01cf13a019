"""Readings through the engine as the running suite would take them: with ticks, in order of reception."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from math import isfinite
from typing import Any, Final, NamedTuple

import numpy as np

from lantian_alerts.core.across import Across
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.episodes import Change
from lantian_alerts.core.guard import Failures, Guard
from lantian_alerts.core.leads import lead_id
from lantian_alerts.core.partition import checked
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rulebook import Rulebook
from lantian_alerts.core.statements import judged
from lantian_alerts.core.wording import CHINA
from lantian_proto.readings import DTYPES, Columns, ReadingsError, tick
from lantian_proto.v1.lead_pb2 import Lead
from lantian_proto.v1.site_event_pb2 import SiteEvent

TICK_MS: Final = 10_000
"""Ingest's own interval."""
CHUNK_ROWS: Final = 65_536
LEAST_TICK_GAP_MS: Final = 30_000
TOLD_SILENCE_MS: Final = 49 * 3_600_000
"""After a longer silence of everybody the ticks stop until the next reading: every tier of every silence was told."""
AFTER_THE_END_MS: Final = (2 * 3_600_000, 27 * 3_600_000)


class Found(NamedTuple):
    """The last message of every episode, what became of readings and of the periods rules looked at or failed at."""

    leads: list[Lead]
    results: dict[str, int]
    outcomes: dict[tuple[str, str], int]
    failures: Failures


def detect(
    catalogue: Catalogue,
    registry: Registry,
    columns: Columns,
    *,
    tick_ms: int = TICK_MS,
    statements: Iterable[SiteEvent] = (),
) -> Found:
    """Findings of readings that stand in the order of their reception, and of what devices said of themselves.

    The end of the input is nobody's silence: the clock then jumps, so that open hours and days are judged, and the
    episodes left open end for want of data. Raises ReadingsError for columns that are no readings.
    """
    guard = Guard()
    engine = Engine(catalogue, registry, tick_gap_ms=max(LEAST_TICK_GAP_MS, 3 * tick_ms), guard=guard)
    across, rules = Across(catalogue, registry, guard), Rulebook(catalogue, registry)
    last: dict[str, Change] = {}
    first_told: dict[str, Change] = {}
    for offset, part in enumerate(records(columns, tick_ms)):
        changes = engine.step_many([offset], [checked(part)])
        for shared in engine.take_shared():
            for piece in across.take(shared):
                changes += piece
        for change in changes:
            named = lead_id(change.episode)
            last[named] = change
            first_told.setdefault(named, change)
    for event in statements:
        for change in judged(rules, registry, event, guard).changes:
            named = lead_id(change.episode)
            newer = named not in last or change.episode.revision >= last[named].episode.revision
            last[named] = change if newer else last[named]
            first_told.setdefault(named, change)
    leads = [lead for lead in (guard.lead(change, rules) for change in last.values()) if lead is not None]
    leads.sort(key=lambda lead: (lead.start_ms, lead.source_id, lead.rule_id, lead.factor))
    for lead in leads:  # when people were told first, not when the episode ended
        lead.detected_ms = first_told[lead.lead_id].found_ms
    return Found(leads, engine.results(), dict(engine.outcomes + across.outcomes), guard.take())


def records(columns: Columns, tick_ms: int = TICK_MS) -> Iterator[Columns]:
    """Readings with ticks between them, in records of bounded size; the end is followed by ticks far apart."""
    if len(columns) == 0:
        return
    received = columns.received
    if np.any(np.diff(received) < 0):
        raise ReadingsError("the readings do not stand in the order of their reception")
    begin, end = int(received[0]) // tick_ms * tick_ms, int(received[-1])
    for first in range(0, len(columns), CHUNK_ROWS):
        until = min(first + CHUNK_ROWS, len(columns))
        stop = int(received[until]) if until < len(columns) else end + 2 * tick_ms
        times = np.arange(begin, max(begin, stop // tick_ms * tick_ms), tick_ms, dtype=np.int64)
        before = np.searchsorted(received, times, side="right") - 1
        times = times[times - received[np.maximum(before, 0)] <= TOLD_SILENCE_MS]
        begin = max(begin, stop // tick_ms * tick_ms)
        yield _mixed(columns, first, until, times)
    for wait in AFTER_THE_END_MS:
        yield tick(end + wait)


def _mixed(columns: Columns, first: int, until: int, times: Any) -> Columns:
    beat = tick(0)
    places = np.searchsorted(columns.received[first:until], times, side="left")
    sources = [*columns.sources, *beat.sources]
    mixed = {}
    for name in DTYPES:
        given = getattr(columns, name)[first:until]
        same = times if name in ("time", "received") else np.full(len(times), getattr(beat, name)[0])
        if name == "source":
            same = np.full(len(times), len(columns.sources), np.int32)
        mixed[name] = np.insert(given, places, same.astype(given.dtype))
    return Columns(sources=sources, **mixed)


def shown(lead: Lead, *, full: bool = False) -> dict[str, Any]:
    """A finding as `lantian detect` prints it; `full` adds what a lead tells people."""
    found: dict[str, Any] = {
        "rule": lead.rule_id,
        "source": lead.source_id,
        "factor": lead.factor,
        "start": iso(lead.start_ms),
        "end": iso(lead.end_ms),
        "severity": lead.severity,
        "score": lead.score,
        "inputs": {name: value for name, value in sorted(lead.evidence.inputs.items()) if isfinite(value)},
    }
    if not full:
        return found
    limit = lead.evidence.limit
    return found | {
        "lead_id": lead.lead_id,
        "rule_version": lead.rule_version,
        "found": iso(lead.detected_ms),
        "retrospective": lead.retrospective,
        "score_parts": {part.name: part.value for part in lead.score_parts},
        "limit": None
        if not lead.evidence.HasField("limit")
        else {
            "id": limit.limit_id,
            "value": limit.value,
            "reference_oxygen_percent": limit.reference_oxygen_percent,
            "basis": limit.basis,
            "clause": limit.clause,
        },
        "marks": [mark.zh for mark in lead.evidence.marks],
        "title": {"zh": lead.title.zh, "en": lead.title.en},
        "summary": {"zh": lead.summary.zh, "en": lead.summary.en},
        "legal_basis": {"zh": lead.legal_basis.zh, "en": lead.legal_basis.en},
    }


def last_of_each(leads: Iterable[Lead]) -> list[Lead]:
    """The newest message of every episode, in the order of `detect`."""
    newest: dict[str, Lead] = {}
    for lead in leads:
        known = newest.get(lead.lead_id)
        if known is None or lead.revision >= known.revision:
            newest[lead.lead_id] = lead
    return sorted(newest.values(), key=lambda lead: (lead.start_ms, lead.source_id, lead.rule_id, lead.factor))


def iso(at_ms: int) -> str:
    """Beijing time with its offset."""
    time = datetime.fromtimestamp(at_ms / 1000, CHINA)
    return time.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")
