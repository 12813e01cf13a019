"""Every list finds its rows by an index: said of the filters themselves; for a server, bench/ledger_server.py explains.

A query is served by an index whose first key is one it narrows (equality, range, list), or whose keys are its order:
then it walks in order and stops at the limit. A query without either would read and sort the whole collection.
"""

from dataclasses import replace
from typing import Any

import pytest
from pymongo import IndexModel

from lantian_tasks import carded_cases
from lantian_tasks.access.scope import EVERYTHING, scope_of
from lantian_tasks.carded_store import CASES_WITHOUT_CARDS, NARROW, WITHOUT_CARDS, CardedStore
from lantian_tasks.case_store import CASE_INDEXES, CASE_ORDERS, case_conditions
from lantian_tasks.case_store import COUNTED as COUNTED_OF_CASES
from lantian_tasks.case_store import NEWEST_OF as NEWEST_OF_CASES
from lantian_tasks.conditions import fields_of, is_held, together
from lantian_tasks.evidence_store import EVIDENCE_INDEXES
from lantian_tasks.issue_queries import EQUAL, ISSUE_INDEXES, ORDERS, index_of_count, issue_conditions
from lantian_tasks.ledger.issue import State
from lantian_tasks.ports import CaseQuery, IssueQuery

CITY = scope_of(["130100"])
TWO_CITIES = scope_of(["130100", "610100"])


def keys_of(index: IndexModel) -> list[tuple[str, int]]:
    """Keys and directions."""
    return list(index.document["key"].items())


def narrowed(wanted: Any) -> set[str]:
    """Fields that must have given values for a document to match; those of an $or only where every way names one."""
    fields: set[str] = set()
    for name, value in wanted.items():
        if name == "$and":
            for part in value:
                fields |= narrowed(part)
        elif name == "$or":
            ways = [narrowed(part) for part in value]
            fields |= set.intersection(*ways)
        elif not (isinstance(value, dict) and "$regex" in value):
            fields.add(name)
    return fields


def serving(indexes: list[IndexModel], wanted: Any, order: list[tuple[str, int]]) -> list[str]:
    """Names of the indexes that serve a query."""
    fields = narrowed(wanted)
    found = []
    for index in indexes:
        keys = keys_of(index)
        leading = 0
        while leading < len(keys) and keys[leading][0] in fields:
            leading += 1
        by_order = keys[:2] == order or (leading and keys[leading : leading + 1] == order[:1])
        if leading or by_order:
            found.append(str(index.document["name"]))
    return found


def ordered(order: tuple[str, int]) -> list[tuple[str, int]]:
    """The order of a list: its key, then the id."""
    return [order, ("_id", order[1])]


ISSUE_QUERIES: list[dict[str, Any]] = [
    {},
    {"states": (State.RECTIFYING,)},
    {"severities": (3, 4)},
    {"division_prefix": "1301"},
    {"flag": "escalated"},
    {"due_before_ms": 9},
    {"since_ms": 5, "until_ms": 9},
    {"text": "钢铁"},
    *({name: "x"} for name in EQUAL),
    *({"order": order} for order in ("changed", "severity", "due")),
    {"after": (5, "x")},
    {"order": "severity", "after": (3, "x")},
]


@pytest.mark.parametrize("filters", ISSUE_QUERIES, ids=lambda filters: ",".join(filters) or "all")
@pytest.mark.parametrize("scope", [EVERYTHING, CITY], ids=["country", "city"])
def test_lists_of_issues_are_served(filters: dict[str, Any], scope: Any) -> None:
    """Each filter alone and each order."""
    query = IssueQuery(scope, 50, **filters)
    wanted = together(issue_conditions(query))
    assert serving(ISSUE_INDEXES, wanted, ordered(ORDERS[query.order])) != []


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_is_walked(order: str) -> None:
    """Key and id in one direction: a page of the whole ledger is read from its place on, nothing is sorted."""
    assert ordered(ORDERS[order]) in [keys_of(index) for index in ISSUE_INDEXES]


@pytest.mark.parametrize("name", ["state", "division_code", "enterprise_id", "rule_id", "category", "channel", "flags"])
def test_what_many_issues_share_is_walked_newest_first(name: str) -> None:
    """A fifth of 100,000 issues is too much to sort for fifty rows: the index goes on in the list's own order."""
    assert [(name, 1), *ordered(ORDERS["newest"])] in [keys_of(index) for index in ISSUE_INDEXES]


@pytest.mark.parametrize(
    ("filters", "by"),
    [
        ({}, ()),
        ({}, ("state",)),
        ({}, ("division_code", "rule_id")),
        ({"states": (State.CLOSED,)}, ("severity",)),
        ({"severities": (3,), "category": "fraud"}, ("channel", "urgency")),
        ({"division_prefix": "1301", "due_before_ms": 9, "since_ms": 5}, ("state",)),
    ],
    ids=str,
)
@pytest.mark.parametrize("scope", [EVERYTHING, CITY, TWO_CITIES], ids=["country", "city", "cities"])
def test_counts_read_no_document(filters: dict[str, Any], by: tuple[str, ...], scope: Any) -> None:
    """All that is asked lies in the index they take; without a condition as well, where a store would read all."""
    wanted = together(issue_conditions(IssueQuery(scope, 1, **filters)))
    keys = [name for name, _ in keys_of(next(i for i in ISSUE_INDEXES if i.document["name"] == "counted"))]
    assert {*fields_of(wanted), *by} <= {*keys}
    if by or not wanted:
        assert index_of_count(wanted, by) == "counted"
    else:
        assert serving(ISSUE_INDEXES, wanted, []) != []


