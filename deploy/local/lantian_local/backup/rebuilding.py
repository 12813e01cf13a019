"""A store filled from ledger.v1, brought up to it or compared with it, and the one number of equal ledgers."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import bson
from pymongo import MongoClient

from lantian_local.backup import ledger_topic
from lantian_local.backup.store import NotEmpty
from lantian_tasks.copy_store import copy_of
from lantian_tasks.ports import COPIED

BATCH = 100
Document = dict[str, Any]
Client = MongoClient[Document]


@dataclass
class Comparison:
    """What differs between store and topic, as collection/id."""

    same: int = 0
    different: list[str] = field(default_factory=list)
    only_in_store: list[str] = field(default_factory=list)
    only_in_topic: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.different or self.only_in_store or self.only_in_topic)


def demand_empty(client: Client, database: str) -> None:
    """Nothing may be there. Raises NotEmpty, PyMongoError."""
    for name in client[database].list_collection_names():
        if client[database][name].find_one({}) is not None:
            raise NotEmpty(f"{database}.{name} is not empty; nothing was written")


async def rebuild(bootstrap: str, client: Client, database: str) -> tuple[int, int]:
    """Fills an empty database; number of documents, and the time of the newest copy in ms.

    Raises Damaged, KafkaError, PyMongoError.
    """
    target = client[database]
    index = await ledger_topic.contents(bootstrap)
    batches: dict[str, list[Document]] = {name: [] for name in COPIED}
    count = 0
    async for collection, document in ledger_topic.documents(bootstrap, index):
        batch = batches.setdefault(collection, [])
        batch.append(document)
        if len(batch) == BATCH:
            target[collection].insert_many(batch)
            batch.clear()
        count += 1
    for collection, batch in batches.items():
        if batch:
            target[collection].insert_many(batch)
    return count, index.newest_ms


async def catch_up(bootstrap: str, client: Client, database: str) -> int:
    """Writes what the topic has and a restored database lacks or holds in an older revision; how many documents.

    Raises Damaged, KafkaError, PyMongoError.
    """
    index = await ledger_topic.contents(bootstrap)
    count = 0
    async for collection, document in ledger_topic.documents(bootstrap, index):
        target, place = client[database][collection], {"_id": document["_id"]}
        kept = target.find_one(place, {"rev": 1})
        if kept is None or kept["rev"] < document["rev"]:
            target.replace_one(place, document, upsert=True)
            count += 1
    return count


async def compare(bootstrap: str, client: Client, database: str) -> Comparison:
    """Every document of the store against its copy. Raises Damaged, KafkaError, PyMongoError."""
    index = await ledger_topic.contents(bootstrap)
    found = Comparison()
    seen: set[str] = set()
    async for collection, document in ledger_topic.documents(bootstrap, index):
        key = f"{collection}/{document['_id']}"
        seen.add(key)
        kept = client[database][collection].find_one({"_id": document["_id"]})
        if kept is None:
            found.only_in_topic.append(key)
        elif fingerprint(collection, kept) == fingerprint(collection, document):
            found.same += 1
        else:
            found.different.append(key)
    for collection in COPIED:
        for row in client[database][collection].find({}, {"_id": 1}):
            key = f"{collection}/{row['_id']}"
            if key not in seen:
                found.only_in_store.append(key)
    return found


def ledger_hash(client: Client, database: str) -> str:
    """SHA-256 over all documents that ledger.v1 keeps, in the order of their ids: equal for equal ledgers."""
    digest = hashlib.sha256()
    for collection in COPIED:
        for document in client[database][collection].find({}, sort=[("_id", 1)]):
            digest.update(f"{collection}/{document['_id']} {fingerprint(collection, document)}\n".encode())
    return digest.hexdigest()


def fingerprint(collection: str, document: Mapping[str, Any]) -> str:
    """SHA-256 of what a copy of the document holds, whatever the order of its members."""
    held: Document = bson.decode(copy_of(collection, document).data)
    return hashlib.sha256(bson.encode({"document": _ordered(held)})).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value)}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_ordered(one) for one in value]
    return value
