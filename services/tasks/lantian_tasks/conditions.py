"""Filters and small steps that every collection of the store shares."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from pymongo import ASCENDING

from lantian_tasks.access.scope import Scope
from lantian_tasks.leases import Collection, reaching_the_store
from lantian_tasks.ports import Backlog

Document = dict[str, Any]
AT_ONCE = 50
"""Ids in one query: SecantusDB's time for $in grows with the square of the list (measured), MongoDB does not mind."""


def chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    """As many ids as one query takes."""
    for begin in range(0, len(ids), AT_ONCE):
        yield list(ids[begin : begin + AT_ONCE])


def by_id(ids: Sequence[str]) -> Document:
    """The filter for some ids."""
    return {"_id": ids[0] if len(ids) == 1 else {"$in": list(ids)}}


def alike(numbers: Mapping[str, int]) -> Iterator[tuple[int, list[str]]]:
    """Ids with the same number together, as many as one query takes: far fewer writes than one for each."""
    for number in sorted(set(numbers.values())):
        for ids in chunks([id_ for id_, own in numbers.items() if own == number]):
            yield number, ids


def within(scope: Scope, prefix: str = "") -> Document:
    """The scope as a filter; the same rule as Scope.covers, proved equal by the contract suite."""
    name = f"{prefix}division_code"
    ranges = [{name: {"$gte": begin, "$lt": end}} for begin, end in scope.ranges()]
    conditions: Document = {} if scope.is_country else ranges[0] if len(ranges) == 1 else {"$or": ranges}
    if scope.enterprise_id is not None:
        conditions[f"{prefix}enterprise_id"] = scope.enterprise_id
    return conditions


def sees_nothing(scope: Scope) -> bool:
    """Whether no document can lie in the scope."""
    return scope.sees_nothing


def containing(text: str, names: Sequence[str]) -> Document:
    """Documents with `text` in one of these fields; letters of either case, nothing of it read as a pattern."""
    # MongoDB refuses a pattern with a zero byte in it.
    pattern = {"$regex": re.escape(text).replace("\0", r"\x00"), "$options": "i"}
    return {"$or": [{name: pattern} for name in names]}


def together(conditions: Iterable[Document]) -> Document:
    """Conditions as one filter, field by field at its top: SecantusDB finds an index for nothing within $and or $or.

    Ranges of one field become one range; what can not be joined stays in $and.
    """
    plain: Document = {}
    rest: list[Document] = []
    for condition in conditions:
        for name, value in condition.items():
            if name.startswith("$"):
                rest.append({name: value})
            elif name not in plain:
                plain[name] = value
            elif (both := _narrower(plain[name], value)) is not None:
                plain[name] = both
            else:
                rest.append({name: value})
    return {**plain, "$and": rest} if rest else plain


def _narrower(one: Any, other: Any) -> Document | None:
    """The range that both allow, or None when they are no ranges."""
    if not (isinstance(one, dict) and isinstance(other, dict) and {*one, *other} <= {"$gte", "$gt", "$lt", "$lte"}):
        return None
    both = dict(one)
    for operator, bound in other.items():
        tighter = max if operator.startswith("$g") else min
        both[operator] = tighter(both[operator], bound) if operator in both else bound
    return both


def fields_of(wanted: Document) -> Iterator[str]:
    """Every field that a filter names, within brackets too."""
    for name, value in wanted.items():
        if name in ("$and", "$or"):
            for part in value:
                yield from fields_of(part)
        else:
            yield name


def is_held(wanted: Document, by: Sequence[str], keys: Sequence[str]) -> bool:
    """Whether an index of these keys holds all that a count asks: no document is read then."""
    return {*fields_of(wanted), *by} <= {*keys}


async def page_of(
    collection: Collection,
    conditions: Sequence[Document],
    order: tuple[str, int],
    after: tuple[int | float, str] | None,
    limit: int,
    projection: Document,
) -> list[Document]:
    """A page in the order of a key and then the id, behind `after`: first the rest of its equals, then what follows.

    Two plain questions instead of one with $or, for the same reason as `together`.
    """
    key, direction = order
    beyond = "$gt" if direction == ASCENDING else "$lt"
    found: list[Document] = []
    parts: list[Document] = [{}]
    if after is not None:
        parts = [{key: {"$gte": after[0], "$lte": after[0]}, "_id": {beyond: after[1]}}, {key: {beyond: after[0]}}]
    with reaching_the_store():
        for part in parts:
            if len(found) < limit:
                cursor = collection.find(together([*conditions, part]), projection)
                cursor = cursor.sort([(key, direction), ("_id", direction)]).limit(limit - len(found))
                found += await cursor.to_list(length=None)
    return found


async def counted(
    collection: Collection, wanted: Document, by: Sequence[str], index: str | None = None
) -> dict[tuple[str, ...], int]:
    """Number of documents for each combination of these fields; by `index`, or by one of the store's choice."""
    hint = {"hint": index} if index else {}
    if not by:
        with reaching_the_store():
            return {(): await collection.count_documents(wanted, **hint)}
    group = {name.replace(".", "_"): f"${name}" for name in by}
    stages: list[Document] = [{"$match": wanted}, {"$group": {"_id": group, "count": {"$sum": 1}}}]
    with reaching_the_store():
        rows = await collection.aggregate(stages, **hint).to_list(length=None)
    return {tuple(str(row["_id"].get(name, "")) for name in group): int(row["count"]) for row in rows}


async def counted_among(
    collection: Collection, first: Document, then: Document, by: Sequence[str], order: tuple[str, int], most: int
) -> dict[tuple[str, ...], int]:
    """As `counted`, of what fulfils both, among the first `most` in an order of what fulfils the first: what no index
    holds is looked for in so many documents, never in all.
    """
    key, way = order
    group = {name.replace(".", "_"): f"${name}" for name in by}
    stages: list[Document] = [
        {"$match": first},
        {"$sort": {key: way, "_id": way}},
        {"$limit": most},
        {"$match": then},
        {"$group": {"_id": group, "count": {"$sum": 1}}},
    ]
    with reaching_the_store():
        rows = await collection.aggregate(stages).to_list(length=None)
    found = {tuple(str(row["_id"].get(name, "")) for name in group): int(row["count"]) for row in rows}
    return found or ({} if by else {(): 0})


async def backlog(collection: Collection, key: str, at: Callable[[Document], Any]) -> Backlog:
    """What waits in a collection for its topic."""
    waiting = {key: {"$gt": 0}}
    with reaching_the_store():
        pending = await collection.count_documents(waiting)
        oldest = await collection.find(waiting, {key: 1}).sort(key, ASCENDING).limit(1).to_list(length=1)
    return Backlog(pending, int(at(oldest[0])) if oldest else 0)
