"""What ledger.v1 lacks, in MongoDB: documents that carry `uncopied`."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import bson
from pymongo import ASCENDING, IndexModel

from lantian_tasks.conditions import Document
from lantian_tasks.leases import Collection, reaching_the_store, settled
from lantian_tasks.ledger.document import UNCOPIED
from lantian_tasks.ports import COPIED, Copy

COPY_INDEX = IndexModel([(UNCOPIED, ASCENDING)], name=UNCOPIED, sparse=True)
OF_THE_MOMENT = (UNCOPIED, "outbox", "waiting_ms", "fence", "lease_ms", "audit_ms", "audited")
"""Not part of a copy: what waits for a topic or its chain, and who works on the document just now."""


class MotorCopies:
    """`collection` gives one by its name, or raises Unavailable while the store is not open."""

    def __init__(self, collection: Callable[[str], Collection]) -> None:
        self._collection = collection

    async def waiting_copies(self, collection: str, limit: int) -> list[Copy]:
        told: Document = {UNCOPIED: {"$gt": 0}, "outbox.at_ms": {"$exists": False}, "waiting_ms": {"$exists": False}}
        with reaching_the_store():
            found = await settled(self._collection(collection)).find(told).limit(limit).to_list(length=None)
        return [copy_of(collection, document) for document in found]

    async def copied(self, copies: Sequence[Copy]) -> None:
        for copy in copies:
            as_copied = {"_id": copy.id, "rev": copy.rev, UNCOPIED: copy.writes}
            with reaching_the_store():
                await self._collection(copy.collection).update_one(as_copied, {"$unset": {UNCOPIED: ""}})

    async def copy_backlog(self) -> int:
        counts = []
        for name in COPIED:
            with reaching_the_store():
                counts.append(int(await self._collection(name).count_documents({UNCOPIED: {"$gt": 0}})))
        return sum(counts)


def copy_of(collection: str, document: Mapping[str, Any]) -> Copy:
    """The copy of a document."""
    kept = {name: value for name, value in document.items() if name not in OF_THE_MOMENT}
    return Copy(collection, document["_id"], document["rev"], document.get(UNCOPIED, 0), bson.encode(kept))


def document_of(data: bytes, collection: str) -> Document:
    """The document of a copy for an empty store: nothing waits, nobody works on it."""
    found: Document = bson.decode(data)
    return found if collection == "registry" else {**found, "outbox": [], "fence": 0, "lease_ms": 0}