def test_a_count_of_something_else_takes_the_index_of_its_filter() -> None:
    """It is narrow, or it is a search; whichever, no index holds all of it."""
    nobody = IssueQuery(EVERYTHING, 1)
    for query in (replace(nobody, person="x"), replace(nobody, text="x"), replace(nobody, flag="x")):
        wanted = together(issue_conditions(query))
        assert index_of_count(wanted, ("state",)) is None


def test_the_local_store_keeps_the_indexes_that_its_cards_do_not_replace() -> None:
    """For what is narrow while the cards are written, for timers, and for what is unique."""
    assert {index.document["name"] for index in CardedStore.case_indexes} == {*CASES_WITHOUT_CARDS}
    assert {index.document["name"] for index in CardedStore.issue_indexes} == {*WITHOUT_CARDS}
    for name in NARROW:
        filters: dict[str, Any] = {name: "x"}
        wanted = together(issue_conditions(IssueQuery(EVERYTHING, 1, **filters)))
        assert serving(list(CardedStore.issue_indexes), wanted, []) != []
    for name in carded_cases.NARROW:
        cases = together(case_conditions(CaseQuery(EVERYTHING, "lead", 1, keys={name: "x"})))
        narrow = [index for index in CardedStore.case_indexes if keys_of(index)[0][0] == f"keys.{name}"]
        assert serving(narrow, cases, []) != []


@pytest.mark.parametrize("name", EQUAL)
def test_narrow_filters_have_an_index_of_their_own(name: str) -> None:
    """What leaves few of many rows must not walk all of them in order."""
    assert any(keys_of(index)[0][0] == name for index in ISSUE_INDEXES)


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"states": ("screened",)},
        {"keys": {"round_id": "r"}},
        {"keys": {"dedupe": "d"}},
        {"keys": {"source_id": "s"}},
        {"keys": {"enterprise_id": "e"}},
        {"order": "score"},
        {"order": "score", "least_score": 1.0},
        {"text": "钢铁"},
        {"after": (5, "x")},
    ],
    ids=str,
)
def test_lists_of_leads_are_served(filters: dict[str, Any]) -> None:
    """As for issues."""
    query = CaseQuery(EVERYTHING, "lead", 50, **filters)
    wanted = together(case_conditions(query))
    assert serving(CASE_INDEXES, wanted, ordered(CASE_ORDERS[query.order])) != []


@pytest.mark.parametrize("name", NEWEST_OF_CASES)
def test_what_many_leads_share_is_walked_newest_first(name: str) -> None:
    """Of one kind and one value, in the list's own order to its last key."""
    walked = [("kind", 1), (name, 1), *ordered(CASE_ORDERS["newest"])]
    assert walked in [keys_of(index) for index in CASE_INDEXES]


@pytest.mark.parametrize("scope", [EVERYTHING, CITY, TWO_CITIES], ids=["country", "city", "cities"])
def test_scorecards_read_no_lead(scope: Any) -> None:
    """All that they count lies in one index; what another key narrows does not."""
    by = ("keys.division_code", "state")
    scorecard = CaseQuery(scope, "lead", 1, division_prefix="1301", since_ms=5, until_ms=9)
    assert is_held(together(case_conditions(scorecard)), by, COUNTED_OF_CASES)
    assert COUNTED_OF_CASES in [tuple(name for name, _ in keys_of(index)) for index in CASE_INDEXES]
    of_one_rule = replace(scorecard, keys={"rule_id": "frozen-value"})
    assert not is_held(together(case_conditions(of_one_rule)), by, COUNTED_OF_CASES)


def test_what_no_index_serves_is_noticed() -> None:
    """The check can fail."""
    assert serving(ISSUE_INDEXES, {"score": 1}, [("score", 1), ("_id", 1)]) == []
    assert serving(EVIDENCE_INDEXES, {"kind": "photo"}, []) == []
    assert serving(EVIDENCE_INDEXES, {"bands": {"$in": ["0:ff"]}}, []) == ["bands"]


def test_conditions_come_together_without_brackets() -> None:
    """Fields at the top, ranges of one field as one; only what can not be joined is bracketed."""
    city = IssueQuery(CITY, 50, states=(State.CLOSED,), division_prefix="130102", since_ms=5, until_ms=9)
    assert together(issue_conditions(city)) == {
        "state": {"$in": ["closed"]},
        "division_code": {"$gte": "130102", "$lt": "130102:"},
        "registered_ms": {"$gte": 5, "$lt": 9},
    }
    assert together([{"a": 1}, {"a": 2}, {"a": {"$gt": 1}}]) == {"a": 1, "$and": [{"a": 2}, {"a": {"$gt": 1}}]}
    assert together([{"a": {"$gt": 1, "$lt": 9}}, {"a": {"$gt": 3, "$lt": 12}}]) == {"a": {"$gt": 3, "$lt": 9}}
    assert together([]) == {}
