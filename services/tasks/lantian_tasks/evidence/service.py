"""A photo or file against the store: judged, kept by its hash, then sealed into the history of its issue or lead.

The bytes come first, the entry last: what a process leaves behind when it ends in between is unreferenced, and the
same request again finishes it. A repeat changes nothing.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from lantian_kit.clock import Clock
from lantian_kit.worker import Unavailable
from lantian_tasks.access.principals import Principal
from lantian_tasks.clocks.facts import Facts, Site
from lantian_tasks.evidence.likeness import Photo, bands
from lantian_tasks.evidence.media import PHOTOS, Unacceptable, media_type_of
from lantian_tasks.evidence.photo import PhotoError, read_photo
from lantian_tasks.evidence.piece import (
    MOVE,
    Piece,
    Stated,
    attached,
    evidence_id,
    sealed_fields,
    with_photo,
    with_similar,
)
from lantian_tasks.evidence.site import site_of
from lantian_tasks.leads.bring import case_id_of
from lantian_tasks.leads.moves import LEAD
from lantian_tasks.ledger.action import act as act_on_issue
from lantian_tasks.ledger.case import Case
from lantian_tasks.ledger.case import act as act_on_case
from lantian_tasks.ledger.device_time import device_time
from lantian_tasks.ledger.issue import Issue
from lantian_tasks.ledger.machine import Command, Refused
from lantian_tasks.ports import Store

ATTEMPTS = 20
AT_ONCE = 2
"""Photos read at the same time: one of 60 megapixels takes 180 MB while it is drawn anew."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent."""

    kind: str
    name: str
    data: bytes
    stated: Stated


@dataclass(frozen=True, slots=True)
class Attached:
    """The piece, the revision of its subject, and whether this request attached it."""

    piece: Piece
    rev: int
    new: bool


class EvidenceDesk:
    """`written` is called after a write, to wake the outbox."""

    def __init__(self, store: Store, clock: Clock, facts: Facts, written: Callable[[], None]) -> None:
        self._store = store
        self._clock = clock
        self._facts = facts
        self._written = written
        self._reading = asyncio.Semaphore(AT_ONCE)

    async def to_issue(
        self, principal: Principal, issue_id: str, sent: Sent
    ) -> Attached | Refused | Unacceptable | None:
        """Attaches a file to an issue; None: there is none in the scope. Raises Unavailable."""
        return await self._attach(principal, f"issue/{issue_id}", sent)

    async def to_lead(self, principal: Principal, lead_id: str, sent: Sent) -> Attached | Refused | Unacceptable | None:
        """Attaches a file to a lead; as for issues."""
        return await self._attach(principal, f"lead/{lead_id}", sent)

    async def subject(self, principal: Principal, subject: str) -> Issue | Case | None:
        """The issue or lead, when it lies in the scope. Raises Unavailable."""
        kind, _, id_ = subject.partition("/")
        if kind == "issue":
            return await self._store.issue(id_, principal.scope)
        return await self._store.case(case_id_of(id_), principal.scope)

    async def _attach(self, principal: Principal, subject: str, sent: Sent) -> Attached | Refused | Unacceptable | None:
        found = await self.subject(principal, subject)
        if found is None:
            return None
        media_type = media_type_of(sent.data, sent.name)
        if isinstance(media_type, Unacceptable):
            return media_type
        sha256 = hashlib.sha256(sent.data).hexdigest()
        id_ = evidence_id(subject, sent.kind, sha256)
        for piece in attached(found.history):
            if piece.evidence_id == id_:
                return Attached(piece, len(found.history), new=False)
        piece = Piece(
            evidence_id=id_,
            subject=subject,
            kind=sent.kind,
            name=sent.name,
            media_type=media_type,
            size=len(sent.data),
            sha256=sha256,
            received_ms=self._clock.now_ms(),
            received_by=principal.id,
            taken_ms=sent.stated.taken_ms + sent.stated.lacks_ms if sent.stated.taken_ms else 0,
        )
        if media_type in PHOTOS:
            try:
                async with self._reading:
                    photo = await asyncio.to_thread(read_photo, sent.data)
            except PhotoError as error:
                return Unacceptable("bomb" if error.many else "unknown-type", error.message)
            piece = await self._judged(found, piece, photo, sent.stated)
            await self._store.keep_bytes(piece.shown_sha256, photo.shown)
        await self._store.keep_bytes(sha256, sent.data)
        await self._store.keep_piece(piece)
        return await self._seal(principal, subject, piece, sent.stated)

    async def _judged(self, found: Issue | Case, piece: Piece, photo: Photo, stated: Stated) -> Piece:
        site = await self._site(found)
        piece = with_photo(piece, photo, stated, site, self._facts.policy.evidence)
        return with_similar(piece, await self._store.pieces_alike(bands(photo.phash)))

    async def _site(self, found: Issue | Case) -> Site | None:
        if isinstance(found, Issue):
            return await site_of(self._store, found.head.source_id, found.head.place.enterprise_id)
        return await site_of(self._store, str(found.keys["source_id"]), str(found.keys["enterprise_id"]))

    async def _seal(
        self, principal: Principal, subject: str, piece: Piece, stated: Stated
    ) -> Attached | Refused | None:
        now_ms = self._clock.now_ms()
        device = device_time(stated.taken_ms, now_ms - stated.lacks_ms)
        command = Command(MOVE, principal.actor, now_ms, "", {"piece": sealed_fields(piece)}, device)
        for _ in range(ATTEMPTS):
            found = await self.subject(principal, subject)
            if found is None:
                return None
            for there in attached(found.history):
                if there.evidence_id == piece.evidence_id:
                    return Attached(there, len(found.history), new=False)
            answer = await self._advance(found, command)
            if isinstance(answer, Refused):
                return answer
            if answer:
                self._written()
                return Attached(piece, len(found.history) + 1, new=True)
        raise Unavailable(f"{subject} moved on {ATTEMPTS} times while evidence was attached")

    async def _advance(self, found: Issue | Case, command: Command) -> Refused | bool:
        """One write on the revision that was read; False: somebody was faster."""
        if isinstance(found, Issue):
            step = act_on_issue(found, command, "", self._facts)
            return step if isinstance(step, Refused) else await self._store.advance(step)
        case_step = act_on_case(found, command, "", LEAD, self._facts)
        return case_step if isinstance(case_step, Refused) else await self._store.advance_case(case_step)
