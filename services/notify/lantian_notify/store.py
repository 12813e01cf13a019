"""The door to MongoDB, and what its stores share; the only motor import of notify (ADR 4)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError, PyMongoError

from lantian_notify.deliveries.delivery import StoreAway

Document = dict[str, Any]

SELECTION_MS = 5_000
ANSWER_MS = 15_000


class Connection:
    """One client for all stores of notify; acknowledged by the majority and journalled."""

    def __init__(self, url: str, database: str, *, selection_ms: int = SELECTION_MS) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            w="majority",
            journal=True,
            # Whatever the URL says: a write on its revision can not be decided on what a secondary has so far.
            readPreference="primary",
            serverSelectionTimeoutMS=selection_ms,
            connectTimeoutMS=selection_ms,
            socketTimeoutMS=ANSWER_MS,
            appname="lantian-notify",
        )
        self.database: Any = self._client[database]

    async def close(self) -> None:
        """Ends the connections."""
        self._client.close()


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """What the driver raises becomes StoreAway."""
    try:
        yield
    except PyMongoError as error:
        raise StoreAway(f"{type(error).__name__}: {error}") from error


async def insert(collection: Any, id_: str, document: Document, rev: int) -> bool:
    """True when it is new."""
    async with answering():
        try:
            await collection.insert_one({"_id": id_, "rev": rev, **document})
        except DuplicateKeyError:
            return False
    return True


async def save(collection: Any, id_: str, document: Document, rev: int) -> bool:
    """Writes it if its `rev` is still the stored one, and counts it up."""
    async with answering():
        answer = await collection.update_one({"_id": id_, "rev": rev}, {"$set": document, "$inc": {"rev": 1}})
    return bool(answer.modified_count == 1)


async def page(
    collection: Any,
    query: Document,
    before: tuple[int, str] | None,
    limit: int,
    projection: Document | None = None,
) -> list[Document]:
    """Newest first by (created_ms, _id), from below `before`."""
    if before is not None:
        created_ms, id_ = before
        # The bound beside the $or: an index is entered where the page begins, not walked down to there.
        query = {
            **query,
            "created_ms": {"$lte": created_ms},
            "$or": [{"created_ms": {"$lt": created_ms}}, {"_id": {"$lt": id_}}],
        }
    async with answering():
        found: list[Document] = (
            await collection.find(query, projection)
            .sort([("created_ms", DESCENDING), ("_id", DESCENDING)])
            .limit(limit)
            .to_list(limit)
        )
    return found
