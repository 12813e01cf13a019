"""Figures of a season from histories alone: scorecards of cities and series of the measures of the work. Pure.

Shares are of the number beside them, never of a hidden one. A median of nothing is None. What the policy texts say a
city faces is quoted, never decided: only data fraud has a consequence without judgement (F78).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from lantian_tasks.clocks.sla import HOUR_MS
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import ENDED_STATES, Head, State
from lantian_tasks.reports.words import local

STAGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "assign_hours": ("", ("assign",)),
    "plan_hours": ("assign", ("approve-plan",)),
    "rectify_hours": ("start", ("request-close", "instant-fix")),
    "verify_hours": ("request-close", ("verify",)),
    "close_hours": ("verify", ("close",)),
    "whole_hours": ("", ("close",)),
}
"""Median hours from the first of a move (empty: registration) to the first of others after it."""


@dataclass(frozen=True, slots=True)
class Trail:
    """What figures need of one issue. `spans`: hours of each stage it has passed; `peers`: finds of 举一反三."""

    city: str
    month: str
    category: str
    state: str
    gravity: int
    overdue: bool
    extensions: int
    rechecked: int
    failed: int
    relapsed: bool
    peers: int
    spans: Mapping[str, float] = field(default_factory=dict)


def city_of(division_code: str) -> str:
    """The city of a division; municipalities are one city."""
    if not division_code:
        return ""
    municipal = division_code[:2] in ("11", "12", "31", "50")
    return f"{division_code[:2]}0000" if municipal else f"{division_code[:4]:0<4}00"


def trail_of(head: Head, history: Sequence[SealedEntry]) -> Trail:
    """The figures of an issue."""
    moves = [entry["move"] for entry in history]
    return Trail(
        city=city_of(head.place.division_code),
        month=local(head.registered_ms, "%Y-%m"),
        category=head.standing.category,
        state=str(head.state),
        gravity=min(4, head.severity + bool(head.standing.parent_id)),
        overdue="escalate" in moves,
        extensions=moves.count("grant-extension"),
        rechecked=moves.count("draw"),
        failed=moves.count("fail-recheck"),
        relapsed="relapse" in moves,
        peers=sum(len(e["fields"].get("found", ())) for e in history if e["move"] == "record-peers"),
        spans=_spans(history),
    )


def _spans(history: Sequence[SealedEntry]) -> dict[str, float]:
    found = {}
    for name, (begin, ends) in STAGES.items():
        start = next((n for n, entry in enumerate(history) if not begin or entry["move"] == begin), None)
        if start is None:
            continue
        end = next((entry for entry in history[start + 1 :] if entry["move"] in ends), None)
        if end is not None:
            found[name] = (end["at_ms"] - history[start]["at_ms"]) / HOUR_MS
    return found


@dataclass(frozen=True, slots=True)
class Leads:
    """Leads by where they ended."""

    confirmed: int = 0
    partly: int = 0
    unfounded: int = 0
    other: int = 0

    @property
    def precision(self) -> float | None:
        """Confirmed or partly, of those looked at to a result."""
        judged = self.confirmed + self.partly + self.unfounded
        return (self.confirmed + self.partly) / judged if judged else None


def leads_of(by_state: Mapping[str, int]) -> Leads:
    """Leads by state as figures count them."""
    named = {name: by_state.get(name, 0) for name in ("confirmed", "partly", "unfounded")}
    return Leads(**named, other=sum(by_state.values()) - sum(named.values()))


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of some issues: of a city, a month, or all."""

    issues: int
    voided: int
    open: int
    closed: int
    overdue: int
    extensions: int
    rechecked: int
    recheck_failed: int
    relapsed: int
    fraud: int
    grave: int
    peers: int
    medians: Mapping[str, float | None]
    leads: Leads = Leads()

    @property
    def overdue_share(self) -> float | None:
        """Of all issues but voided ones."""
        return share(self.overdue, self.issues)

    @property
    def closed_share(self) -> float | None:
        """Of all issues but voided ones."""
        return share(self.closed, self.issues)

    @property
    def recheck_failed_share(self) -> float | None:
        """Of the rechecks."""
        return share(self.recheck_failed, self.rechecked)


def share(part: int, whole: int) -> float | None:
    """A part of a whole, None of nothing."""
    return round(part / whole, 4) if whole else None


def figures(trails: Iterable[Trail], leads: Leads | None = None) -> Figures:
    """The figures of these issues; voided ones are counted and play no further part."""
    rows = list(trails)
    counted = [row for row in rows if row.state != State.VOIDED]
    ended = sum(row.state in ENDED_STATES for row in counted)
    return Figures(
        issues=len(counted),
        voided=len(rows) - len(counted),
        open=len(counted) - ended,
        closed=ended,
        overdue=sum(row.overdue for row in counted),
        extensions=sum(row.extensions for row in counted),
        rechecked=sum(row.rechecked for row in counted),
        recheck_failed=sum(row.failed for row in counted),
        relapsed=sum(row.relapsed for row in counted),
        fraud=sum(row.category == "fraud" for row in counted),
        grave=sum(row.gravity >= 3 for row in counted),
        peers=sum(row.peers for row in counted),
        medians={name: _median(row.spans[name] for row in counted if name in row.spans) for name in STAGES},
        leads=leads or Leads(),
    )


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return round(median(found), 1) if found else None
