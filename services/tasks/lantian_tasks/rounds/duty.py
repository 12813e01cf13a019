"""Which teams of a city a round is pushed to: those in force that have somebody on duty (T3). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from lantian_tasks.registry.record import Record

NOBODY = "-"
"""Stands in a list of teams that would be empty: an entry's list holds at least one text."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Ids of teams. `off_duty` keep a roster, and nobody stands in it now."""

    on_duty: tuple[str, ...]
    off_duty: tuple[str, ...]


def recipients(teams: Sequence[Record], rosters: Sequence[Record], city: str, now_ms: int) -> Recipients:
    """Of the teams whose division begins with `city`, a code without padding. A team without roster is always there."""
    held = [roster for roster in rosters if in_force(roster, now_ms)]
    mine = [team.id for team in teams if in_force(team, now_ms) and str(team.entity["division_code"]).startswith(city)]
    kept = {str(roster.entity["team_id"]) for roster in held}
    there = {str(roster.entity["team_id"]) for roster in held if somebody(roster, now_ms)}
    on_duty = tuple(team for team in mine if team in there or team not in kept)
    return Recipients(on_duty, tuple(team for team in mine if team not in on_duty))


def in_force(record: Record, now_ms: int) -> bool:
    """Whether a record holds now."""
    validity = record.validity
    return not record.voided and validity.from_ms <= now_ms and (not validity.to_ms or now_ms < validity.to_ms)


def somebody(roster: Record, now_ms: int) -> bool:
    """Whether a shift covers this moment, whatever midnight or holiday lies in it; its end does not count."""
    return any(int(shift["start_ms"]) <= now_ms < int(shift["end_ms"]) for shift in roster.entity["shifts"])
