"""Leases with fences on documents that carry `timer_ms`, `lease_ms` and `fence`; the same for every collection."""

import contextlib
from collections.abc import Iterator
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import ConnectionFailure, ExecutionTimeout, NetworkTimeout, WriteConcernError

from lantian_kit.worker import Unavailable

Collection = Any
"""A motor collection; `store.py` alone knows the driver."""


@contextlib.contextmanager
def reaching_the_store() -> Iterator[None]:
    """Raises Unavailable when the store is away or did not confirm."""
    try:
        yield
    except (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WriteConcernError) as error:
        raise Unavailable(f"store: {error}") from error


async def due(collection: Collection, now_ms: int, wall_ms: int, limit: int) -> list[str]:
    """Documents whose timer is due and that nobody has leased, those due longest first."""
    wanted = {"timer_ms": {"$gt": 0, "$lte": now_ms}}
    with reaching_the_store():
        cursor = collection.find(wanted, {"_id": 1, "lease_ms": 1}).sort("timer_ms", ASCENDING).limit(limit)
        found = await cursor.to_list(length=None)
    return [row["_id"] for row in found if row.get("lease_ms", 0) <= wall_ms]


async def lease(collection: Collection, id_: str, wall_ms: int, until_ms: int) -> int | None:
    """The fence of a new lease, or None when the document is leased."""
    with reaching_the_store():
        found = await collection.find_one({"_id": id_}, {"fence": 1, "lease_ms": 1})
        if found is None or found.get("lease_ms", 0) > wall_ms:
            return None
        fence = int(found.get("fence", 0)) + 1
        free = {"_id": id_, "fence": found.get("fence", {"$exists": False})}
        done = await collection.update_one(free, {"$set": {"lease_ms": until_ms, "fence": fence}})
    return fence if done.matched_count == 1 else None


async def release(collection: Collection, id_: str, fence: int) -> None:
    """Ends a lease; that of another fence stays."""
    with reaching_the_store():
        await collection.update_one({"_id": id_, "fence": fence}, {"$set": {"lease_ms": 0}})
