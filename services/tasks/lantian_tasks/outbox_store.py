"""The outboxes inside documents of issues and cases: what waits there, and what has left."""

from collections.abc import Mapping

from pymongo import ASCENDING

from lantian_tasks.conditions import alike, by_id
from lantian_tasks.leases import Collection, reaching_the_store, settled
from lantian_tasks.ledger.document import outgoing_of
from lantian_tasks.ledger.issue import Outgoing


async def waiting(collection: Collection, limit: int) -> list[tuple[str, tuple[Outgoing, ...]]]:
    """Ids of documents with events to publish, oldest first, and their events in order. Raises Unavailable."""
    with reaching_the_store():
        cursor = settled(collection).find({"outbox.at_ms": {"$gt": 0}}, {"outbox": 1})
        found = await cursor.sort("outbox.at_ms", ASCENDING).limit(limit).to_list(length=None)
    return [
        (row["_id"], tuple(sorted(map(outgoing_of, row["outbox"]), key=lambda event: event.sequence))) for row in found
    ]


async def drop_published(collection: Collection, published: Mapping[str, int]) -> None:
    """Takes out the events of each document up to the sequence that was published. Raises Unavailable."""
    with reaching_the_store():
        for sequence, ids in alike(published):
            await collection.update_many(by_id(ids), {"$pull": {"outbox": {"sequence": {"$lte": sequence}}}})
