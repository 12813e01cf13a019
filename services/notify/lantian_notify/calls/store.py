"""Calls in MongoDB. A document changes only by `_id` and `rev` (compare and set)."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pymongo import ASCENDING, DESCENDING

from lantian_notify.calls.call import Call, CallState, CallStep
from lantian_notify.store import Document, answering, insert, page, save

CALLS = "calls"
CALLS_OF_ISSUE_AT_MOST = 1000
_CALL = [field.name for field in fields(Call) if field.name not in ("call_id", "rev")]


class MongoCallStore:
    """A CallStore."""

    def __init__(self, database: Any) -> None:
        self._calls = database[CALLS]

    async def prepare(self) -> None:
        """Creates the indexes; harmless when repeated."""
        async with answering():
            await self._calls.create_index([("state", ASCENDING), ("due_ms", ASCENDING), ("_id", ASCENDING)])
            await self._calls.create_index([("issue_id", ASCENDING), ("state", ASCENDING)])
            await self._calls.create_index([("created_ms", DESCENDING), ("_id", DESCENDING)])
            await self._calls.create_index([("state", ASCENDING), ("created_ms", DESCENDING), ("_id", DESCENDING)])

    async def insert_call(self, call: Call) -> bool:
        return await insert(self._calls, call.call_id, _call_document(call), call.rev)

    async def get_call(self, call_id: str) -> Call | None:
        async with answering():
            found = await self._calls.find_one({"_id": call_id})
        return None if found is None else _call(found)

    async def save_call(self, call: Call) -> bool:
        return await save(self._calls, call.call_id, _call_document(call), call.rev)

    async def claim_calls(self, now_ms: int, wall_ms: int, *, limit: int, owner: str, until_wall_ms: int) -> list[Call]:
        query = {"state": "open", "due_ms": {"$lte": now_ms}, "lease_until_wall_ms": {"$lte": wall_ms}}
        lease = {"lease_owner": owner, "lease_until_wall_ms": until_wall_ms}
        claimed = []
        async with answering():
            cursor = self._calls.find(query).sort([("due_ms", ASCENDING), ("_id", ASCENDING)]).limit(limit)
            found = await cursor.to_list(limit)
            for document in found:
                answer = await self._calls.update_one(
                    {"_id": document["_id"], "rev": document["rev"]}, {"$set": lease, "$inc": {"rev": 1}}
                )
                if answer.modified_count == 1:
                    claimed.append(_call({**document, **lease, "rev": document["rev"] + 1}))
        return claimed

    async def next_call_ms(self, now_ms: int) -> int | None:
        async with answering():
            found = await self._calls.find_one(
                {"state": "open", "due_ms": {"$gt": now_ms}}, {"due_ms": 1}, sort=[("due_ms", ASCENDING)]
            )
        return None if found is None else int(found["due_ms"])

    async def calls_of_issue(self, issue_id: str) -> list[Call]:
        query = {"issue_id": issue_id, "state": {"$in": ["open", "exhausted"]}}
        async with answering():
            found = await self._calls.find(query).sort([("_id", ASCENDING)]).to_list(CALLS_OF_ISSUE_AT_MOST)
        return [_call(document) for document in found]

    async def page_calls(self, *, state: CallState | None, before: tuple[int, str] | None, limit: int) -> list[Call]:
        query: Document = {} if state is None else {"state": state}
        found = await page(self._calls, query, before, limit)
        return [_call(document) for document in found]


def _call_document(call: Call) -> Document:
    document = {name: getattr(call, name) for name in _CALL}
    document["facts"] = dict(call.facts)
    document["steps"] = [
        {**asdict(step), "channels": list(step.channels), "deliveries": list(step.deliveries), "told": list(step.told)}
        for step in call.steps
    ]
    return document


def _call(document: Mapping[str, Any]) -> Call:
    values = {name: document[name] for name in _CALL if name in document}
    values["steps"] = tuple(
        CallStep(
            **{
                **step,
                "channels": tuple(step["channels"]),
                "deliveries": tuple(step["deliveries"]),
                "told": tuple(step["told"]),
            }
        )
        for step in values["steps"]
    )
    return Call(call_id=document["_id"], rev=document["rev"], **values)
