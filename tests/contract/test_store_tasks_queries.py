"""Orders, search and counts: the fake and the real store answer alike."""

from dataclasses import replace
from typing import Any

import pytest

from lantian_tasks.access.scope import EVERYTHING, scope_of
from lantian_tasks.ledger.issue import Issue, Place, State, Step
from lantian_tasks.ledger.moves import MOVES
from lantian_tasks.ports import CaseQuery, IssueQuery, RecordQuery, Store
from lantian_tasks.registry.record import Belongs, Kind, Validity, change
from tests.contract.test_store_tasks import store
from tests.support.tasks_api import a_case_of
from tests.support.tasks_issues import DISPATCHER, NOW_MS, an_issue
from tests.support.tasks_leads import HOUR_MS, START_MS, a_lead

__all__ = ["store"]


def numbered(number: int) -> Issue:
    """Issues that differ in severity, state, name and due date."""
    name = ["甲钢铁（集团）公司", "乙焦化.*厂", "丙水泥"][number % 3]
    place = Place(f"e{number % 3}", name, f"{number}号排口", "130102" if number % 2 else "130203")
    lead = a_lead(start_ms=START_MS + number * HOUR_MS, severity=1 + number % 4)
    issue = an_issue(State.ASSIGNED if number % 2 else State.REGISTERED, lead, place)
    due_ms = NOW_MS + (50 - number) * HOUR_MS if number % 2 else 0
    head = replace(issue.head, standing=replace(issue.head.standing, due_ms=due_ms), changed_ms=NOW_MS + number % 5)
    return replace(issue, head=head)


@pytest.fixture
async def issues(store: Store) -> list[Issue]:
    """Twelve of them in the store."""
    made = [numbered(number) for number in range(12)]
    for issue in made:
        assert await store.open(Step(issue, "registered", (), ()))
    return made


@pytest.mark.parametrize(
    ("order", "key"),
    [
        ("newest", lambda i: i.head.registered_ms),
        ("changed", lambda i: i.head.changed_ms),
        ("severity", lambda i: i.head.severity),
        ("due", lambda i: i.head.standing.due_ms),
    ],
)
async def test_every_order_pages_through_everything_once(
    store: Store, issues: list[Issue], order: Any, key: Any
) -> None:
    """Equal keys are told apart by the id; the due list has only what is due."""
    wanted = [i for i in issues if order != "due" or i.head.standing.due_ms]
    wanted.sort(key=lambda i: (key(i), i.issue_id), reverse=order != "due")
    seen: list[Any] = []
    after = None
    for _ in range(9):
        page = await store.heads(IssueQuery(EVERYTHING, 5, order=order, after=after))
        seen += page
        if len(page) < 5:
            break
        last = next(i for i in issues if i.issue_id == page[-1].issue_id)
        after = (key(last), last.issue_id)
    assert [head.issue_id for head in seen] == [i.issue_id for i in wanted]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("钢铁（集团）", 4),
        (".*", 4),
        ("公司", 8),
        ("11号", 1),
        ("LT-2026", 12),
        ("lt-2026", 12),
        ("$where", 0),
        ("(", 0),
    ],
)
async def test_a_search_is_of_letters_not_of_patterns(store: Store, issues: list[Issue], text: str, found: int) -> None:
    """In number, names and title; a count says the same."""
    query = IssueQuery(EVERYTHING, 99, text=text)
    assert len(await store.heads(query)) == found
    assert await store.count_issues(query, ()) == {(): found}


async def test_counts_by_value_and_scope(store: Store, issues: list[Issue]) -> None:
    """For each value, and nothing of what lies outside of the scope."""
    everything = IssueQuery(EVERYTHING, 1)
    assert await store.count_issues(everything, ("state",)) == {("registered",): 6, ("assigned",): 6}
    both = await store.count_issues(everything, ("severity", "division_code"))
    assert both == {("1", "130203"): 3, ("2", "130102"): 3, ("3", "130203"): 3, ("4", "130102"): 3}
    assert await store.count_issues(replace(everything, scope=scope_of(["130100"])), ("state",)) == {("assigned",): 6}
    assert await store.count_issues(replace(everything, scope=scope_of([])), ()) in ({}, {(): 0})
    since = replace(everything, since_ms=NOW_MS, until_ms=NOW_MS + 1)
    assert await store.count_issues(since, ()) == {(): 12}


async def test_stories_carry_their_histories(store: Store, issues: list[Issue]) -> None:
    """Head and history of each, for reports."""
    [(head, history)] = await store.stories(IssueQuery(EVERYTHING, 1, order="due"))
    whole = next(issue for issue in issues if issue.issue_id == head.issue_id)
    assert (head, history) == (whole.head, whole.history)
    assert all(entry["move"] in (*MOVES, "") for entry in history)


async def test_leads_by_score_text_and_count(store: Store, issues: list[Issue]) -> None:
    """As for issues."""
    for issue in issues:
        await store.open_case(a_case_of(issue))
    first = await store.cases(CaseQuery(EVERYTHING, "lead", 7, order="score"))
    after = (float(first[-1].keys["score"]), first[-1].case_id)
    rest = await store.cases(CaseQuery(EVERYTHING, "lead", 7, order="score", after=after))
    places = [(case.keys["score"], case.case_id) for case in [*first, *rest]]
    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 12
    assert len(await store.cases(CaseQuery(EVERYTHING, "lead", 99, text="焦化"))) == 4
    assert await store.count_cases(CaseQuery(EVERYTHING, "lead", 1), ("state", "keys.enterprise_id")) == {
        ("confirmed", f"e{n}"): 4 for n in range(3)
    }


async def test_the_registry_is_searched(store: Store) -> None:
    """By id or name, and by division."""
    records = []
    for id_, name, division in (("e1", "甲厂", "130102"), ("e2", "乙.厂", "130203"), ("x3", "丙", "140100")):
        entity = {"name": name, "division_code": division}
        belongs = Belongs("", id_, division)
        record = change(None, Kind.ENTERPRISE, id_, entity, Validity(), belongs, actor=DISPATCHER, at_ms=5)
        assert record is not None
        records.append(record)
    await store.add(records)

    async def ids(**filters: Any) -> list[str]:
        return [r.id for r in await store.page(RecordQuery(EVERYTHING, Kind.ENTERPRISE, 9, **filters))]

    assert await ids(text="厂") == ["e1", "e2"]
    assert await ids(text=".") == ["e2"]
    assert await ids(text="X3") == ["x3"]
    assert await ids(division_prefix="13") == ["e1", "e2"]
    assert await ids(division_prefix="1302", text="e") == ["e2"]
