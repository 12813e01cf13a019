"""What the queries of the store ask, said over plain documents."""

from typing import Any

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
        and (query.after is None or (document["created_ms"], document["_id"]) < query.after)
    )


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
        and document["registered_ms"] >= query.since_ms
        and (query.after is None or (document["registered_ms"], document["_id"]) < query.after)
    )
