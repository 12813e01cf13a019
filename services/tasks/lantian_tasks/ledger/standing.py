"""What follows from an issue's history and the rules: who, until when, what happens next by itself. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lantian_tasks.clocks.facts import Facts
from lantian_tasks.clocks.timers import clocks, rectify_due, timers_of
from lantian_tasks.ledger.cases import open_case, suspended
from lantian_tasks.ledger.guards import CYCLE, responsible, since
from lantian_tasks.ledger.issue import ENDED_STATES, Issue, Standing
from lantian_tasks.ledger.stop_orders import in_force
from lantian_tasks.ledger.voiding import proposed


def origin_of(issue: Issue) -> dict[str, Any]:
    """The origin sealed in the first entry; empty in documents of schema 1."""
    return dict(issue.history[0]["fields"].get("origin", {})) if issue.history else {}


def standing_of(issue: Issue, facts: Facts) -> Standing:
    """The standing after the last entry."""
    origin = origin_of(issue)
    # Clocks ask for the category: it must be right before they are reckoned.
    first = Standing(
        category=str(origin.get("category") or facts.policy.category(issue.head.rule_id)),
        channel=str(origin.get("channel", "detector")),
        parent_id=str(origin.get("parent_id", "")),
        round_id=str(origin.get("round_id", "")),
        by_ministry=bool(origin.get("by_ministry", False)),
    )
    issue = _with(issue, first)
    assignment = responsible(issue.history)
    running = clocks(issue, facts.policy.clocks, facts, running=True)
    dated = next((clock.due.at_ms for clock in running if clock.rule.span is None), None)
    due_ms = dated or rectify_due(issue, facts) or 0
    timers = timers_of(issue, running, facts)
    return Standing(
        category=first.category,
        channel=first.channel,
        parent_id=first.parent_id,
        round_id=first.round_id,
        by_ministry=first.by_ministry,
        unit=str(assignment["fields"]["unit"]) if assignment else "",
        person=str(assignment["fields"]["person"]) if assignment else "",
        due_ms=due_ms,
        timer_ms=timers[0].at_ms if timers else 0,
        flags=tuple(_flags(issue, origin)),
    )


def _with(issue: Issue, standing: Standing) -> Issue:
    return replace(issue, head=replace(issue.head, standing=standing))


def _flags(issue: Issue, origin: dict[str, Any]) -> Iterator[str]:
    moves = {entry["move"] for entry in issue.history}
    cycle = since(issue.history, *CYCLE)
    if any(entry["move"] == "escalate" for entry in cycle):
        yield "escalated"
    if "fail-recheck" in moves:
        yield "false-rectification"
    if "draw" in moves:
        yield "rechecked"
    if "relapse" in moves:
        yield "relapsed"
    if int(origin.get("generation", 0)) >= 2:
        yield "repeat-offender"
    if "instant-fix" in moves:
        yield "instant-fix"
    if "to-police" in moves:
        yield "police"
    if open_case(issue.history):
        yield "case-open"
    if "order-stop" in moves:
        yield "stop-order"
    if in_force(issue.history) and issue.state not in ENDED_STATES:
        yield "stop-order-in-force"
    if suspended(issue.history):
        yield "suspended"
    if issue.state not in ENDED_STATES and proposed(issue.history):
        yield "void-proposed"
