"""What devices say of themselves, judged one statement at a time: no state, so a repeat gives the same lead again.

A visit changes several settings within minutes. All changes of one factor within the same Beijing hour are one episode:
its name is that hour, and its revision the second in it, so that a later statement replaces an earlier one.
"""

from typing import Final

import msgspec

from lantian_alerts.core.catalogue import Entry
from lantian_alerts.core.episodes import Change
from lantian_alerts.core.guard import Guard
from lantian_alerts.core.layout import HOUR_MS
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.rule import Episode, Finding, StatementFact, Verdict
from lantian_alerts.core.rulebook import Rulebook
from lantian_proto.v1.lead_pb2 import LEAD_STATE_OPEN
from lantian_proto.v1.site_event_pb2 import SiteEvent

UNREGISTERED: Final = "unregistered"
NOTHING: Final = "nothing"
LATE_MS: Final = 2 * HOUR_MS
"""As of readings: what comes later changes history and is never urgent (promise 5)."""


class Judged(msgspec.Struct, frozen=True):
    """What became of one statement: what it changes, and by rule the reason the rule gave."""

    changes: tuple[Change, ...]
    outcomes: tuple[tuple[str, str], ...]


def fact_of(event: SiteEvent) -> StatementFact:
    """A statement as rules see it. A device without a usable time is taken at its word's arrival."""
    return StatementFact(
        source_id=event.source_id,
        factor=event.code,
        kind=event.kind,
        info=event.info,
        text=event.text,
        number=event.number if event.HasField("number") else None,
        before=event.previous if event.HasField("previous") else None,
        number_before=_number(event.previous) if event.HasField("previous") else None,
        time_ms=event.time_ms if 0 < event.time_ms <= event.received_ms else event.received_ms,
        found_ms=event.received_ms,
        frames=(event.seq,),
    )


def judged(rules: Rulebook, registry: Registry, event: SiteEvent, guard: Guard) -> Judged:
    """What the rules say of a statement; nothing for a source the registry does not know."""
    if not registry.knows(event.source_id):
        return Judged((), (("", UNREGISTERED),))
    fact, site = fact_of(event), registry.site(event.source_id)
    changes: list[Change] = []
    outcomes: list[tuple[str, str]] = []
    for entry in (rules.at(one, fact.time_ms) for one in rules.catalogue.reading(StatementFact)):
        finding = guard.judge(entry, fact, site)
        if finding is None:
            continue
        order = site.suppression(entry.id, finding.factor, finding.found_ms)
        if finding.verdict is Verdict.BREACH and order is not None:
            outcomes.append((entry.id, "order"))
            continue
        outcomes.append((entry.id, finding.reason))
        if finding.verdict is Verdict.BREACH:
            changes.append(Change(_episode(entry, finding), LEAD_STATE_OPEN, finding.found_ms))
    return Judged(tuple(changes), tuple(outcomes) or (("", NOTHING),))


def _episode(entry: Entry, finding: Finding) -> Episode:
    start = finding.start_ms // HOUR_MS * HOUR_MS
    return Episode(
        rule_id=entry.id,
        rule_version=entry.version,
        source_id=finding.source_id,
        factor=finding.factor,
        start_ms=start,
        end_ms=finding.end_ms,
        judged_ms=finding.end_ms,
        found_ms=finding.found_ms,
        retrospective=finding.found_ms - finding.end_ms > LATE_MS,
        revision=1 + (finding.start_ms - start) // 1000,
        weight=finding.weight,
        confidence=finding.confidence,
        inputs=dict(finding.inputs),
        marks=list(finding.marks),
        frames=list(finding.frames),
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
