"""The audit chains in MongoDB, and which documents have entries that no chain has yet."""

from collections.abc import Callable, Sequence
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError

from lantian_tasks.audit.chain import Head, Link, Unaudited
from lantian_tasks.leases import Collection, places_taken, reaching_the_store, settled

AUDITED = ("issues", "cases", "registry", "access")
"""Collections whose documents have a history."""
AUDIT_INDEXES = [
    IndexModel([("chain", ASCENDING), ("sequence", ASCENDING)], name="place", unique=True),
    IndexModel([("subject", ASCENDING), ("subject_sequence", ASCENDING)], name="subject", unique=True),
    IndexModel([("unanchored", ASCENDING)], name="unanchored", sparse=True),
]
WAITING_INDEX = IndexModel([("audit_ms", ASCENDING)], name="audit", sparse=True)
OWN = {"_id": 0, "unanchored": 0}


class MotorAudit:
    """`collection` gives one by its name, or raises Unavailable while the store is not open."""

    def __init__(self, collection: Callable[[str], Collection]) -> None:
        self._collection = collection

    async def mark_old(self) -> None:
        """Documents of an earlier release wait for their chain."""
        never: dict[str, Any] = {"audited": {"$exists": False}, "audit_ms": {"$exists": False}}
        for name in AUDITED:
            with reaching_the_store():
                await self._collection(name).update_many(never, {"$set": {"audit_ms": 1}})

    async def unaudited(self, limit: int) -> list[Unaudited]:
        """Documents with entries that no chain has yet, those that wait longest first within each collection."""
        found: list[Unaudited] = []
        kept = {"rev": 1, "audited": 1, "history": 1, "division_code": 1, "keys.division_code": 1}
        for name in AUDITED:
            with reaching_the_store():
                cursor = settled(self._collection(name)).find({"audit_ms": {"$gt": 0}}, kept)
                rows = await cursor.sort("audit_ms", ASCENDING).limit(limit).to_list(length=None)
            found += [unaudited_of(name, row) for row in rows]
        return found

    async def audited(self, done: Sequence[Unaudited]) -> None:
        """These documents are in their chains as far as they were read."""
        for one in done:
            with reaching_the_store():
                await self._collection(one.collection).update_one(
                    {"_id": one.id, "rev": one.rev},
                    {"$set": {"audited": len(one.history)}, "$unset": {"audit_ms": ""}},
                )

    async def audit_head(self, chain: str) -> Head:
        """The end of a chain."""
        with reaching_the_store():
            found = await self._links().find({"chain": chain}).sort("sequence", DESCENDING).limit(1).to_list(length=1)
        return Head(found[0]["sequence"], found[0]["hash"]) if found else Head()

    async def sealed_of(self, subject: str) -> frozenset[int]:
        """Positions of a document's history that are in a chain."""
        with reaching_the_store():
            found = await self._links().find({"subject": subject}, {"subject_sequence": 1}).to_list(length=None)
        return frozenset(row["subject_sequence"] for row in found)

    async def append(self, links: Sequence[Link]) -> bool:
        """Writes entries of one chain in order. False: another appender took a place; what was written stays."""
        with reaching_the_store():
            try:
                await self._links().insert_many([{**link, "unanchored": 1} for link in links], ordered=True)
            except BulkWriteError as error:
                places_taken(error)  # or it is no other appender, and raised
                return False
        return True

    async def unanchored(self, limit: int) -> list[Link]:
        """Entries that are not in the topic yet, in the order of each chain."""
        with reaching_the_store():
            cursor = settled(self._links()).find({"unanchored": 1}, OWN)
            cursor = cursor.sort([("chain", ASCENDING), ("sequence", ASCENDING)])
            found: list[Link] = await cursor.limit(limit).to_list(length=None)
        return found

    async def anchored(self, links: Sequence[Link]) -> None:
        """The topic has these."""
        ends = {link["chain"]: link["sequence"] for link in links}
        for chain, sequence in ends.items():
            with reaching_the_store():
                told = {"chain": chain, "sequence": {"$lte": sequence}, "unanchored": 1}
                await self._links().update_many(told, {"$unset": {"unanchored": ""}})

    async def chains(self) -> list[tuple[str, Head]]:
        """Every chain with its end, by name."""
        with reaching_the_store():
            # One key of the index `place` a chain; a $group would read every entry there is.
            names: list[str] = await self._links().distinct("chain")
        return [(name, await self.audit_head(name)) for name in sorted(names)]

    async def links(self, chain: str, after: int, limit: int) -> list[Link]:
        """Entries of a chain from behind a sequence, in order."""
        wanted = {"chain": chain, "sequence": {"$gt": after}}
        with reaching_the_store():
            cursor = self._links().find(wanted, OWN).sort("sequence", ASCENDING).limit(limit)
            found: list[Link] = await cursor.to_list(length=None)
        return found

    def _links(self) -> Collection:
        return self._collection("audit")


def unaudited_of(collection: str, row: dict[str, Any]) -> Unaudited:
    """What a document still has to tell."""
    division = row.get("division_code", row.get("keys", {}).get("division_code", ""))
    return Unaudited(collection, row["_id"], row["rev"], division, row.get("audited", 0), tuple(row["history"]))
