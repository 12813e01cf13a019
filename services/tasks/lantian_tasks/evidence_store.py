"""Photos and files in MongoDB: bytes in GridFS by their SHA-256, and an index that finds pictures that look alike.

A file whose upload was cut off leaves chunks without a file behind; they are never read, the next try writes anew.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from lantian_tasks.conditions import chunks
from lantian_tasks.evidence.piece import Piece, piece_document, piece_of
from lantian_tasks.leases import Collection, reaching_the_store

EVIDENCE_INDEXES = [
    IndexModel([("subject", ASCENDING)], name="subject"),
    IndexModel([("bands", ASCENDING)], name="bands"),
]
MOST_ALIKE = 5_000
"""Pictures compared bit by bit for one new one."""


class MotorEvidence:
    """`collection` gives the index, `bucket` the GridFS bucket; both raise Unavailable while the store is not open."""

    def __init__(self, collection: Callable[[], Collection], bucket: Callable[[], Any]) -> None:
        self._collection = collection
        self._bucket = bucket

    async def keep_bytes(self, sha256: str, data: bytes) -> None:
        with reaching_the_store():
            if await self._has(sha256):
                return
            await self._bucket().upload_from_stream(sha256, data)

    async def _has(self, sha256: str) -> bool:
        found = await self._bucket().find({"filename": sha256}).limit(1).to_list(length=1)
        return bool(found)

    async def bytes_of(self, sha256: str) -> bytes | None:
        with reaching_the_store():
            if not await self._has(sha256):
                return None
            stream = await self._bucket().open_download_stream_by_name(sha256)
            return bytes(await stream.read())

    async def keep_piece(self, piece: Piece) -> bool:
        with reaching_the_store():
            try:
                await self._collection().insert_one(piece_document(piece))
            except DuplicateKeyError:
                return False
        return True

    async def pieces(self, evidence_ids: Sequence[str]) -> list[Piece]:
        found: list[Piece] = []
        for some in chunks(list(evidence_ids)):
            with reaching_the_store():
                rows = await self._collection().find({"_id": {"$in": some}}).to_list(length=None)
            found += map(piece_of, rows)
        return found

    async def pieces_alike(self, bands: Sequence[str]) -> list[Piece]:
        if not bands:
            return []
        with reaching_the_store():
            cursor = self._collection().find({"bands": {"$in": list(bands)}}).limit(MOST_ALIKE)
            return [piece_of(row) for row in await cursor.to_list(length=None)]
