"""What became of verifications: who verified how much, and what of it a recheck found wrong (T17). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lantian_tasks.ledger.guards import VERIFYING
from lantian_tasks.ledger.history import SealedEntry


@dataclass
class Verifier:
    """Of one account: verifications, those that a recheck confirmed, and those that are held against it."""

    account: str
    organisation: str = ""
    verified: int = 0
    confirmed: int = 0
    failed: int = 0


def verifiers(histories: Iterable[Sequence[SealedEntry]]) -> list[Verifier]:
    """Most failed ones first, then by account. A recheck speaks of who verified since rectifying last began."""
    found: dict[str, Verifier] = {}

    def of(account: str) -> Verifier:
        return found.setdefault(account, Verifier(account))

    for history in histories:
        since: list[str] = []
        for entry in history:
            if entry["move"] in VERIFYING:
                row = of(entry["actor"]["actor_id"])
                row.organisation, row.verified = entry["actor"]["organisation"], row.verified + 1
                since.append(row.account)
            elif entry["move"] == "pass-recheck":
                for account in dict.fromkeys(since):
                    of(account).confirmed += 1
            elif entry["move"] == "fail-recheck":
                for account in entry["fields"].get("verifiers", ()):
                    of(account).failed += 1
            if entry["to_state"] == "rectifying":
                since = []
    return sorted(found.values(), key=lambda row: (-row.failed, row.account))
