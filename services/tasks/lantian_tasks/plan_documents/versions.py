"""Versions of a plan document, and which of them is in force on a day. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from lantian_tasks.clocks.calendar import day_of
from lantian_tasks.evidence.piece import Piece, piece_of, sealed_fields


class VersionState(StrEnum):
    """Where one version stands."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Version:
    """`number` counts from 1. `valid_from` and `valid_to` are days YYYY-MM-DD, both included; times in ms since 1970
    UTC, `decided_ms` 0: nobody decided yet. `reason` is why it was returned, or what was said when it was approved.
    """

    number: int
    state: VersionState
    valid_from: str
    valid_to: str
    note: str
    piece: Piece
    drafted_ms: int
    drafted_by: str
    drafter_role: str
    decided_ms: int = 0
    decided_by: str = ""
    reason: str = ""

    def covers(self, day: str) -> bool:
        """Whether a day lies in its period."""
        return self.valid_from <= day <= self.valid_to

    def approved_after(self, day: str) -> bool:
        """Whether it was approved only after a day: what was done on that day was not done under an approved plan."""
        return self.state == VersionState.APPROVED and day_of(self.decided_ms).isoformat() > day


def version_of(row: Mapping[str, Any]) -> Version:
    """The version of a document's row."""
    values = {one.name: row[one.name] for one in fields(Version) if one.name in row}
    return Version(**{**values, "state": VersionState(row["state"]), "piece": piece_of(row["piece"])})


def row_of(version: Version) -> dict[str, Any]:
    """The row of a version, plain JSON."""
    return {**asdict(version), "state": str(version.state), "piece": sealed_fields(version.piece)}


def versions_of(data: Mapping[str, Any]) -> list[Version]:
    """All versions of a plan, oldest first."""
    return [version_of(row) for row in data["versions"]]


def in_force(versions: Sequence[Version], withdrawn_on: str, day: str) -> Version | None:
    """The approved version whose period has the day; of several the latest. From `withdrawn_on` (empty: never) none."""
    if withdrawn_on and day >= withdrawn_on:
        return None
    valid = [one for one in versions if one.state == VersionState.APPROVED and one.covers(day)]
    return max(valid, key=lambda one: one.number, default=None)


def span(versions: Sequence[Version], withdrawn_on: str) -> tuple[str, str]:
    """First and last day on which some version can be in force; both empty when none ever is. Gaps lie within."""
    approved = [one for one in versions if one.state == VersionState.APPROVED]
    if not approved:
        return "", ""
    first, last = min(one.valid_from for one in approved), max(one.valid_to for one in approved)
    if withdrawn_on:
        last = min(last, (date.fromisoformat(withdrawn_on) - timedelta(days=1)).isoformat())
    return (first, last) if first <= last else ("", "")
