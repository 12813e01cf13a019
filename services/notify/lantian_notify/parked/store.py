"""Parked events and kept registry changes in MongoDB."""

from dataclasses import asdict
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from lantian_notify.parked.event import Parked, ParkedState
from lantian_notify.store import answering, page

PARKED = "parked_events"
CHANGES = "registry_changes_kept"
CHANGES_AT_MOST = 100_000


class MongoParkedStore:
    """A ParkedStore over the database of notify."""

    def __init__(self, database: Any) -> None:
        self._parked = database[PARKED]
        self._changes = database[CHANGES]

    async def prepare(self) -> None:
        """Creates the indexes; harmless when repeated."""
        async with answering():
            await self._parked.create_index([("state", ASCENDING), ("created_ms", ASCENDING), ("_id", ASCENDING)])
            await self._parked.create_index([("created_ms", ASCENDING), ("_id", ASCENDING)])
            await self._changes.create_index([("key", ASCENDING), ("revision", ASCENDING)])

    async def park(self, parked: Parked) -> bool:
        async with answering():
            try:
                await self._parked.insert_one(_document(parked))
            except DuplicateKeyError:
                return False
        return True

    async def parked(self, limit: int) -> list[Parked]:
        async with answering():
            found = (
                await self._parked.find({"state": "waiting"})
                .sort([("created_ms", ASCENDING), ("_id", ASCENDING)])
                .limit(limit)
                .to_list(limit)
            )
        return [_parked(document) for document in found]

    async def save_parked(self, parked: Parked) -> bool:
        change = {name: value for name, value in _document(parked).items() if name not in ("_id", "rev", "value")}
        async with answering():
            answer = await self._parked.update_one(
                {"_id": parked.event_id, "rev": parked.rev}, {"$set": change, "$inc": {"rev": 1}}
            )
        return bool(answer.modified_count == 1)

    async def page_parked(
        self, *, state: ParkedState | None, before: tuple[int, str] | None, limit: int
    ) -> list[Parked]:
        query: dict[str, Any] = {} if state is None else {"state": state}
        found = await page(self._parked, query, before, limit, {"value": 0})
        return [_parked({**document, "value": b""}) for document in found]

    async def keep_change(self, key: str, revision: int, value: bytes) -> None:
        async with answering():
            try:
                await self._changes.insert_one(
                    {"_id": f"{key}@{revision}", "key": key, "revision": revision, "value": value}
                )
            except DuplicateKeyError:
                return

    async def kept_changes(self) -> list[tuple[str, bytes]]:
        async with answering():
            found = await self._changes.find({}).to_list(CHANGES_AT_MOST)
        found.sort(key=lambda document: (document["key"], document["revision"]))
        return [(str(document["key"]), bytes(document["value"])) for document in found]

    async def drop_changes(self, key: str, below_revision: int) -> None:
        async with answering():
            await self._changes.delete_many({"key": key, "revision": {"$lt": below_revision}})


def _document(parked: Parked) -> dict[str, Any]:
    values = asdict(parked)
    return {"_id": values.pop("event_id"), **values}


def _parked(document: dict[str, Any]) -> Parked:
    values = {name: value for name, value in document.items() if name != "_id"}
    return Parked(event_id=document["_id"], **{**values, "value": bytes(values["value"])})
