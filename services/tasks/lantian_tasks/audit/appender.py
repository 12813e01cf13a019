"""From the histories of documents into the chains, and from the chains into audit.v1.

A document and its entry are one write; the entry waits in the document (`audit_ms`) until its chain has it, so the two
can not part. Several appenders may run: a place in a chain, and an entry of a document, is given once.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import rfc8785
import structlog

from lantian_kit.bus import DeliveryError, Publisher
from lantian_kit.loop import LoopPart
from lantian_kit.worker import Unavailable
from lantian_proto.events import Headers, content_id, headers
from lantian_proto.topics import AUDIT
from lantian_tasks.audit.chain import Head, Link, Unaudited, links_of
from lantian_tasks.metrics import TasksMetrics

AT_ONCE = 200
TRIES = 5
EVENT_TYPE = "cn.lantian.audit-entry.v1"
JSON = "application/json"


class Chains(Protocol):
    """What the API shows. Raises Unavailable from every method."""

    async def chains(self) -> list[tuple[str, Head]]:
        """Every chain with its end, by name."""

    async def links(self, chain: str, after: int, limit: int) -> list[Link]:
        """Entries of a chain from behind a sequence, in order."""


class AuditStore(Protocol):
    """Raises Unavailable from every method."""

    async def mark_old(self) -> None:
        """Documents of an earlier release wait for their chain."""

    async def unaudited(self, limit: int) -> list[Unaudited]:
        """Documents with entries that no chain has yet."""

    async def audited(self, done: Sequence[Unaudited]) -> None:
        """These documents are in their chains as far as they were read."""

    async def audit_head(self, chain: str) -> Head:
        """The end of a chain."""

    async def sealed_of(self, subject: str) -> frozenset[int]:
        """Positions of a document's history that are in a chain."""

    async def append(self, links: Sequence[Link]) -> bool:
        """Writes entries of one chain in order. False: another appender took a place; what was written stays."""

    async def unanchored(self, limit: int) -> list[Link]:
        """Entries that are not in the topic yet, in the order of each chain."""

    async def anchored(self, links: Sequence[Link]) -> None:
        """The topic has these."""


class Appender(LoopPart):
    """A part of a process; looks every `poll_seconds`, and at once again while there is more."""

    name = "audit"

    def __init__(
        self, store: AuditStore, publisher: Publisher, metrics: TasksMetrics, poll_seconds: float, algorithm: str
    ) -> None:
        super().__init__()
        self._store = store
        self._publisher = publisher
        self._metrics = metrics
        self._poll_seconds = poll_seconds
        self._algorithm = algorithm

    async def _run(self) -> None:
        marked = False
        while True:
            done = 0
            try:
                if not marked:
                    await self._store.mark_old()
                    marked = True
                done = await self.append() + await self.anchor()
            except (DeliveryError, Unavailable) as error:
                structlog.get_logger().warning("audit waits", reason=str(error))
            if not done:
                await asyncio.sleep(self._poll_seconds)

    async def append(self) -> int:
        """One round; returns the number of documents whose entries are in their chains. Raises Unavailable."""
        waiting = await self._store.unaudited(AT_ONCE)
        by_chain: dict[str, list[Unaudited]] = {}
        for one in waiting:
            by_chain.setdefault(one.chain, []).append(one)
        done = [one for chain, of_chain in by_chain.items() for one in await self._append(chain, of_chain)]
        await self._store.audited(done)
        return len(done)

    async def _append(self, chain: str, waiting: Sequence[Unaudited]) -> Sequence[Unaudited]:
        for _ in range(TRIES):
            head, links = await self._store.audit_head(chain), list[Link]()
            for one in waiting:
                known = await self._store.sealed_of(one.subject)
                made = links_of(head, one, known, self._algorithm)
                links += made
                head = Head(made[-1]["sequence"], made[-1]["hash"]) if made else head
            if not links or await self._store.append(links):
                self._metrics.audit_entries.inc(len(links))
                return waiting
        return ()  # another appender is at it: the next round looks again

    async def anchor(self) -> int:
        """One round into the topic; returns the number of entries. Raises DeliveryError, Unavailable."""
        links = await self._store.unanchored(AT_ONCE)
        await asyncio.gather(*(self._send(link) for link in links))
        await self._store.anchored(links)
        return len(links)

    async def _send(self, link: Link) -> None:
        await self._publisher.send(AUDIT, rfc8785.dumps(link), key=str(link["chain"]).encode(), headers=_headers(link))


def _headers(link: Link) -> Headers:
    event_id = content_id("audit-entry", link["chain"], str(link["sequence"]), link["hash"])
    return headers(EVENT_TYPE, event_id, "/tasks", int(link["at_ms"]), JSON)
