"""Reads a document store into a backup, and writes a backup into an empty one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession

from lantian_local.backup.archive import Manifest, Reader, Writer

BATCH: Final = 200
PATIENCE_MS: Final = 10_000
SNAPSHOT_VERSION: Final = 13  # of the wire: MongoDB 5.0, the first with snapshot reads outside of transactions
LAST: Final = ("counters", "evidence", "evidence_files.files", "evidence_files.chunks")
"""Read after what refers to them, in this order: numbers already given must never be given again, and what a history
names must be there.
"""

Client = MongoClient[RawBSONDocument]


class NotEmpty(Exception):
    """The store already holds what would be restored; nothing is ever written over."""


@contextmanager
def connected(url: str, documents: Any = RawBSONDocument) -> Iterator[Any]:
    """A client that hands documents over as they lie, or as `documents`. Raises PyMongoError."""
    client: MongoClient[Any] = MongoClient(url, document_class=documents, serverSelectionTimeoutMS=PATIENCE_MS)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def one_moment(client: Client) -> Iterator[ClientSession | None]:
    """A session in which all reads see one moment, on a replica set of MongoDB 5.0 or newer; else None."""
    hello: Any = client.admin.command("hello")
    if "setName" not in hello or hello["maxWireVersion"] < SNAPSHOT_VERSION:
        yield None
        return
    with client.start_session(snapshot=True) as session:
        yield session


def save(client: Client, session: ClientSession | None, names: Sequence[str], archive: Writer) -> int:
    """All collections of the databases; how many documents. Raises PyMongoError."""
    count = 0
    for name in names:
        database = client[name]
        collections = [one for one in database.list_collection_names() if not one.startswith("system.")]
        for collection in sorted(collections, key=lambda one: (LAST.index(one) + 1 if one in LAST else 0, one)):
            found = database[collection].find({}, session=session, sort=[("_id", 1)])
            indexes = {
                index: {key: value for key, value in dict(facts).items() if key not in ("v", "ns")}
                for index, facts in database[collection].index_information().items()
                if index != "_id_"
            }
            count += archive.add(name, collection, found, indexes)
    return count


def demand_empty(client: Client, archive: Reader) -> None:
    """Nothing of the backup may be there already. Raises NotEmpty, PyMongoError."""
    for name, collections in archive.manifest.databases.items():
        for collection in collections:
            if client[name][collection].find_one({}) is not None:
                raise NotEmpty(f"{name}.{collection} is not empty; nothing was written")


def restore(client: Client, archive: Reader) -> int:
    """Everything of the backup, with its indexes; how many documents. Raises PyMongoError."""
    count = 0
    for name, collections in archive.manifest.databases.items():
        for collection, told in collections.items():
            target = client[name][collection]
            for index, facts in told.indexes.items():
                keys = [(key, order) for key, order in facts["key"]]
                options = {option: value for option, value in facts.items() if option != "key"}
                target.create_index(keys, name=index, **options)
            for documents in _batches(archive.documents(name, collection)):
                target.insert_many(documents, ordered=True)
                count += len(documents)
    return count


def manifest(now_ms: int, session: ClientSession | None, offsets: dict[str, dict[str, dict[str, int]]]) -> Manifest:
    """The head of a new backup."""
    return Manifest(created_ms=now_ms, snapshot=session is not None, offsets=offsets)


def _batches(documents: Iterable[RawBSONDocument]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    for document in documents:
        batch.append(document)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
