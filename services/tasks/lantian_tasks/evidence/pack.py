"""The pack of an issue: one archive that stands for itself, file by file, so that memory holds one file at a time.

manifest.json lists every file with its SHA-256, what was sealed of it, and whether both agree; the head of the history
closes the chain. Whoever holds the pack can recompute all of it without the suite.
"""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any, cast

from lantian_tasks.audit.examine import Examination, examine
from lantian_tasks.evidence.media import ENDINGS
from lantian_tasks.evidence.piece import Piece
from lantian_tasks.ledger.issue import Issue
from lantian_tasks.ledger.schemas import whole
from lantian_tasks.ports import EvidenceStore

PHOTOS_ON_SHEET = 12


class _Sink:
    """What zipfile writes, taken away after each file."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._written = 0

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self._written += len(data)
        return len(data)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class _Archive:
    """The archive and the rows of its manifest."""

    def __init__(self, made_ms: int) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast(IO[bytes], self._sink), "w")  # it only writes
        self._time = datetime.fromtimestamp(made_ms / 1000, UTC).timetuple()[:6]
        self.rows: list[dict[str, Any]] = []

    def add(self, path: str, data: bytes, **said: Any) -> bytes:
        """Writes a file; returns the bytes of the archive that came of it."""
        sha256 = hashlib.sha256(data).hexdigest()
        if "sealed_sha256" in said:
            said["agrees"] = said["sealed_sha256"] == sha256
        self.rows.append({"path": path, "size": len(data), "sha256": sha256, **said})
        return self.write(path, data)

    def write(self, path: str, data: bytes) -> bytes:
        """Writes a file without a row."""
        info = zipfile.ZipInfo(path, self._time)
        info.compress_type = zipfile.ZIP_DEFLATED if path.endswith(".json") else zipfile.ZIP_STORED
        self._zip.writestr(info, data)
        return self._sink.taken()

    def close(self) -> bytes:
        """The directory at the end."""
        self._zip.close()
        return self._sink.taken()


async def packed(
    issue: Issue, pieces: Sequence[Piece], store: EvidenceStore, *, made_ms: int, made_by: str
) -> AsyncIterator[bytes]:
    """The archive in parts. Raises Unavailable when the store goes away: what was sent is then no archive."""
    archive = _Archive(made_ms)
    photos: dict[str, bytes] = {}
    for number, piece in enumerate(pieces, 1):
        data = await store.bytes_of(piece.sha256)
        said = {"evidence_id": piece.evidence_id, "kind": piece.kind, "name": piece.name, "sealed_sha256": piece.sha256}
        if data is None:
            archive.rows.append({"path": "", **said, "agrees": False, "missing": True})
            continue
        ending = ENDINGS[piece.media_type][0]
        yield archive.add(f"evidence/{number:02d}-{piece.kind}.{ending}", data, **said)
        if piece.is_photo and len(photos) < PHOTOS_ON_SHEET:
            photos[piece.evidence_id] = await store.bytes_of(piece.shown_sha256) or b""
    for index, frame in enumerate(issue.frames):
        if frame.found:
            yield archive.add(
                f"frames/{index:02d}.frame", frame.data, pointer=str(frame.pointer), sealed_sha256=frame.sha256
            )
    yield archive.add("lead.bin", issue.lead, contract="lantian.v1.Lead")
    document = whole(issue).model_dump(mode="json")
    yield archive.add("issue.json", _json(document))
    yield archive.add("history.json", _json(document["history"]))
    found = examine(issue)
    sheet = await asyncio.to_thread(_sheet, issue, pieces, photos, found, made_ms, made_by)
    yield archive.add(f"{issue.head.number}.pdf", sheet)
    manifest = {
        "issue_id": issue.issue_id,
        "number": issue.head.number,
        "made_ms": made_ms,
        "made_by": made_by,
        "algorithm": "sha-256",
        "history": {"entries": found.entries, "head_hash": found.head_hash, "intact": found.intact},
        "objections": list(found.objections),
        "files": archive.rows,
    }
    yield archive.write("manifest.json", _json(manifest))
    yield archive.close()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _sheet(
    issue: Issue, pieces: Sequence[Piece], photos: dict[str, bytes], found: Examination, made_ms: int, made_by: str
) -> bytes:
    # The PDF library takes most of a second to load, which no start of the service has to wait for.
    from lantian_tasks.evidence.sheet import issue_sheet

    return issue_sheet(issue, pieces, photos, found, made_ms, made_by)
