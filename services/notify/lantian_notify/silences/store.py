"""Silences in MongoDB. A document changes only by `_id` and `rev` (compare and set)."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pymongo import ASCENDING, DESCENDING

from lantian_notify.silences.silence import Match, Silence
from lantian_notify.store import Document, answering, insert, page, save

SILENCES = "silences"
SILENCES_AT_MOST = 1000
_SILENCE = [field.name for field in fields(Silence) if field.name not in ("silence_id", "rev")]


class MongoSilenceStore:
    """A SilenceStore."""

    def __init__(self, database: Any) -> None:
        self._silences = database[SILENCES]

    async def prepare(self) -> None:
        """Creates the indexes; harmless when repeated."""
        async with answering():
            await self._silences.create_index([("state", ASCENDING), ("ends_ms", ASCENDING)])
            await self._silences.create_index([("created_ms", DESCENDING), ("_id", DESCENDING)])

    async def insert_silence(self, silence: Silence) -> bool:
        return await insert(self._silences, silence.silence_id, _silence_document(silence), silence.rev)

    async def get_silence(self, silence_id: str) -> Silence | None:
        async with answering():
            found = await self._silences.find_one({"_id": silence_id})
        return None if found is None else _silence(found)

    async def save_silence(self, silence: Silence) -> bool:
        return await save(self._silences, silence.silence_id, _silence_document(silence), silence.rev)

    async def silences(self, now_ms: int) -> list[Silence]:
        query = {"state": "active", "starts_ms": {"$lte": now_ms}, "ends_ms": {"$gt": now_ms}}
        async with answering():
            found = await self._silences.find(query).to_list(SILENCES_AT_MOST)
        return sorted((_silence(document) for document in found), key=lambda one: (one.created_ms, one.silence_id))

    async def due_silences(self, now_ms: int) -> list[Silence]:
        async with answering():
            found = await self._silences.find({"state": "active", "due_ms": {"$lte": now_ms}}).to_list(SILENCES_AT_MOST)
        return sorted((_silence(document) for document in found), key=lambda one: (one.due_ms, one.silence_id))

    async def next_silence_ms(self, now_ms: int) -> int | None:
        async with answering():
            found = await self._silences.find_one(
                {"state": "active", "due_ms": {"$gt": now_ms}}, {"due_ms": 1}, sort=[("due_ms", ASCENDING)]
            )
        return None if found is None else int(found["due_ms"])

    async def page_silences(self, *, before: tuple[int, str] | None, limit: int) -> list[Silence]:
        return [_silence(document) for document in await page(self._silences, {}, before, limit)]


def _silence_document(silence: Silence) -> Document:
    document = {name: getattr(silence, name) for name in _SILENCE}
    match = asdict(silence.match)
    document["match"] = {name: list(value) if isinstance(value, tuple) else value for name, value in match.items()}
    return document


def _silence(document: Mapping[str, Any]) -> Silence:
    values = {name: document[name] for name in _SILENCE if name in document}
    match: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values["match"].items()
    }
    values["match"] = Match(**match)
    return Silence(silence_id=document["_id"], rev=document["rev"], **values)
