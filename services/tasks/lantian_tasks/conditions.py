"""Filters and small steps that every collection of the store shares."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
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
    conditions: Document = {} if scope.is_country else {"$or": ranges}
    if scope.enterprise_id is not None:
        conditions[f"{prefix}enterprise_id"] = scope.enterprise_id
    return conditions


def sees_nothing(scope: Scope) -> bool:
    """Whether no document can lie in the scope."""
    return scope.sees_nothing


def containing(text: str, names: Sequence[str]) -> Document:
    """Documents with `text` in one of these fields; letters of either case, nothing of it read as a pattern."""
    pattern = {"$regex": re.escape(text), "$options": "i"}
    return {"$or": [{name: pattern} for name in names]}


def following(key: str, direction: int, after: tuple[int | float, str]) -> list[Document]:
    """What comes behind a row in an order by `key` and id, both in the same direction."""
    at, id_ = after
    beyond = "$gt" if direction == ASCENDING else "$lt"
    return [{key: {f"{beyond}e": at}}, {"$or": [{key: {beyond: at}}, {"_id": {beyond: id_}}]}]


async def counted(collection: Collection, wanted: Document, by: Sequence[str]) -> dict[tuple[str, ...], int]:
    """Number of documents for each combination of these fields."""
    if not by:
        with reaching_the_store():
            return {(): await collection.count_documents(wanted)}
    group = {name.replace(".", "_"): f"${name}" for name in by}
    stages: list[Document] = [{"$match": wanted}, {"$group": {"_id": group, "count": {"$sum": 1}}}]
    with reaching_the_store():
        rows = await collection.aggregate(stages).to_list(length=None)
    return {tuple(str(row["_id"].get(name, "")) for name in group): int(row["count"]) for row in rows}


async def backlog(collection: Collection, key: str, at: Callable[[Document], Any]) -> Backlog:
    """What waits in a collection for its topic."""
    waiting = {key: {"$gt": 0}}
    with reaching_the_store():
        pending = await collection.count_documents(waiting)
        oldest = await collection.find(waiting, {key: 1}).sort(key, ASCENDING).limit(1).to_list(length=1)
    return Backlog(pending, int(at(oldest[0])) if oldest else 0)
