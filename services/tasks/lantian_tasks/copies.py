"""The ledger into ledger.v1, document by document: what an empty store is rebuilt from (`lantian rebuild`).

A document is copied when all of its events are in their topics, so nothing comes back that nobody was told of. Several
processes may copy at once: whoever finds that a document was written meanwhile leaves it waiting, and readers take the
highest revision of a key. A document larger than a record is divided into parts with keys of their own.
"""

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import structlog

from lantian_kit.bus import DeliveryError, Publisher
from lantian_kit.loop import LoopPart
from lantian_kit.worker import Unavailable
from lantian_proto.events import Headers, header
from lantian_proto.topics import LEDGER
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.ports import COPIED, Copy, CopyStore

AT_ONCE = 100
PART_BYTES = 3 * 1024 * 1024
LONGEST_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One record of ledger.v1: part `part` of `parts` of a document at a revision; `sha256` is the whole one's."""

    key: str
    rev: int
    part: int
    parts: int
    sha256: str
    data: bytes

    @property
    def record_key(self) -> bytes:
        """The first part has the document's own key."""
        return (f"{self.key}#{self.part}" if self.part else self.key).encode()

    def headers(self) -> Headers:
        """How `piece_of` knows it again."""
        told = {"key": self.key, "rev": self.rev, "part": self.part, "parts": self.parts, "sha256": self.sha256}
        return [(name, str(value).encode()) for name, value in told.items()]


def pieces_of(copy: Copy, part_bytes: int = PART_BYTES) -> Iterator[Piece]:
    """A copy as records; mostly one."""
    parts = max(1, -(-len(copy.data) // part_bytes))
    digest = hashlib.sha256(copy.data).hexdigest()
    for part in range(parts):
        data = copy.data[part * part_bytes : (part + 1) * part_bytes]
        yield Piece(copy.key, copy.rev, part, parts, digest, data)


def piece_of(headers: tuple[tuple[str, bytes], ...], value: bytes) -> Piece:
    """The piece of a record. Raises ValueError."""
    told = {name: header(headers, name) or "" for name in ("key", "rev", "part", "parts", "sha256")}
    if "/" not in told["key"]:
        raise ValueError(f"no record of {LEDGER}: {told}")
    return Piece(told["key"], int(told["rev"]), int(told["part"]), int(told["parts"]), told["sha256"], value)


class LedgerCopies(LoopPart):
    """A part of a process; looks every `poll_seconds`, and at once again while there is more."""

    name = "ledger copies"

    def __init__(self, store: CopyStore, publisher: Publisher, metrics: TasksMetrics, poll_seconds: float) -> None:
        super().__init__()
        self._store = store
        self._publisher = publisher
        self._metrics = metrics
        self._poll_seconds = poll_seconds

    async def _run(self) -> None:
        pause = self._poll_seconds
        while True:
            try:
                taken = [await self.copy(name) for name in COPIED]
            except (DeliveryError, Unavailable) as error:
                self._metrics.publish_failures.labels(LEDGER).inc()
                structlog.get_logger().warning("copies wait", topic=LEDGER, reason=str(error))
                pause = min(pause * 2, max(self._poll_seconds, LONGEST_PAUSE_SECONDS))
            else:
                pause = self._poll_seconds
                if max(taken) == AT_ONCE:
                    continue
            await asyncio.sleep(pause)

    async def copy(self, collection: str) -> int:
        """One round; returns the number of documents. Raises DeliveryError, Unavailable."""
        copies = await self._store.waiting_copies(collection, AT_ONCE)
        pieces = [piece for copy in copies for piece in pieces_of(copy)]
        await asyncio.gather(*(self._send(piece) for piece in pieces))
        await self._store.copied(copies)
        return len(copies)

    async def _send(self, piece: Piece) -> None:
        await self._publisher.send(LEDGER, piece.data, key=piece.record_key, headers=piece.headers())
        self._metrics.published.labels(LEDGER).inc()
