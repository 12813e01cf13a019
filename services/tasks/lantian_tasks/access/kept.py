"""What access keeps: accounts, sessions, keys, attempts, each a document with a hash-chained history. Pure.

A write is a compare-and-set on the revision. An entry goes into the history for what must be known later; counting an
attempt or noting that a session is still used makes none. Secrets stand in `data` and never in an entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lantian_tasks.ledger.history import Actor, Entry, SealedEntry, seal

Document = dict[str, Any]
ACCOUNT, SESSION, KEY, ATTEMPT, LOGIN, GLASS = "account", "session", "key", "attempt", "login", "break-glass"
REQUEST = "request"
LETTER = "dead-letter"


@dataclass(frozen=True, slots=True)
class Kept:
    """`key` is kind/id. `ends_wall_ms` is when it may be forgotten, 0: never."""

    key: str
    rev: int
    data: Mapping[str, Any]
    history: tuple[SealedEntry, ...]
    changed_ms: int
    ends_wall_ms: int = 0
    fresh: int = 0
    """Entries of the history that this revision adds."""

    @property
    def id(self) -> str:
        """Id within its kind."""
        return self.key.partition("/")[2]


class AccessStore(Protocol):
    """Raises Unavailable from every method, as the other stores."""

    async def kept(self, key: str) -> Kept | None:
        """One document."""

    async def keep(self, kept: Kept) -> bool:
        """Writes a revision on the one before. False: somebody was faster, or it exists already."""

    async def list_kept(self, kind: str, after: str, limit: int) -> list[Kept]:
        """Those of a kind by id, from behind `after`, without their histories."""

    async def forget(self, kind: str, before_wall_ms: int) -> int:
        """Drops those of a kind that ended before a time; returns how many. What was audited stays in its chain."""


def write(
    before: Kept | None,
    key: str,
    data: Mapping[str, Any],
    at_ms: int,
    *,
    kind: str = "",
    actor: Actor | None = None,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
    ends_wall_ms: int | None = None,
) -> Kept:
    """The next revision; with a `kind` it is an entry of the history."""
    history = before.history if before else ()
    if kind:
        if actor is None:
            raise ValueError("an entry needs an actor")
        entry = Entry(kind, "", "", actor, at_ms, reason, fields=fields or {})
        history = (*history, seal(key, history, entry))
    return Kept(
        key=key,
        rev=before.rev + 1 if before else 1,
        data=dict(data),
        history=history,
        changed_ms=at_ms,
        ends_wall_ms=(before.ends_wall_ms if before else 0) if ends_wall_ms is None else ends_wall_ms,
        fresh=1 if kind else 0,
    )


def kept_document(kept: Kept) -> Document:
    """The whole document; `audit_ms` stands in it while an entry waits for its chain."""
    return {
        "_id": kept.key,
        "kind": kept.key.partition("/")[0],
        "rev": kept.rev,
        "data": dict(kept.data),
        "changed_ms": kept.changed_ms,
        "ends_wall_ms": kept.ends_wall_ms,
        "history": [dict(entry) for entry in kept.history],
        **({"audit_ms": kept.changed_ms} if kept.fresh else {}),
    }


def kept_update(kept: Kept) -> Document:
    """A revision as one update on the one before."""
    values = kept_document(kept)
    del values["_id"], values["history"]
    added = kept.history[len(kept.history) - kept.fresh :]
    pushed = {"$push": {"history": {"$each": [dict(entry) for entry in added]}}} if added else {}
    return {"$set": values, **pushed}


def kept_of(document: Mapping[str, Any]) -> Kept:
    """What a document says."""
    return Kept(
        key=document["_id"],
        rev=document["rev"],
        data=document["data"],
        history=tuple(document.get("history", ())),
        changed_ms=document["changed_ms"],
        ends_wall_ms=document["ends_wall_ms"],
    )
