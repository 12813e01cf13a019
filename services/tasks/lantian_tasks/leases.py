"""Leases with fences on documents that carry `timer_ms`, `lease_ms` and `fence`; the same for every collection."""

import contextlib
from collections.abc import Iterator
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern

from lantian_kit.worker import Unavailable

Collection = Any
"""A motor collection; `store.py` alone knows the driver."""
DUPLICATE_KEY = 11000
AWAY = frozenset({6, 7, 89, 91, 134, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""Codes of a member that is starting, stepping down or out of reach: RetryableError of MongoDB's specification of
retryable reads. The driver has tried once more by itself."""


def settled(collection: Collection) -> Collection:
    """The collection as a majority of the replica set has it, so that nothing that is read there is ever rolled back.

    For what leaves the ledger, to a topic or an audit chain: a write that is not yet confirmed is read a moment later.
    What is read to be written again on its revision is read from the primary as it stands; the write settles it.
    """
    return collection.with_options(read_concern=ReadConcern("majority"))


@contextlib.contextmanager
def reaching_the_store() -> Iterator[None]:
    """Raises Unavailable when the store is away or did not confirm."""
    try:
        yield
    except (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WriteConcernError) as error:
        raise Unavailable(f"store: {error}") from error
    except BulkWriteError as error:
        if unconfirmed := (error.details or {}).get("writeConcernErrors"):
            raise Unavailable(f"store: {unconfirmed}") from error
        raise
    except OperationFailure as error:
        if error.code in AWAY:
            raise Unavailable(f"store: {error}") from error
        raise


def places_taken(error: BulkWriteError) -> list[int]:
    """Positions of the documents that were refused because they exist. Raises `error` when it has any other reason."""
    details = error.details or {}
    failures = details.get("writeErrors", [])
    if details.get("writeConcernErrors") or any(failure["code"] != DUPLICATE_KEY for failure in failures):
        raise error
    return [int(failure["index"]) for failure in failures]


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
