"""Which issues a list asks for, in which order, and the indexes that answer. Pure, but for pymongo's names.

Every order ends with the id, so that a page begins exactly behind the last row of the one before. A list of one
division, state or enterprise finds its rows by an index that begins with it; tests/unit/tasks/test_indexes.py says of
every filter which index serves it.
"""

from pymongo import ASCENDING, DESCENDING, IndexModel

from lantian_tasks.access.scope import Scope
from lantian_tasks.conditions import Document, containing, within
from lantian_tasks.ports import IssueQuery

ORDERS: dict[str, tuple[str, int]] = {
    "newest": ("registered_ms", DESCENDING),
    "changed": ("changed_ms", DESCENDING),
    "severity": ("severity", DESCENDING),
    "due": ("due_ms", ASCENDING),
}
"""Key and direction of each order; the id follows in the same direction."""
EQUAL = ("source_id", "rule_id", "enterprise_id", "category", "channel", "unit", "person", "round_id", "parent_id")
SEARCHED = ("number", "enterprise_name", "source_name", "unit", "person", "title_zh")

ISSUE_INDEXES = [
    IndexModel([("source_id", ASCENDING), ("rule_id", ASCENDING), ("episode", ASCENDING)], name="episode", unique=True),
    IndexModel([("registered_ms", DESCENDING), ("_id", DESCENDING)], name="newest"),
    IndexModel([("changed_ms", DESCENDING), ("_id", DESCENDING)], name="changed"),
    IndexModel([("severity", DESCENDING), ("_id", DESCENDING)], name="severity"),
    IndexModel([("due_ms", ASCENDING), ("_id", ASCENDING)], name="due"),
    IndexModel([("state", ASCENDING), ("registered_ms", DESCENDING), ("_id", DESCENDING)], name="state"),
    IndexModel([("division_code", ASCENDING), ("registered_ms", DESCENDING)], name="division"),
    IndexModel([("enterprise_id", ASCENDING), ("registered_ms", DESCENDING)], name="enterprise_newest"),
    IndexModel([("rule_id", ASCENDING), ("registered_ms", DESCENDING)], name="rule"),
    IndexModel([("category", ASCENDING), ("registered_ms", DESCENDING)], name="category"),
    IndexModel([("unit", ASCENDING)], name="unit"),
    IndexModel([("person", ASCENDING)], name="person"),
    IndexModel([("round_id", ASCENDING)], name="round"),
    IndexModel([("parent_id", ASCENDING)], name="parent"),
    IndexModel([("flags", ASCENDING)], name="flags"),
    IndexModel([("timer_ms", ASCENDING)], name="timer"),
    IndexModel([("outbox.at_ms", ASCENDING)], name="outbox", sparse=True),
]


def issue_conditions(query: IssueQuery) -> list[Document]:
    """What an issue of the query fulfils, what leaves fewest first; page and order aside."""
    conditions: list[Document] = [{name: value} for name in EQUAL if (value := getattr(query, name))]
    if query.flag:
        conditions.append({"flags": query.flag})
    if query.states:
        conditions.append({"state": {"$in": [str(state) for state in query.states]}})
    if query.division_prefix:
        conditions.append(within(Scope((query.division_prefix,))))
    conditions.append(within(query.scope))
    if query.due_before_ms or query.order == "due":
        before = {"$lt": query.due_before_ms} if query.due_before_ms else {}
        conditions.append({"due_ms": {"$gt": 0, **before}})
    if query.since_ms or query.until_ms:
        until = {"$lt": query.until_ms} if query.until_ms else {}
        conditions.append({"registered_ms": {"$gte": query.since_ms, **until}})
    if query.severities:
        conditions.append({"severity": {"$in": list(query.severities)}})
    if query.text:
        conditions.append(containing(query.text, SEARCHED))
    return conditions
