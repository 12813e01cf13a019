"""The audit chains: one for each county, each entry the seal of one entry of a document's history. Pure.

An entry names its hash algorithm, holds the hash of the entry before, and is hashed over RFC 8785 JSON. What leaves to
`audit.v1` is the whole entry: the anchor outside of the store, against which a tail that was cut off and a chain that
was written anew are found, each at the first entry that differs.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from lantian_tasks.ledger.history import GENESIS, SealedEntry

ALGORITHMS: Final = {"sha-256 rfc8785": "sha256", "sm3 rfc8785": "sm3"}
SHA_256, SM3 = ALGORITHMS
NOWHERE, ACCESS = "000000", "access"
"""Chains of what has no division, and of accounts, sessions and keys."""

Link = dict[str, Any]
"""chain, sequence, subject, subject_sequence, subject_hash, kind, move, actor_id, role, division_code, at_ms,
algorithm, previous_hash, hash."""


@dataclass(frozen=True, slots=True)
class Unaudited:
    """A document with entries that no chain has yet: those from the one behind `audited` on."""

    collection: str
    id: str
    rev: int
    division_code: str
    audited: int
    history: tuple[SealedEntry, ...]

    @property
    def subject(self) -> str:
        """What the chain calls it."""
        return f"{self.collection}/{self.id}"

    @property
    def chain(self) -> str:
        """The chain it goes to."""
        return ACCESS if self.collection == "access" else self.division_code or NOWHERE


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain goes."""

    sequence: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry of a chain at which something is wrong, and what."""

    chain: str
    sequence: int
    what: str


def digest(link: Mapping[str, Any]) -> str:
    """The hash an entry must carry. Raises ValueError for an unknown algorithm or what JSON can not hold."""
    algorithm = ALGORITHMS.get(str(link.get("algorithm")))
    if algorithm is None:
        raise ValueError(f"no such algorithm: {link.get('algorithm')!r}")
    body = {name: value for name, value in link.items() if name != "hash"}
    return hashlib.new(algorithm, rfc8785.dumps(body)).hexdigest()


def links_of(head: Head, waiting: Unaudited, known: frozenset[int], algorithm: str) -> list[Link]:
    """What a document adds to its chain behind `head`; entries in `known` are in a chain already."""
    made: list[Link] = []
    for entry in waiting.history[waiting.audited :]:
        if entry["sequence"] in known:
            continue
        link: Link = {
            "chain": waiting.chain,
            "sequence": head.sequence + 1,
            "subject": waiting.subject,
            "subject_sequence": entry["sequence"],
            "subject_hash": entry["hash"],
            "kind": entry["kind"],
            "move": entry["move"],
            "actor_id": entry["actor"]["actor_id"],
            "role": entry["actor"]["role"],
            "division_code": waiting.division_code,
            "at_ms": entry["at_ms"],
            "algorithm": algorithm,
            "previous_hash": head.hash,
        }
        link["hash"] = digest(link)
        made.append(link)
        head = Head(link["sequence"], link["hash"])
    return made


def verify_chain(chain: str, links: Iterable[Mapping[str, Any]], anchors: Mapping[int, str]) -> Broken | Head:
    """The first broken entry, or the head. `links` come in the order of the store, `anchors` are hashes by sequence.

    Never raises for content.
    """
    head = Head()
    for link in links:
        sequence = head.sequence + 1
        what = _fault(chain, sequence, head.hash, link, anchors)
        if what:
            return Broken(chain, sequence, what)
        head = Head(sequence, str(link["hash"]))
    if any(sequence > head.sequence for sequence in anchors):
        return Broken(chain, head.sequence + 1, f"cut off: the anchor reaches {max(anchors)}")
    return head


def _fault(chain: str, sequence: int, previous: str, link: Mapping[str, Any], anchors: Mapping[int, str]) -> str:
    if link.get("sequence") != sequence:
        return f"missing or moved: entry {link.get('sequence')!r} stands in its place"
    if link.get("chain") != chain:
        return f"belongs to chain {link.get('chain')!r}"
    anchor = anchors.get(sequence)
    try:
        right = digest(link) == link.get("hash")
    except (ValueError, TypeError):
        right = False
    if not right:
        return "changed: its hash does not fit what it says"
    if anchor is not None and anchor != link.get("hash"):
        return "written anew: it is not the entry that was anchored"
    if link.get("previous_hash") != previous:
        return "does not follow from the entry before"
    return ""


def verify_subject(
    subject: str, history: Iterable[Mapping[str, Any]], sealed: Mapping[int, tuple[str, int, str]]
) -> Broken | None:
    """Whether a history is the one its chains speak of. `sealed` has chain, sequence and hash by position."""
    said = {entry.get("sequence"): entry.get("hash") for entry in history}
    for position in sorted(sealed):
        chain, sequence, hashed = sealed[position]
        if said.get(position) != hashed:
            state = "is gone from" if position not in said else "was changed in"
            return Broken(chain, sequence, f"entry {position} {state} {subject}")
    return None
