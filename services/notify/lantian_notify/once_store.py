"""Requests with their Idempotency-Key in MongoDB, which forgets them by itself after a day."""

from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from lantian_kit.once import Asked
from lantian_notify.store import answering

REQUESTS = "requests"
DAY_MS = 86_400_000


class MongoRequests:
    """Requests over the database of notify. Every method may raise StoreAway."""

    def __init__(self, database: Any) -> None:
        self._requests = database[REQUESTS]

    async def prepare(self) -> None:
        """Creates the index; harmless when repeated."""
        async with answering():
            await self._requests.create_index([("ends", ASCENDING)], expireAfterSeconds=0)

    async def asked(self, name: str) -> Asked | None:
        """The request of this name."""
        async with answering():
            found = await self._requests.find_one({"_id": name}, {"ends": 0})
        return None if found is None else Asked(name, **{key: found[key] for key in found if key != "_id"})

    async def keep_asked(self, asked: Asked) -> bool:
        """Writes a revision on the one before. False: somebody was faster."""
        values = {
            "rev": asked.rev,
            "state": asked.state,
            "content": asked.content,
            "changed_wall_ms": asked.changed_wall_ms,
            "answer": asked.answer,
            "ends": datetime.fromtimestamp((asked.changed_wall_ms + DAY_MS) / 1000, UTC),
        }
        async with answering():
            if asked.rev == 1:
                try:
                    await self._requests.insert_one({"_id": asked.name, **values})
                except DuplicateKeyError:
                    return False
                return True
            done = await self._requests.update_one({"_id": asked.name, "rev": asked.rev - 1}, {"$set": values})
        return bool(done.matched_count == 1)
