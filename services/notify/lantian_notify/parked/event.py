"""Events that nobody serves yet: kept until the registry learns of a team, and then shown as failed. Pure."""

from dataclasses import dataclass, replace
from typing import Literal, Protocol

ParkedState = Literal["waiting", "told", "nobody"]


@dataclass(frozen=True, slots=True)
class Parked:
    """An event as it was read; tried again whenever the registry changes, until its deadline."""

    event_id: str
    state: ParkedState
    value: bytes
    division_code: str
    issue_id: str
    created_ms: int
    deadline_ms: int
    settled_ms: int = 0
    rev: int = 1

    def settled(self, state: ParkedState, now_ms: int) -> "Parked":
        """At its end."""
        return replace(self, state=state, settled_ms=now_ms)


class ParkedStore(Protocol):
    """Parked events and announced registry changes. Every method may raise StoreAway."""

    async def park(self, parked: Parked) -> bool:
        """True when it is new."""

    async def parked(self, limit: int) -> list[Parked]:
        """Those that wait, oldest first."""

    async def save_parked(self, parked: Parked) -> bool:
        """Writes it if its `rev` is still the stored one, and counts it up."""

    async def page_parked(
        self, *, state: ParkedState | None, before: tuple[int, str] | None, limit: int
    ) -> list[Parked]:
        """Newest first by (created_ms, event_id), from below `before`; values are left out."""

    async def keep_change(self, key: str, revision: int, value: bytes) -> None:
        """Keeps a change of the registry beyond compaction; the same one twice is one."""

    async def kept_changes(self) -> list[tuple[str, bytes]]:
        """All of them, by key and revision."""

    async def drop_changes(self, key: str, below_revision: int) -> None:
        """Forgets those that can not matter any more."""
