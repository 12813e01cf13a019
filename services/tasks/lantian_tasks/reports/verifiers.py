"""What became of verifications: who verified how much, and what of it a recheck found wrong (T17). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lantian_tasks.ledger.guards import VERIFYING
from lantian_tasks.ledger.history import SealedEntry
from lantian_tasks.ledger.issue import Head

MOST_NAMED = 50
"""Issues that are named for one account, the newest; the number counts all."""


@dataclass(frozen=True, slots=True)
class Fallen:
    """A recheck that found a verified problem unsolved; time in ms since 1970 UTC."""

    issue_id: str
    number: str
    enterprise: str
    at_ms: int


@dataclass
class Verifier:
    """Of one account: verifications, those that a recheck confirmed, and those that are held against it."""

    account: str
    organisation: str = ""
    role: str = ""
    verified: int = 0
    confirmed: int = 0
    failed: int = 0
    fallen: list[Fallen] = field(default_factory=list)


def verifiers(stories: Iterable[tuple[Head, Sequence[SealedEntry]]]) -> list[Verifier]:
    """Most failed ones first, then by account. A recheck speaks of who verified since rectifying last began."""
    found: dict[str, Verifier] = {}

    def of(account: str) -> Verifier:
        return found.setdefault(account, Verifier(account))

    for head, history in stories:
        since: list[str] = []
        for entry in history:
            if entry["move"] in VERIFYING:
                actor = entry["actor"]
                row = of(actor["actor_id"])
                row.organisation, row.role, row.verified = actor["organisation"], actor["role"], row.verified + 1
                since.append(row.account)
            elif entry["move"] == "pass-recheck":
                for account in dict.fromkeys(since):
                    of(account).confirmed += 1
            elif entry["move"] == "fail-recheck":
                fallen = Fallen(head.issue_id, head.number, head.place.enterprise_name, entry["at_ms"])
                for account in entry["fields"].get("verifiers", ()):
                    row = of(account)
                    row.failed += 1
                    row.fallen.append(fallen)
            if entry["to_state"] == "rectifying":
                since = []
    for row in found.values():
        row.fallen = sorted(row.fallen, key=lambda one: (-one.at_ms, one.number))[:MOST_NAMED]
    return sorted(found.values(), key=lambda row: (-row.failed, row.account))
