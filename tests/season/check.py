"""Whether a season's ledger balances: counted from its histories alone, against what the simulation noted itself."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from lantian_tasks.audit.examine import examine
from lantian_tasks.clocks.calendar import DAY_MS, day_of
from lantian_tasks.clocks.sla import Happened, due
from lantian_tasks.leads.checking import RESULTS
from lantian_tasks.leads.moves import BECOMES_ISSUE, LIVE, Stage
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.history import verify
from lantian_tasks.ledger.issue import Issue, State
from lantian_tasks.ledger.moves import MOVES
from tests.season.season import Season


def check(season: Season) -> dict[str, Any]:
    """What was checked, with numbers. Raises AssertionError at the first thing that does not add up."""
    issues: list[Issue] = list(season.store.issues.rows.values())
    leads: list[Case] = [case for case in season.store.shelf.rows.values() if case.kind == "lead"]
    truth = season.truth.counts
    for issue in issues:
        _legal(issue)
    for lead in leads:
        assert verify(lead.history, lead.case_id) is None
    stages = Counter(lead.state for lead in leads)
    became = [lead for lead in leads if lead.state in BECOMES_ISSUE]
    assert len(leads) == truth["leads"] == sum(stages.values())
    assert len(issues) == len(became) == truth["confirm"]
    assert {str(lead.data["issue_id"]) for lead in became} == {issue.issue_id for issue in issues}
    assert stages[Stage.UNFOUNDED] == truth["call-unfounded"]
    places = Counter(verdict for lead in leads for verdict in _inspected(lead))
    assert places == {name.removeprefix("inspect-"): truth[name] for name in truth if name.startswith("inspect-")}
    escalations = sum(_escalated_once(season, issue) for issue in issues)
    moves = Counter(entry["move"] for issue in issues for entry in issue.history)
    for move in ("draw", "pass-recheck", "fail-recheck", "close", "verify", "request-close"):
        assert moves[move] == truth[move], move
    for issue in issues:
        _reopened(issue)
    children = [issue for issue in issues if issue.head.standing.parent_id]
    assert len(children) == moves["relapse"]
    by_id = {issue.issue_id: issue for issue in issues}
    for child in children:
        parent = by_id[child.head.standing.parent_id]
        assert child.issue_id in [e["fields"]["child"] for e in parent.history if e["move"] == "relapse"]
        if child.head.standing.channel == "detector":
            assert (parent.head.source_id, parent.head.rule_id) == (child.head.source_id, child.head.rule_id)
        else:
            assert parent.head.place.enterprise_id == child.head.place.enterprise_id
            assert parent.category == child.category
        assert child.gravity == min(4, child.head.severity + 1)
    cards = {city.code: card(season.of_city(city)) for city in season.cities}
    total = sum(cards.values(), Counter[str]())
    assert total == card(issues)
    for city in season.cities:
        noted = season.truth.by_city.get(city.code, Counter())
        for name, move in (("rechecked", "draw"), ("failed", "fail-recheck"), ("closed-moves", "close")):
            assert cards[city.code][name] == noted[move], (city.code, name)
    return {
        "cities": len(season.cities),
        "leads": dict(sorted(stages.items())),
        "inspections": dict(sorted(places.items())),
        "leads_live": sum(stages[stage] for stage in LIVE),
        "issues": season.state_counts(),
        "rounds": truth["rounds"],
        "events": season.store.events,
        "moves": dict(sorted(moves.items())),
        "escalations_due_and_written": escalations,
        "refused": truth["refused"],
        "relapses": len(children),
        "scorecard": dict(sorted(total.items())),
    }


def _inspected(lead: Case) -> Iterator[str]:
    """Where each inspection of a lead was begun; each result answers the whole list, and none confirms nothing."""
    for entry in lead.history:
        if entry["move"] == "inspect":
            yield entry["fields"]["presence"]["verdict"]
        if entry["move"] in RESULTS:
            found = [row["found"] for row in entry["fields"]["check_list"]["answers"]]
            assert len(found) >= 4
            assert ("problem" in found) == (entry["move"] == "confirm")


def _legal(issue: Issue) -> None:
    """A path of the machine, sealed."""
    assert examine(issue).intact, issue.issue_id
    state = ""
    for entry in issue.history:
        assert entry["from_state"] == state
        state = entry["to_state"]
        if entry["move"]:
            move = MOVES[entry["move"]]
            assert entry["from_state"] in move.from_states
            assert entry["to_state"] == (move.to_state or entry["from_state"])
            assert entry["actor"]["role"] in move.roles


def _reopened(issue: Issue) -> None:
    """Each failed recheck leads back to rectifying, names the verifiers and halves the time; each draw has its end."""
    for entry in issue.history:
        if entry["move"] == "fail-recheck":
            assert (entry["from_state"], entry["to_state"]) == (State.SPOT_CHECK, State.RECTIFYING)
            held = set(entry["fields"]["verifiers"])
            assert held
            later = issue.history[entry["sequence"] :]
            assert not held & {e["actor"]["actor_id"] for e in later if e["move"] in ("verify", "verify-province")}
            assert "false-rectification" in issue.head.standing.flags


def card(issues: list[Issue]) -> Counter[str]:
    """A scorecard from histories."""
    found: Counter[str] = Counter(issues=len(issues))
    for issue in issues:
        moves = Counter(entry["move"] for entry in issue.history)
        found["closed"] += issue.state in (State.CLOSED, State.ARCHIVED, State.SPOT_CHECK)
        found["closed-moves"] += moves["close"]
        found["rechecked"] += moves["draw"]
        found["failed"] += moves["fail-recheck"]
        found["relapsed"] += moves["relapse"] > 0
        found["escalated"] += moves["escalate"] > 0
    return found


def _escalated_once(season: Season, issue: Issue) -> int:
    """Every step of every run of a clock that came due before the clock stopped is there once, and no other."""
    written = Counter(
        (e["fields"]["clock"], e["fields"]["step"]) for e in issue.history if e["move"] in ("remind", "escalate")
    )
    assert set(written.values()) <= {1}, issue.issue_id
    wanted = set(_wanted(season, issue))
    assert set(written) == wanted, (issue.issue_id, set(written) ^ wanted)
    return len(written)


def _wanted(season: Season, issue: Issue) -> Iterator[tuple[str, str]]:
    """By a walk over the history from each entry to the next: which clocks ran between the two, and what came due."""
    facts, history = season.facts, issue.history
    for index, entry in enumerate(history):
        until = history[index + 1]["at_ms"] if index + 1 < len(history) else season.now
        state = entry["to_state"]
        for rule in facts.policy.clocks:
            if state not in rule.states or not _applies(issue, rule.only):
                continue
            begin = _begin(issue, index, rule.states, dated=rule.span is None)
            if any(e["move"] in rule.stops_on for e in history[begin + 1 : index + 1]):
                continue
            first = history[begin]
            emergency = rule.emergency is not None and issue.category in ("emergency", "fire")
            span = rule.emergency if emergency else rule.span
            started = Happened(
                "start", first["at_ms"], until_ms=first["fields"].get("due_ms", 0) if not rule.span else 0
            )
            limit = span.span if span else None
            for part in rule.reminders or facts.policy.reminders:
                at = due([started], facts.calendar, limit, part).at_ms
                assert at is not None
                if at <= until:
                    yield f"{rule.name}@{begin + 1}", f"{part:.0%}"
            end = due([started], facts.calendar, limit).at_ms
            assert end is not None
            for step in facts.policy.ladder(rule.ladder, day_of(first["at_ms"])):
                if end + step.after_days * DAY_MS <= until:
                    yield f"{rule.name}@{begin + 1}", step.step


def _applies(issue: Issue, only: str) -> bool:
    if only == "plan-required":
        return issue.gravity >= 3
    if only == "province-due":
        return issue.gravity >= 4 or issue.category == "fraud" or issue.by_ministry
    return True


def _begin(issue: Issue, index: int, states: tuple[str, ...], *, dated: bool) -> int:
    """Where the run of a clock that is on at `index` began."""
    history = issue.history
    while index > 0:
        entry = history[index]
        sets_date = entry["move"] in ("assign", "reassign", "reopen", "fail-recheck")
        if sets_date or (not dated and entry["from_state"] not in states):
            return index
        index -= 1
    return 0
