"""Cards of leads and rounds answer as the store does: the same rows, order and counts for any query over any cases."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_tasks.access.scope import Scope
from lantian_tasks.case_cards import CARD_KEYS, EQUAL, SHAPE, CaseCards, answerable, card_of
from lantian_tasks.ledger.case import case_document
from lantian_tasks.ports import CaseQuery
from tests.support.tasks_api import a_case_of
from tests.support.tasks_issues import an_issue
from tests.support.tasks_queries import case_place, counted, fits

Document = dict[str, Any]
MODEL = case_document(a_case_of(an_issue()).case)
CODES = ("", "13", "1301", "130102", "61")
WORDS = ("", "甲厂", "焦化.*", "ß%_")
STATES = ("candidate", "screened", "pushed")
SMALL = st.integers(0, 3)
SCORES = st.sampled_from((0.0, 0.5, 2, 2.5))
DAYS = st.sampled_from(("", "2026-10-01", "2026-10-02", "2027-03-31"))
KEYS = st.fixed_dictionaries(
    {
        **{name: st.sampled_from(WORDS) for name in (*EQUAL, "enterprise_name", "source_name")},
        "division_code": st.sampled_from(("", "130102", "130202", "610102")),
    },
    optional={"severity": st.integers(1, 4), "score": SCORES, "valid_from": DAYS, "valid_to": DAYS},
)
CASES = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("lead", "round")),
        "state": st.sampled_from(STATES),
        "created_ms": SMALL,
        "keys": KEYS,
        "data": st.fixed_dictionaries({}, optional={"title": st.sampled_from(WORDS)}),
    }
)
SCOPES = st.builds(
    Scope, st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple), st.sampled_from((None, "甲厂"))
)
QUERIES = st.builds(
    CaseQuery,
    scope=SCOPES,
    kind=st.just("lead"),
    limit=st.integers(1, 9),
    states=st.lists(st.sampled_from(STATES), max_size=2).map(tuple),
    severities=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    division_prefix=st.sampled_from(CODES),
    keys=st.dictionaries(st.sampled_from(EQUAL), st.sampled_from(WORDS[1:]), max_size=2),
    least_score=st.sampled_from((0.0, 1.5)),
    since_ms=SMALL,
    until_ms=SMALL,
    after=st.none() | st.tuples(SMALL, st.sampled_from("03")),
    text=st.sampled_from(("", "厂", ".*", "%", "_")),
    valid_on=DAYS,
)


def cases_of(changes: list[Document]) -> list[Document]:
    """Documents with ids of their own."""
    return [{**MODEL, **change, "_id": f"{number:02d}"} for number, change in enumerate(changes)]


@given(st.lists(CASES, max_size=6).map(cases_of), QUERIES)
def test_cards_answer_as_the_store_does(documents: list[Document], query: CaseQuery) -> None:
    """Against the rule that the contract suite proves equal to the real store's."""
    cards = CaseCards()
    cards.keep(documents)
    found = [document for document in documents if fits(query, document)]
    found.sort(key=lambda document: case_place(query, document), reverse=True)

    async def ask() -> None:
        rows = await cards.page(query)
        assert rows == [(document["_id"], document["created_ms"]) for document in found[: query.limit]]
        assert await cards.count(query, ()) == {(): len(found)}
        by = ("keys.division_code", "state")
        assert await cards.count(query, by) == counted(found, by)

    asyncio.run(ask())
    cards.close()


def test_the_highest_score_first() -> None:
    """Whole numbers and others as one; a page begins behind the last row of the one before."""
    scores = (0.5, 2, 2.5, 2.0)
    documents = cases_of([{"keys": {**MODEL["keys"], "score": score}} for score in scores])
    cards = CaseCards()
    cards.keep(documents)
    query = CaseQuery(Scope(("",)), "lead", 2, order="score")
    first = asyncio.run(cards.page(query))
    assert first == [("02", 2.5), ("03", 2.0)]
    following = CaseQuery(Scope(("",)), "lead", 9, order="score", after=(first[-1][1], first[-1][0]))
    assert asyncio.run(cards.page(following)) == [("01", 2), ("00", 0.5)]
    cards.close()


def test_a_card_is_made_of_what_is_read_for_it() -> None:
    """Nothing else of the document is looked at."""
    outer = {name.partition(".")[0] for name in CARD_KEYS}
    assert card_of({name: MODEL[name] for name in ("_id", *outer)}) == card_of(MODEL)
    assert len(card_of(MODEL)) == len(SHAPE.columns)


@pytest.mark.parametrize(
    ("keys", "by", "expected"),
    [({}, (), True), ({"rule_id": "x"}, ("state",), True), ({"end_ms": 5}, (), False), ({}, ("keys.end_ms",), False)],
)
def test_what_the_cards_do_not_hold_is_the_stores(keys: Document, by: tuple[str, ...], expected: bool) -> None:
    """Asked before, so that no name of somebody's ever stands in a question."""
    assert answerable(CaseQuery(Scope(("",)), "lead", 1, keys=keys), by) is expected
