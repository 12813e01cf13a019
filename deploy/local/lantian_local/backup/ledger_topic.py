"""ledger.v1 read back: the newest whole copy of every document, collection by collection."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lantian_kit.records import Record
from lantian_kit.whole import read_whole
from lantian_proto.topics import LEDGER
from lantian_tasks.copies import Piece, piece_of
from lantian_tasks.copy_store import document_of


class Damaged(Exception):
    """The topic does not hold what was written into it; the text says where."""


@dataclass
class Newest:
    """Where the pieces of a document's highest revision lie, (partition, offset) by part."""

    rev: int
    parts: int
    sha256: str
    places: dict[int, tuple[int, int]] = field(default_factory=dict)


@dataclass
class Contents:
    """The index of the topic: documents by key, and the time of its newest record, ms since 1970 UTC, 0 if empty."""

    documents: dict[str, Newest] = field(default_factory=dict)
    newest_ms: int = 0

    def take(self, piece: Piece, record: Record) -> None:
        """One record, in the order of its partition."""
        self.newest_ms = max(self.newest_ms, record.timestamp_ms)
        known = self.documents.get(piece.key)
        if known is not None and known.rev > piece.rev:
            return
        if known is None or (known.rev, known.sha256) != (piece.rev, piece.sha256):
            known = self.documents[piece.key] = Newest(piece.rev, piece.parts, piece.sha256)
        known.places[piece.part] = record.partition, record.offset


async def contents(bootstrap: str) -> Contents:
    """Reads the topic once, keeping places and no documents. Raises KafkaError, Damaged."""
    found = Contents()
    async for record in read_whole(bootstrap, LEDGER):
        found.take(_piece(record), record)
    return found


async def documents(bootstrap: str, index: Contents) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """Collection and document, in the order of the topic; reads it a second time. Raises KafkaError, Damaged."""
    wanted = {place for newest in index.documents.values() for place in newest.places.values()}
    divided: dict[str, dict[int, bytes]] = {}
    told = 0
    async for record in read_whole(bootstrap, LEDGER):
        if (record.partition, record.offset) not in wanted:
            continue
        piece = _piece(record)
        parts = divided.setdefault(piece.key, {})
        parts[piece.part] = piece.data
        if len(parts) == piece.parts:
            yield _whole(piece, divided.pop(piece.key))
            told += 1
    if told != len(index.documents):
        raise Damaged(f"{len(index.documents) - told} documents are not whole, e.g. {next(iter(divided), 'gone')}")


def _piece(record: Record) -> Piece:
    try:
        return piece_of(record.headers, record.value or b"")
    except ValueError as error:
        raise Damaged(f"{LEDGER}/{record.partition}/{record.offset}: {error}") from error


def _whole(piece: Piece, parts: Mapping[int, bytes]) -> tuple[str, dict[str, Any]]:
    data = b"".join(parts[number] for number in sorted(parts))
    if hashlib.sha256(data).hexdigest() != piece.sha256:
        raise Damaged(f"{piece.key} revision {piece.rev} is not what was written")
    collection = piece.key.partition("/")[0]
    return collection, document_of(data, collection)
