"""Leads and rounds in MongoDB: the part of the store that `store.py` hands its collection to."""

from collections.abc import Callable, Mapping, Sequence

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from lantian_tasks import leases
from lantian_tasks.access.scope import Scope
from lantian_tasks.conditions import (
    Document,
    backlog,
    containing,
    counted,
    is_held,
    page_of,
    sees_nothing,
    together,
    within,
)
from lantian_tasks.leases import Collection, reaching_the_store
from lantian_tasks.ledger.case import Case, CaseStep, case_document, case_of, case_update
from lantian_tasks.ledger.document import ANEW
from lantian_tasks.outbox_store import drop_published, waiting
from lantian_tasks.ports import Backlog, CaseQuery, WaitingCase

NEWEST_OF = ("state", "keys.rule_id", "keys.category", "keys.channel")
"""Each follows the kind in an index that goes on in the order of the newest: its list is walked, not sorted."""
COUNTED = ("kind", "keys.division_code", "state", "created_ms")
"""The index of scorecards: what they count lies in it, no document is read."""


def _newest_of(name: str) -> IndexModel:
    keys = [("kind", ASCENDING), (name, ASCENDING), ("created_ms", DESCENDING), ("_id", DESCENDING)]
    return IndexModel(keys, name=f"newest_of_{name.removeprefix('keys.')}")


CASE_INDEXES = [
    IndexModel([("kind", ASCENDING), ("created_ms", DESCENDING), ("_id", DESCENDING)], name="newest"),
    IndexModel([("kind", ASCENDING), ("keys.score", DESCENDING), ("_id", DESCENDING)], name="score"),
    *map(_newest_of, NEWEST_OF),
    IndexModel([(name, ASCENDING) for name in COUNTED], name="counted"),
    IndexModel([("keys.source_id", ASCENDING), ("created_ms", DESCENDING)], name="source"),
    IndexModel([("keys.enterprise_id", ASCENDING), ("created_ms", DESCENDING)], name="enterprise"),
    IndexModel([("keys.division_code", ASCENDING), ("created_ms", DESCENDING)], name="division"),
    IndexModel([("keys.round_id", ASCENDING)], name="round"),
    IndexModel([("keys.dedupe", ASCENDING), ("created_ms", DESCENDING)], name="dedupe"),
    IndexModel([("timer_ms", ASCENDING)], name="timer"),
    IndexModel([("outbox.at_ms", ASCENDING)], name="outbox", sparse=True),
]
REPLACED_OF_CASES = ("state",)
"""Names of indexes of earlier releases, dropped by migration 3."""
CASE_ORDERS: dict[str, tuple[str, int]] = {
    "newest": ("created_ms", DESCENDING),
    "score": ("keys.score", DESCENDING),
}
SEARCHED = ("keys.enterprise_name", "keys.source_name", "keys.rule_id", "data.title")
HEAVY = {"frames": 0, "history": 0, "outbox": 0, "requests": 0}


def case_conditions(query: CaseQuery) -> list[Document]:
    """What a case of the query fulfils, what leaves fewest first; page and order aside."""
    conditions: list[Document] = [{f"keys.{name}": value} for name, value in query.keys.items()]
    conditions.append({"kind": query.kind})
    if query.states:
        conditions.append({"state": {"$in": [str(state) for state in query.states]}})
    if query.division_prefix:
        conditions.append(within(Scope((query.division_prefix,)), "keys."))
    conditions.append(within(query.scope, "keys."))
    if query.severities:
        conditions.append({"keys.severity": {"$in": list(query.severities)}})
    if query.least_score:
        conditions.append({"keys.score": {"$gte": query.least_score}})
    if query.since_ms or query.until_ms:
        until = {"$lt": query.until_ms} if query.until_ms else {}
        conditions.append({"created_ms": {"$gte": query.since_ms, **until}})
    if query.valid_on:
        conditions.append({"keys.valid_from": {"$lte": query.valid_on}, "keys.valid_to": {"$gte": query.valid_on}})
    if query.text:
        conditions.append(containing(query.text, SEARCHED))
    return conditions


class MotorCases:
    """`collection` gives the collection, or raises Unavailable while the store is not open."""

    def __init__(self, collection: Callable[[], Collection]) -> None:
        self._collection = collection

    async def case(self, case_id: str, scope: Scope) -> Case | None:
        with reaching_the_store():
            found = await self._collection().find_one({"_id": case_id})
        if found is None:
            return None
        keys = found["keys"]
        return case_of(found) if scope.covers(keys["division_code"], keys["enterprise_id"]) else None

    async def open_case(self, step: CaseStep) -> bool:
        with reaching_the_store():
            try:
                await self._collection().insert_one(case_document(step.case))
            except DuplicateKeyError:
                return False
        return True

    async def advance_case(self, step: CaseStep, fence: int | None = None) -> bool:
        # In the division it was decided in, too: no step changes it, a move of the enterprise does, without a revision.
        lay_in = step.case.keys["division_code"]
        wanted: Document = {"_id": step.case.case_id, "rev": step.case.rev - len(step.entries)}
        wanted["keys.division_code"] = lay_in
        if fence is not None:
            wanted["fence"] = fence
        with reaching_the_store():
            done = await self._collection().update_one(wanted, case_update(step))
        return bool(done.matched_count == 1)

    async def move_cases(self, enterprise_id: str, division_code: str) -> None:
        wanted = {"keys.enterprise_id": enterprise_id, "keys.division_code": {"$ne": division_code}}
        with reaching_the_store():
            await self._collection().update_many(wanted, {"$set": {"keys.division_code": division_code}, **ANEW})

    async def cases(self, query: CaseQuery) -> list[Case]:
        if sees_nothing(query.scope):
            return []
        conditions, order = case_conditions(query), CASE_ORDERS[query.order]
        found = await page_of(self._collection(), conditions, order, query.after, query.limit, dict(HEAVY))
        return [case_of(document) for document in found]

    async def count_cases(self, query: CaseQuery, by: Sequence[str]) -> dict[tuple[str, ...], int]:
        if sees_nothing(query.scope):
            return {}
        wanted = together(case_conditions(query))
        index = "counted" if is_held(wanted, by, COUNTED) else None
        return await counted(self._collection(), wanted, by, index)

    async def due_cases(self, now_ms: int, wall_ms: int, limit: int) -> list[str]:
        return await leases.due(self._collection(), now_ms, wall_ms, limit)

    async def lease_case(self, case_id: str, wall_ms: int, until_ms: int) -> int | None:
        return await leases.lease(self._collection(), case_id, wall_ms, until_ms)

    async def release_case(self, case_id: str, fence: int) -> None:
        await leases.release(self._collection(), case_id, fence)

    async def postpone_case(self, case_id: str, rev: int, timer_ms: int, fence: int) -> bool:
        wanted: Document = {"_id": case_id, "rev": rev, "fence": fence}
        with reaching_the_store():
            done = await self._collection().update_one(wanted, {"$set": {"timer_ms": timer_ms}, **ANEW})
        return bool(done.matched_count == 1)

    async def waiting_cases(self, limit: int) -> list[WaitingCase]:
        return [WaitingCase(id_, events) for id_, events in await waiting(self._collection(), limit)]

    async def published_cases(self, published: Mapping[str, int]) -> None:
        await drop_published(self._collection(), published)

    async def case_backlog(self) -> Backlog:
        return await backlog(self._collection(), "outbox.at_ms", lambda row: row["outbox"][0]["at_ms"])
