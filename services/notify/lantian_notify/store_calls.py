"""Calls and silences in MongoDB. A document changes only by `_id` and `rev` (compare and set)."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from lantian_notify.calls import Call, CallState, CallStep
from lantian_notify.silence import Match, Silence
from lantian_notify.store import answering

Document = dict[str, Any]

CALLS = "calls"
SILENCES = "silences"
_CALL = [field.name for field in fields(Call) if field.name not in ("call_id", "rev")]
_SILENCE = [field.name for field in fields(Silence) if field.name not in ("silence_id", "rev")]
SILENCES_AT_MOST = 1000


class MongoCallStore:
    """A CallStore and a SilenceStore over the database of `store.MongoDeliveryStore`."""

    def __init__(self, database: Any) -> None:
        self._calls = database[CALLS]
        self._silences = database[SILENCES]

    async def prepare(self) -> None:
        """Creates the indexes; harmless when repeated."""
        async with answering():
            await self._calls.create_index([("state", ASCENDING), ("due_ms", ASCENDING), ("_id", ASCENDING)])
            await self._calls.create_index([("issue_id", ASCENDING), ("state", ASCENDING)])
            await self._calls.create_index([("created_ms", DESCENDING), ("_id", DESCENDING)])
            await self._calls.create_index([("state", ASCENDING), ("created_ms", DESCENDING), ("_id", DESCENDING)])
            await self._silences.create_index([("state", ASCENDING), ("ends_ms", ASCENDING)])

    async def insert_call(self, call: Call) -> bool:
        return await _insert(self._calls, call.call_id, _call_document(call), call.rev)

    async def get_call(self, call_id: str) -> Call | None:
        async with answering():
            found = await self._calls.find_one({"_id": call_id})
        return None if found is None else _call(found)

    async def save_call(self, call: Call) -> bool:
        return await _save(self._calls, call.call_id, _call_document(call), call.rev)

    async def claim_calls(self, now_ms: int, wall_ms: int, *, limit: int, owner: str, until_wall_ms: int) -> list[Call]:
        query = {"state": "open", "due_ms": {"$lte": now_ms}, "lease_until_wall_ms": {"$lte": wall_ms}}
        lease = {"lease_owner": owner, "lease_until_wall_ms": until_wall_ms}
        claimed = []
        async with answering():
            found = await self._calls.find(query).sort([("due_ms", ASCENDING), ("_id", ASCENDING)]).to_list(limit)
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
            found = await self._calls.find(query).sort([("_id", ASCENDING)]).to_list(SILENCES_AT_MOST)
        return [_call(document) for document in found]

    async def page_calls(self, *, state: CallState | None, before: tuple[int, str] | None, limit: int) -> list[Call]:
        query: Document = {} if state is None else {"state": state}
        found = await _page(self._calls, query, before, limit)
        return [_call(document) for document in found]

    async def insert_silence(self, silence: Silence) -> bool:
        return await _insert(self._silences, silence.silence_id, _silence_document(silence), silence.rev)

    async def get_silence(self, silence_id: str) -> Silence | None:
        async with answering():
            found = await self._silences.find_one({"_id": silence_id})
        return None if found is None else _silence(found)

    async def save_silence(self, silence: Silence) -> bool:
        return await _save(self._silences, silence.silence_id, _silence_document(silence), silence.rev)

    async def silences(self, now_ms: int) -> list[Silence]:
        query = {"state": "active", "starts_ms": {"$lte": now_ms}, "ends_ms": {"$gt": now_ms}}
        async with answering():
            found = await self._silences.find(query).to_list(SILENCES_AT_MOST)
        return sorted((_silence(document) for document in found), key=lambda one: (one.created_ms, one.silence_id))

    async def due_silences(self, now_ms: int) -> list[Silence]:
        async with answering():
            found = await self._silences.find({"state": "active", "due_ms": {"$lte": now_ms}}).to_list(SILENCES_AT_MOST)
        return sorted((_silence(document) for document in found), key=lambda one: (one.due_ms, one.silence_id))

    async def next_silence_ms(self, now_ms: int) -> int | None:
        async with answering():
            found = await self._silences.find_one(
                {"state": "active", "due_ms": {"$gt": now_ms}}, {"due_ms": 1}, sort=[("due_ms", ASCENDING)]
            )
        return None if found is None else int(found["due_ms"])

    async def page_silences(self, *, before: tuple[int, str] | None, limit: int) -> list[Silence]:
        return [_silence(document) for document in await _page(self._silences, {}, before, limit)]


async def _insert(collection: Any, id_: str, document: Document, rev: int) -> bool:
    async with answering():
        try:
            await collection.insert_one({"_id": id_, "rev": rev, **document})
        except DuplicateKeyError:
            return False
    return True


async def _save(collection: Any, id_: str, document: Document, rev: int) -> bool:
    async with answering():
        answer = await collection.update_one({"_id": id_, "rev": rev}, {"$set": document, "$inc": {"rev": 1}})
    return bool(answer.modified_count == 1)


async def _page(collection: Any, query: Document, before: tuple[int, str] | None, limit: int) -> list[Document]:
    if before is not None:
        created_ms, id_ = before
        query["$or"] = [{"created_ms": {"$lt": created_ms}}, {"created_ms": created_ms, "_id": {"$lt": id_}}]
    async with answering():
        found: list[Document] = (
            await collection.find(query)
            .sort([("created_ms", DESCENDING), ("_id", DESCENDING)])
            .limit(limit)
            .to_list(limit)
        )
    return found


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


def _silence_document(silence: Silence) -> Document:
    document = {name: getattr(silence, name) for name in _SILENCE}
    match = asdict(silence.match)
    document["match"] = {name: list(value) if isinstance(value, tuple) else value for name, value in match.items()}
    return document


def _silence(document: Mapping[str, Any]) -> Silence:
    values = {name: document[name] for name in _SILENCE if name in document}
    match: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values["match"].items()
    }
    values["match"] = Match(**match)
    return Silence(silence_id=document["_id"], rev=document["rev"], **values)
