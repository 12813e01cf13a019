"""What the queries of the store ask, said over plain documents."""

from collections.abc import Iterable, Sequence
from typing import Any

from lantian_tasks.case_store import SEARCHED as SEARCHED_CASES
from lantian_tasks.issue_queries import ORDERS, SEARCHED, WITHOUT_PEOPLE
from lantian_tasks.ports import CaseQuery, IssueQuery

Document = dict[str, Any]
EQUALS = (
    "source_id",
    "rule_id",
    "enterprise_id",
    "category",
    "channel",
    "unit",
    "person",
    "round_id",
    "parent_id",
)


HEAVY = ("frames", "history", "outbox", "requests")


def counted(documents: Iterable[Document], by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Number of documents for each combination of these fields."""
    found: dict[tuple[str, ...], int] = {} if by else {(): 0}
    for document in documents:
        key = tuple(str(value_of(document, name)) for name in by)
        found[key] = found.get(key, 0) + 1
    return found


def value_of(document: Any, name: str) -> Any:
    """What stands at a path of names."""
    for part in name.split("."):
        document = document.get(part, "")
    return document


def fits(query: CaseQuery, document: Document) -> bool:
    """Whether a case is one of the query's."""
    keys = document["keys"]
    return (
        document["kind"] == query.kind
        and query.scope.covers(keys["division_code"], keys["enterprise_id"])
        and (not query.states or document["state"] in query.states)
        and (not query.severities or keys.get("severity") in query.severities)
        and keys["division_code"].startswith(query.division_prefix)
        and all(keys.get(name) == value for name, value in query.keys.items())
        and keys.get("score", 0.0) >= query.least_score
        and document["created_ms"] >= query.since_ms
        and (not query.until_ms or document["created_ms"] < query.until_ms)
        and (not query.valid_on or keys.get("valid_from", "9") <= query.valid_on <= keys.get("valid_to", ""))
        and any(query.text.lower() in str(value_of(document, name)).lower() for name in SEARCHED_CASES)
        and (query.after is None or case_place(query, document) < query.after)
    )


def case_place(query: CaseQuery, document: Document) -> tuple[float, str]:
    """Where a case stands in the order."""
    at = document["created_ms"] if query.order == "newest" else document["keys"]["score"]
    return at, document["_id"]


def issue_place(query: IssueQuery, document: Document) -> tuple[int, str]:
    """Where an issue stands in the order."""
    return document[ORDERS[query.order][0]], document["_id"]


def matches(query: IssueQuery, document: Document) -> bool:
    """Whether an issue is one of the query's."""
    return (
        query.scope.covers(document["division_code"], document["enterprise_id"])
        and (not query.states or document["state"] in query.states)
        and (not query.severities or document["severity"] in query.severities)
        and document["division_code"].startswith(query.division_prefix)
        and all(getattr(query, name) in ("", document.get(name)) for name in EQUALS)
        and (not query.flag or query.flag in document.get("flags", []))
        and (not query.due_before_ms or 0 < document.get("due_ms", 0) < query.due_before_ms)
        and (query.order != "due" or document.get("due_ms", 0) > 0)
        and document["registered_ms"] >= query.since_ms
        and (not query.until_ms or document["registered_ms"] < query.until_ms)
        and any(
            query.text.lower() in str(document.get(name, "")).lower()
            for name in (SEARCHED if query.people else WITHOUT_PEOPLE)
        )
        and (query.after is None or _behind(query, issue_place(query, document), query.after))
    )


def _behind(query: IssueQuery, place: tuple[int, str], after: tuple[int, str]) -> bool:
    return place > after if query.order == "due" else place < after
