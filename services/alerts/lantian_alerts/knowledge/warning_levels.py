"""Which heavy-pollution warning a forecast calls for, by the version in force."""

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

from lantian_alerts.knowledge.loader import Tables
from lantian_alerts.knowledge.rows import WarningClause
from lantian_alerts.knowledge.shipped import shipped

Level = Literal["yellow", "orange", "red"]
STRICTEST_FIRST: Final[tuple[Level, ...]] = ("red", "orange", "yellow")
DAY_HOURS: Final = 24


def warning_conditions(
    level: Level, at: date, *, tables: Tables | None = None
) -> tuple[tuple[WarningClause, ...], ...]:
    """The start conditions of a level on a day: alternatives joined by or, their clauses by and."""
    rows = [row for row in (tables or shipped()).warnings if row.level == level and row.in_force(at)]
    numbers = sorted({row.alternative for row in rows})
    return tuple(tuple(row for row in rows if row.alternative == number) for number in numbers)


def warning_level(daily: Sequence[float], at: date, *, tables: Tables | None = None) -> Level | None:
    """The strictest level whose condition a forecast of consecutive daily indices meets, or None.

    A day stands for 24 hours, so “above 200 for 48 hours” is two days in a row. All clauses of an alternative have to
    be met within one run of days that meets its first clause. `at`: the day on which the decision is taken.
    """
    for level in STRICTEST_FIRST:
        if any(_met(clauses, daily) for clauses in warning_conditions(level, at, tables=tables)):
            return level
    return None


def _met(clauses: tuple[WarningClause, ...], daily: Sequence[float]) -> bool:
    first, *others = clauses
    return any(
        len(run) >= _days(first) and all(any(len(part) >= _days(one) for part in _runs(one, run)) for one in others)
        for run in _runs(first, daily)
    )


def _days(clause: WarningClause) -> int:
    return 1 if clause.hours is None else -(-clause.hours // DAY_HOURS)


def _runs(clause: WarningClause, daily: Sequence[float]) -> list[list[float]]:
    runs: list[list[float]] = [[]]
    for value in daily:
        if value > clause.aqi or (clause.comparison == ">=" and value == clause.aqi):
            runs[-1].append(value)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
