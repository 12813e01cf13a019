"""Which issues a list asks for, in which order, and the indexes that answer. Pure, but for pymongo's names.

Every order ends with the id, so that a page begins exactly behind the last row of the one before. A list of one
division, state or enterprise finds its rows by an index that begins with it; tests/unit/tasks/test_indexes.py says of
every filter which index serves it.
"""

from collections.abc import Sequence

from pymongo import ASCENDING, DESCENDING, IndexModel

from lantian_tasks.access.scope import Scope
from lantian_tasks.conditions import Document, containing, is_held, within
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

WITHOUT_PEOPLE = tuple(name for name in SEARCHED if name not in ("unit", "person"))
"""What is searched for who does not read personal data in full: a number is not found out digit by digit."""

NEWEST_OF = ("state", "division_code", "enterprise_id", "rule_id", "category", "channel", "flags")
"""Each begins an index that goes on in the order of the newest: its list is walked, not sorted."""
COUNTED = ("division_code", "state", "severity", "category", "channel", "urgency", "rule_id", "due_ms", "registered_ms")
"""The index of counts: what they ask lies in it, no document is read."""


def _newest_of(name: str) -> IndexModel:
    keys = [(name, ASCENDING), ("registered_ms", DESCENDING), ("_id", DESCENDING)]
    # An earlier release has made this one as `state`, and a store refuses the same keys under a second name.
    return IndexModel(keys, name="state" if name == "state" else f"newest_of_{name}")


ISSUE_INDEXES = [
    IndexModel([("source_id", ASCENDING), ("rule_id", ASCENDING), ("episode", ASCENDING)], name="episode", unique=True),
    *(IndexModel([(key, way), ("_id", way)], name=order) for order, (key, way) in ORDERS.items()),
    *map(_newest_of, NEWEST_OF),
    IndexModel([("unit", ASCENDING)], name="unit"),
    IndexModel([("person", ASCENDING)], name="person"),
    IndexModel([("round_id", ASCENDING)], name="round"),
    IndexModel([("parent_id", ASCENDING)], name="parent"),
    IndexModel([(name, ASCENDING) for name in COUNTED], name="counted"),
    IndexModel([("timer_ms", ASCENDING)], name="timer"),
    IndexModel([("outbox.at_ms", ASCENDING)], name="outbox", sparse=True),
]
REPLACED = ("division", "enterprise_newest", "rule", "category", "flags")
"""Names of indexes of earlier releases, dropped by migration 2."""


def index_of_count(wanted: Document, by: Sequence[str]) -> str | None:
    """The index that a count should take: the one that holds all it asks, where the store's own choice might read
    documents, or all of them for want of a condition.
    """
    return "counted" if is_held(wanted, by, COUNTED) and (by or not wanted) else None


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
        conditions.append(containing(query.text, SEARCHED if query.people else WITHOUT_PEOPLE))
    return conditions
