"""Silences: messages that a person holds back for a while, with a name and a reason under it. Pure."""

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Literal, Protocol

from lantian_notify.routing.facts import Facts
from lantian_notify.routing.policy import serves

LONGEST_MS = 31 * 86_400_000
# A reminder comes this long before the end, or after nine tenths of a silence of less than ten days.
REMIND_MS = 24 * 3_600_000
SilenceState = Literal["active", "ended", "cancelled"]
# What says that something is over always arrives: silence must not leave an alarm standing.
NEVER_MUTED = frozenset({"voided", "episode-closed"})


@dataclass(frozen=True, slots=True)
class Match:
    """What a silence concerns: every condition that is set holds. Patterns are shell-like."""

    divisions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    enterprises: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    max_severity: int = 4

    def holds(self, facts: Facts, recipient_id: str) -> bool:
        """Whether a message about these facts for this recipient is meant."""
        conditions = (
            not self.divisions or any(serves(code, facts.division_code) for code in self.divisions),
            not self.kinds or any(fnmatchcase(facts.kind, one) for one in self.kinds),
            not self.rules or any(fnmatchcase(facts.rule_id, one) for one in self.rules),
            not self.sources or facts.source_id in self.sources,
            not self.enterprises or facts.enterprise_id in self.enterprises,
            not self.teams or recipient_id in self.teams,
            facts.severity <= self.max_severity,
        )
        return facts.kind not in NEVER_MUTED and all(conditions)

    @property
    def narrow(self) -> bool:
        """Whether it says what it concerns at all: a silence over everything is a mistake."""
        return any((self.divisions, self.rules, self.sources, self.enterprises, self.teams))


@dataclass(frozen=True, slots=True)
class Silence:
    """From `starts_ms` to `ends_ms`, exclusive. `due_ms` is when its owner is told next: before the end, and at it."""

    silence_id: str
    state: SilenceState
    owner: str
    reason: str
    team_id: str
    match: Match
    starts_ms: int
    ends_ms: int
    created_ms: int
    due_ms: int
    reminded_ms: int = 0
    ended_ms: int = 0
    ended_by: str = ""
    rev: int = 1

    def mutes(self, facts: Facts, recipient_id: str, now_ms: int) -> bool:
        """Whether it holds back a message now."""
        return (
            self.state == "active" and self.starts_ms <= now_ms < self.ends_ms and self.match.holds(facts, recipient_id)
        )

    def reminded(self, now_ms: int) -> "Silence":
        """After the owner was told that it will end."""
        return replace(self, reminded_ms=now_ms, due_ms=self.ends_ms)

    def ended(self, now_ms: int, by: str) -> "Silence":
        """At its end; `by` is empty when its time was over."""
        state: SilenceState = "cancelled" if by else "ended"
        return replace(self, state=state, ended_ms=now_ms, ended_by=by)


def remind_ms(starts_ms: int, ends_ms: int) -> int:
    """When the owner is told that the silence will end."""
    return max(ends_ms - REMIND_MS, starts_ms + (ends_ms - starts_ms) * 9 // 10)


class SilenceStore(Protocol):
    """Silences, shared by all replicas. Every method may raise StoreAway."""

    async def insert_silence(self, silence: Silence) -> bool:
        """True when it is new."""

    async def get_silence(self, silence_id: str) -> Silence | None:
        """One silence."""

    async def save_silence(self, silence: Silence) -> bool:
        """Writes it if its `rev` is still the stored one, and counts it up."""

    async def silences(self, now_ms: int) -> list[Silence]:
        """Those in force at a time, oldest first."""

    async def due_silences(self, now_ms: int) -> list[Silence]:
        """Active ones whose owner is to be told something, in the order of their times."""

    async def next_silence_ms(self, now_ms: int) -> int | None:
        """When the next active silence after now is due."""

    async def page_silences(self, *, before: tuple[int, str] | None, limit: int) -> list[Silence]:
        """Newest first by (created_ms, silence_id), from below `before`."""
