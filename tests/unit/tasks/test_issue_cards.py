"""Cards answer as the store does: the same rows, order and counts for any query over any issues."""

import asyncio
import sqlite3
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_tasks.access.scope import Scope
from lantian_tasks.cards import in_order
from lantian_tasks.issue_cards import SHAPE, IssueCards, card_of
from lantian_tasks.issue_queries import EQUAL, ORDERS
from lantian_tasks.ledger.document import head_document
from lantian_tasks.ledger.issue import State
from lantian_tasks.ports import IssueQuery
from tests.support.tasks_issues import an_issue
from tests.support.tasks_queries import counted, issue_place, matches

Document = dict[str, Any]
MODEL = head_document(an_issue().head)
CODES = ("", "13", "1301", "1302", "130102", "130202", "61")
WORDS = ("", "甲厂", "焦化.*", "LT-1", "ß%_\\")
FLAGS = ("escalated", "late", "escal")
SMALL = st.integers(0, 3)
CHANGES = st.fixed_dictionaries(
    {
        **{name: st.sampled_from(WORDS) for name in (*EQUAL, "enterprise_name", "number", "title_zh")},
        **dict.fromkeys(("registered_ms", "changed_ms", "due_ms"), SMALL),
        "severity": st.integers(1, 4),
        "state": st.sampled_from([str(state) for state in State]),
        "division_code": st.sampled_from(["", "130102", "130181", "130202", "610102"]),
        "flags": st.lists(st.sampled_from(FLAGS), max_size=2, unique=True),
    }
)
SCOPES = st.builds(
    Scope,
    st.lists(st.sampled_from(CODES), max_size=2, unique=True).map(tuple),
    st.sampled_from((None, *WORDS)),
    st.lists(st.sampled_from(("130181", "1302")), max_size=1).map(tuple),
)
QUERIES = st.builds(
    IssueQuery,
    scope=SCOPES,
    limit=st.integers(1, 9),
    states=st.lists(st.sampled_from(list(State)), max_size=3).map(tuple),
    severities=st.lists(st.integers(1, 4), max_size=2).map(tuple),
    division_prefix=st.sampled_from(CODES),
    flag=st.sampled_from(("", *FLAGS)),
    due_before_ms=SMALL,
    since_ms=SMALL,
    until_ms=SMALL,
    text=st.sampled_from(("", "厂", "lt", ".*", "%", "_", "\\", "ẞ")),
    order=st.sampled_from(tuple(ORDERS)),
    after=st.none() | st.tuples(SMALL, st.sampled_from("ab")),
    **{name: st.sampled_from(("", "", *WORDS)) for name in EQUAL},
)


def issues_of(changes: list[Document]) -> list[Document]:
    """Documents with ids of their own."""
    return [{**MODEL, **change, "_id": f"{number:02d}"} for number, change in enumerate(changes)]


@given(st.lists(CHANGES, max_size=6).map(issues_of), QUERIES)
def test_cards_answer_as_the_store_does(documents: list[Document], query: IssueQuery) -> None:
    """Against the rule that the contract suite proves equal to the real store's."""
    cards = IssueCards()
    cards.keep(documents)
    found = [document for document in documents if matches(query, document)]
    found.sort(key=lambda document: issue_place(query, document), reverse=query.order != "due")

    async def ask() -> None:
        assert await cards.page(query) == [
            (document["_id"], document[ORDERS[query.order][0]]) for document in found[: query.limit]
        ]
        assert await cards.count(query, ()) == {(): len(found)}
        assert await cards.count(query, ("state", "severity")) == counted(found, ("state", "severity"))

    asyncio.run(ask())
    cards.close()


def test_an_older_revision_changes_no_card() -> None:
    """Whoever reads late does not undo what was written since."""
    cards = IssueCards()
    cards.keep([{**MODEL, "rev": 2, "state": "closed"}])
    cards.keep([{**MODEL, "rev": 1, "state": "registered"}])
    assert asyncio.run(cards.count(IssueQuery(Scope(("",)), 1), ("state",))) == {("closed",): 1}


def test_what_is_read_does_not_undo_what_was_written_meanwhile() -> None:
    """Of the same revision too: a move of the enterprise changes none."""
    cards = IssueCards()
    cards.keep([{**MODEL, "division_code": "130202"}])
    cards.fill([{**MODEL, "division_code": "130102"}, {**MODEL, "_id": "other"}])
    counts = asyncio.run(cards.count(IssueQuery(Scope(("",)), 1), ("division_code",)))
    assert counts == {("130202",): 1, (MODEL["division_code"],): 1}


def test_a_document_of_the_first_schema_has_a_card() -> None:
    """Without standing: the fields are empty."""
    old = {name: value for name, value in MODEL.items() if name not in ("category", "flags", "due_ms", "unit")}
    row = dict(zip(SHAPE.columns, card_of(old), strict=True))
    assert (row["category"], row["due_ms"], row["unit"]) == ("", 0, "")


def test_what_is_not_on_the_cards_is_not_counted() -> None:
    """A name in a question is one of the columns, never text of somebody's."""
    with pytest.raises(ValueError, match="not on the cards"):
        asyncio.run(IssueCards().count(IssueQuery(Scope(("",)), 1), ("state; DROP TABLE cards",)))


def test_only_a_write_that_nobody_saw_end_is_in_doubt() -> None:
    """Looked up at every question for a while, for it may arrive late."""
    cards = IssueCards()
    with cards.doubting(["a"]):
        pass
    assert cards.in_doubt == []
    with pytest.raises(TimeoutError), cards.doubting(["b"]):
        raise TimeoutError
    assert cards.in_doubt == cards.in_doubt == ["b"]


def test_documents_come_in_the_order_of_the_ids() -> None:
    """And one that is gone leaves no gap."""
    assert in_order(["b", "x", "a"], [{"_id": "a"}, {"_id": "b"}]) == [{"_id": "b"}, {"_id": "a"}]


def test_a_table_ends_after_whoever_is_at_it() -> None:
    """A thread that fills it can not be stopped: closing under it took the whole process along."""
    cards, documents = IssueCards(), [dict(MODEL, _id=f"iss-{n}", number=f"LT-{n}", rev=1) for n in range(3000)]
    for _ in range(20):
        filling = threading.Thread(target=cards.fill, args=(documents,))
        filling.start()
        cards.close()
        filling.join()
        cards.fill(documents)  # nobody asks them any more: no error either
        with pytest.raises(sqlite3.ProgrammingError):
            asyncio.run(cards.count(IssueQuery(Scope(("",)), 1), ("state",)))
        cards = IssueCards()
