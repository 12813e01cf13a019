"""The hash-chained history of one subject (an issue, a registry entity). Pure.

Each sealed entry holds the hash of the entry before and the SHA-256 of its own RFC 8785 canonical JSON, so that a
changed, removed, inserted or reordered entry is found at its position. What a chain alone can not show: entries cut
off at its end, or a whole chain written anew; both need an anchor outside of the store.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

import rfc8785

ALGORITHM = "sha-256 rfc8785"
GENESIS = "0" * 64
"""Previous hash of a first entry."""
MOST_BYTES = 6 * 1024 * 1024
"""Of a history, about; a document has 16 MB."""
FEW = 100
"""Entries whose bytes can not matter: a text has at most 4,000 characters, the leads of a round 40 KB."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: account or service, role and organisation at that moment."""

    actor_id: str
    role: str
    organisation: str


class SealedDeviceTime(TypedDict):
    """When somebody acted by their device, ms since 1970 UTC: as stated, and corrected by what the device showed when
    it sent that; `delay_ms` until the ledger had it. See device_time.py.
    """

    happened_ms: int
    stated_ms: int
    correction_ms: int
    delay_ms: int
    flags: list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is about to be written: decided, not yet sealed. `fields` holds plain JSON values, integers below 2^53."""

    kind: str
    from_state: str
    to_state: str
    actor: Actor
    at_ms: int
    reason: str = ""
    move: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    device: SealedDeviceTime | None = None


class SealedActor(TypedDict):
    """An actor inside a sealed entry."""

    actor_id: str
    role: str
    organisation: str


class SealedEntry(TypedDict):
    """An entry as it is kept: plain JSON, nothing outside of the hash except the hash itself. `device` is there where a
    device spoke.
    """

    chain: str
    sequence: int
    kind: str
    move: str
    from_state: str
    to_state: str
    actor: SealedActor
    reason: str
    at_ms: int
    fields: dict[str, Any]
    algorithm: str
    previous_hash: str
    hash: str
    device: NotRequired[SealedDeviceTime]


def digest(value: Any) -> str:
    """SHA-256 over RFC 8785 canonical JSON, hex. Raises ValueError for what JSON can not hold (NaN, 2^53, …)."""
    return hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def seal(chain: str, history: Sequence[SealedEntry], entry: Entry) -> SealedEntry:
    """The entry as the next of `history`. `chain` names the subject; it is hashed, so no history serves for another.

    Raises ValueError for values that JSON can not hold.
    """
    body: dict[str, Any] = {
        "chain": chain,
        "sequence": len(history) + 1,
        "kind": entry.kind,
        "move": entry.move,
        "from_state": entry.from_state,
        "to_state": entry.to_state,
        "actor": {
            "actor_id": entry.actor.actor_id,
            "role": entry.actor.role,
            "organisation": entry.actor.organisation,
        },
        "reason": entry.reason,
        "at_ms": entry.at_ms,
        "fields": dict(entry.fields),
        "algorithm": ALGORITHM,
        "previous_hash": history[-1]["hash"] if history else GENESIS,
    }
    if entry.device is not None:
        body["device"] = dict(entry.device)
    sealed: SealedEntry = {**body, "hash": digest(body)}  # type: ignore[typeddict-item]  # body has every other key
    return sealed


def is_long(history: Sequence[SealedEntry], most_entries: int) -> bool:
    """Whether what people may repeat without end must end here."""
    if len(history) >= most_entries:
        return True
    return len(history) > FEW and sum(map(_bytes, history)) > MOST_BYTES


def _bytes(entry: SealedEntry) -> int:
    plain: dict[str, Any] = {**entry}
    return len(rfc8785.dumps(plain))


def verify(history: Sequence[Mapping[str, Any]], chain: str | None = None) -> int | None:
    """None when the chain holds, else the index of the first broken entry.

    `chain`, when given, is the subject the history must belong to. An empty history holds. Never raises for content:
    an entry of any other shape is a broken one. A cut tail or a chain written anew from its start passes (see the
    module): compare with an anchor.
    """
    previous = GENESIS
    for index, entry in enumerate(history):
        if not _holds(entry, index, previous, chain):
            return index
        chain = entry["chain"]
        previous = entry["hash"]
    return None


def _holds(entry: Mapping[str, Any], index: int, previous: str, chain: str | None) -> bool:
    if entry.get("sequence") != index + 1 or entry.get("previous_hash") != previous:
        return False
    if entry.get("algorithm") != ALGORITHM or (chain is not None and entry.get("chain") != chain):
        return False
    if not isinstance(entry.get("chain"), str) or not isinstance(entry.get("hash"), str):
        return False
    try:
        return bool(digest({key: value for key, value in entry.items() if key != "hash"}) == entry["hash"])
    except (ValueError, TypeError):
        return False  # a value JSON can not hold was never sealed
