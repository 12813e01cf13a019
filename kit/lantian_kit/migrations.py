"""Steps that bring a store from one release's form to the next, and back; which were made lies in the store itself.

A step adds before it takes away, so that the release before can still work on what the step has changed: services of
both run side by side during an upgrade. A step that was cut off is made again from its beginning and must bear that.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

MADE: Final = "migrations"
Database = Any
"""A pymongo database; this module knows no driver."""


@dataclass(frozen=True, slots=True)
class Migration:
    """`number` counts from 1 without a gap; `forward` and `back` may be run again after they were cut off."""

    number: int
    about: str
    forward: Callable[[Database], None]
    back: Callable[[Database], None]


class MigrationError(Exception):
    """The store can not be brought to where it was asked; nothing was changed."""


def version(database: Database) -> int:
    """The number of the last step the store has made, 0 for none."""
    made = [int(row["_id"]) for row in database[MADE].find({}, {"_id": 1})]
    return max(made, default=0)


def check(migrations: Sequence[Migration]) -> None:
    """Raises MigrationError for a list with a gap or a wrong order."""
    numbers = [one.number for one in migrations]
    if numbers != list(range(1, len(numbers) + 1)):
        raise MigrationError(f"migrations are numbered {numbers}")


def migrate(
    database: Database, migrations: Sequence[Migration], to: int | None = None, say: Callable[[str], None] = print
) -> int:
    """Makes or takes back steps until the store stands at `to`, by default the last; how many.

    Raises MigrationError for a target that does not exist, or a store that a newer release has moved on.
    """
    check(migrations)
    at, target = version(database), len(migrations) if to is None else to
    if not 0 <= target <= len(migrations):
        raise MigrationError(f"there is no step {target}; there are 1 to {len(migrations)}")
    if at > len(migrations):
        raise MigrationError(
            f"the store stands at step {at}, this release knows {len(migrations)}: take it back with that one"
        )
    steps = migrations[at:target] if target >= at else migrations[target:at][::-1]
    for step in steps:
        forward = target > at
        say(f"{'forward' if forward else 'back'} {step.number:04d}: {step.about}")
        (step.forward if forward else step.back)(database)
        if forward:
            row = {"_id": step.number, "about": step.about, "made_ms": int(time.time() * 1000)}
            database[MADE].replace_one({"_id": step.number}, row, upsert=True)
        else:
            database[MADE].delete_one({"_id": step.number})
    return len(steps)
