"""Accounts, sessions and keys in MongoDB: the part of the store that `store.py` hands its collection to."""

from collections.abc import Callable

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from lantian_tasks.access.kept import Kept, kept_document, kept_of, kept_update
from lantian_tasks.leases import Collection, reaching_the_store

ACCESS_INDEXES = [
    IndexModel([("kind", ASCENDING), ("_id", ASCENDING)], name="kind"),
    IndexModel([("kind", ASCENDING), ("ends_wall_ms", ASCENDING)], name="ends"),
]


class MotorAccess:
    """`collection` gives the collection, or raises Unavailable while the store is not open."""

    def __init__(self, collection: Callable[[], Collection]) -> None:
        self._collection = collection

    async def kept(self, key: str) -> Kept | None:
        with reaching_the_store():
            found = await self._collection().find_one({"_id": key})
        return None if found is None else kept_of(found)

    async def keep(self, kept: Kept) -> bool:
        with reaching_the_store():
            if kept.rev == 1:
                try:
                    await self._collection().insert_one(kept_document(kept))
                except DuplicateKeyError:
                    return False
                return True
            done = await self._collection().update_one({"_id": kept.key, "rev": kept.rev - 1}, kept_update(kept))
        return bool(done.matched_count == 1)

    async def list_kept(self, kind: str, after: str, limit: int) -> list[Kept]:
        wanted = {"kind": kind, "_id": {"$gt": f"{kind}/{after}"}}
        with reaching_the_store():
            cursor = self._collection().find(wanted, {"history": 0}).sort("_id", ASCENDING).limit(limit)
            return [kept_of(document) for document in await cursor.to_list(length=None)]

    async def forget(self, kind: str, before_wall_ms: int) -> int:
        over = {"kind": kind, "ends_wall_ms": {"$gt": 0, "$lt": before_wall_ms}, "audit_ms": {"$exists": False}}
        with reaching_the_store():
            done = await self._collection().delete_many(over)
        return int(done.deleted_count)
