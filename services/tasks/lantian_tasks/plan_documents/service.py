"""Plan documents against the store: the file first, by its hash, then the entry that seals it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lantian_kit.clock import Clock
from lantian_proto.both import Both
from lantian_tasks.access.principals import Principal
from lantian_tasks.access.scope import Scope
from lantian_tasks.case_writer import CaseWriter
from lantian_tasks.clocks.facts import Facts
from lantian_tasks.evidence.media import DOCX, XLSX, Unacceptable, media_type_of
from lantian_tasks.evidence.piece import Piece, evidence_id, sealed_fields
from lantian_tasks.ledger.case import Case, CaseStep, act, write
from lantian_tasks.ledger.machine import Command, Refused
from lantian_tasks.plan_documents.moves import PLAN_DOCUMENT, first_entry
from lantian_tasks.ports import CaseQuery, Store

TAKEN = frozenset({"application/pdf", DOCX, XLSX})
NOT_TAKEN = Unacceptable("unknown-type", Both("a plan is a PDF, DOCX or XLSX", "方案只接受 PDF、DOCX、XLSX"))


@dataclass(frozen=True, slots=True)
class Upload:
    """A version as it was sent. Days are written YYYY-MM-DD, both included."""

    name: str
    data: bytes
    valid_from: str
    valid_to: str
    note: str

    @property
    def sha256(self) -> str:
        """Of the bytes, hex."""
        return hashlib.sha256(self.data).hexdigest()

    def said(self) -> dict[str, str]:
        """What was said beside the file."""
        return {"valid_from": self.valid_from, "valid_to": self.valid_to, "note": self.note}

    def asked(self, principal: Principal, at_ms: int) -> Command:
        """The request as it came: the same upload again is the same request."""
        fields = {**self.said(), "name": self.name, "sha256": self.sha256}
        return Command("draft", principal.actor, at_ms, "", fields)


class PlanDocuments:
    """`written` is called after each write."""

    def __init__(self, store: Store, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._writer = CaseWriter(store, written)

    async def create(self, case: Case, principal: Principal, upload: Upload) -> CaseStep | Unacceptable | None:
        """A new plan with its first version; None: its id exists. Raises Unavailable."""
        piece = await self._kept(case.case_id, str(case.keys["category"]), principal, upload)
        if isinstance(piece, Unacceptable):
            return piece
        entry = first_entry(case, piece, principal.actor, self._clock.now_ms(), **upload.said())
        step = write(case, entry, PLAN_DOCUMENT, self._facts)
        return await self._writer.opened(step)

    async def add_version(
        self, principal: Principal, case: Case, upload: Upload, rev: int, key: str
    ) -> CaseStep | Refused | Unacceptable | int:
        """As `move`, with a file."""
        if case.rev != rev:
            return case.rev
        piece = await self._kept(case.case_id, str(case.keys["category"]), principal, upload)
        if isinstance(piece, Unacceptable):
            return piece
        now_ms = self._clock.now_ms()
        fields: dict[str, Any] = {name: text for name, text in upload.said().items() if text}
        command = Command("draft", principal.actor, now_ms, "", {**fields, "piece": sealed_fields(piece)})
        asked = upload.asked(principal, now_ms)
        return await self._writer.advanced(act(case, command, key, PLAN_DOCUMENT, self._facts, asked=asked))

    async def move(self, scope: Scope, case_id: str, command: Command, rev: int, key: str) -> CaseStep | Refused | int:
        """The step, why it is refused, or the revision that the plan has now.

        Raises LookupError when there is no such plan in the scope, Unavailable.
        """
        case = await self._writer.seen(scope, case_id, rev)
        if isinstance(case, int):
            return case
        return await self._writer.advanced(act(case, command, key, PLAN_DOCUMENT, self._facts))

    async def page(self, query: CaseQuery, holds: Callable[[Case], bool]) -> list[Case]:
        """The next cases of the query for which `holds` is true, as many as it asks for: a page has no holes."""
        found: list[Case] = []
        after = query.after
        while True:
            some = await self._store.cases(replace(query, after=after))
            found += filter(holds, some)
            if len(found) >= query.limit or len(some) < query.limit:
                return found[: query.limit]
            after = (some[-1].created_ms, some[-1].case_id)

    async def _kept(self, subject: str, kind: str, principal: Principal, upload: Upload) -> Piece | Unacceptable:
        media_type = media_type_of(upload.data, upload.name)
        if isinstance(media_type, Unacceptable):
            return media_type
        if media_type not in TAKEN:
            return NOT_TAKEN
        sha256 = upload.sha256
        await self._store.keep_bytes(sha256, upload.data)
        return Piece(
            evidence_id=evidence_id(subject, kind, sha256),
            subject=subject,
            kind=kind,
            name=upload.name,
            media_type=media_type,
            size=len(upload.data),
            sha256=sha256,
            received_ms=self._clock.now_ms(),
            received_by=principal.id,
        )
