"""Which leads a round takes, how far it is, and what it found. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from lantian_tasks.leads.moves import BECOMES_ISSUE, LIVE, Stage
from lantian_tasks.ledger.case import Case


@dataclass(frozen=True, slots=True)
class Left:
    """A lead that the round does not take, and why."""

    lead_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a build would take, best score first, and what it would leave."""

    chosen: tuple[Case, ...]
    left: tuple[Left, ...]


def preview(leads: Sequence[Case], *, quota: int, score_cut: float) -> Preview:
    """Screened leads of the city by score; at most one of an enterprise and category, the others wait their turn."""
    chosen: list[Case] = []
    left: list[Left] = []
    seen: set[tuple[str, str]] = set()
    for lead in sorted(leads, key=lambda lead: (-float(lead.keys["score"]), lead.case_id)):
        same = (str(lead.keys["enterprise_id"] or lead.keys["source_id"]), lead.category)
        if lead.data.get("suppressed"):
            left.append(Left(lead.id, str(lead.data["suppressed"])))
        elif float(lead.keys["score"]) < score_cut:
            left.append(Left(lead.id, f"score below {score_cut:g}"))
        elif same in seen:
            left.append(Left(lead.id, "another lead of the enterprise and category is taken"))
        elif len(chosen) >= quota:
            left.append(Left(lead.id, f"the quota of {quota} is used"))
        else:
            seen.add(same)
            chosen.append(lead)
    return Preview(tuple(chosen), tuple(left))


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the leads of a round stand; spans in ms, 0 where nothing is known."""

    total: int
    by_stage: dict[str, int]
    waiting: int
    overdue: int
    median_receipt_ms: int
    median_result_ms: int
    precision: float
    issues: tuple[str, ...]
    places_in_doubt: int
    place_flags: dict[str, int]
    """Leads whose inspection was not plainly at its place, by what is to be said of it; see leads/presence.py."""


def progress(leads: Sequence[Case]) -> Progress:
    """Of all leads of a round. Precision: confirmed or partly, of those inspected to a result."""
    stages = Counter(lead.state for lead in leads)
    receipts = [span for lead in leads if (span := _span(lead, "push", "accept")) is not None]
    results = [span for lead in leads if (span := _span(lead, "push", *_RESULTS)) is not None]
    confirmed = sum(stages[stage] for stage in BECOMES_ISSUE)
    judged = confirmed + stages[Stage.UNFOUNDED]
    return Progress(
        total=len(leads),
        by_stage=dict(sorted(stages.items())),
        waiting=sum(stages[stage] for stage in LIVE if stage != Stage.SCREENED),
        overdue=sum(any(entry["move"] == "escalate" for entry in lead.history) for lead in leads),
        median_receipt_ms=round(median(receipts)) if receipts else 0,
        median_result_ms=round(median(results)) if results else 0,
        precision=confirmed / judged if judged else 0.0,
        issues=tuple(str(lead.data["issue_id"]) for lead in leads if lead.data.get("issue_id")),
        places_in_doubt=sum(bool(lead.data.get("place_flags")) for lead in leads),
        place_flags=dict(sorted(Counter(flag for lead in leads for flag in lead.data.get("place_flags", ())).items())),
    )


_RESULTS = ("confirm", "confirm-partly", "call-unfounded", "call-not-reachable", "transfer", "mark-duplicate")


def _span(lead: Case, begin: str, *ends: str) -> int | None:
    began = next((entry["at_ms"] for entry in lead.history if entry["move"] == begin), None)
    ended = next((entry["at_ms"] for entry in lead.history if entry["move"] in ends), None)
    return None if began is None or ended is None else ended - began
