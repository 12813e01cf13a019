"""The commands `lantian-…-migrate`: a job before the services of a new release, or before they are taken back."""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from lantian_kit.migrations import Migration, MigrationError, migrate, version
from lantian_kit.settings import StoreSettings

PATIENCE_MS = 30_000


def run(
    service: str,
    migrations: Sequence[Migration],
    connect: Callable[[str], AbstractContextManager[Any]],
    trouble: type[Exception],
) -> int:
    """0 when the store stands where it should; 1 with the reason otherwise. `trouble` is what the driver raises."""
    parser = argparse.ArgumentParser(description=f"Brings the store of {service} to this release's form, or back.")
    parser.add_argument("--to", type=int, default=None, help="number of the step to stand at; default: the last")
    parser.add_argument("--list", action="store_true", help="show the steps and where the store stands, change nothing")
    arguments = parser.parse_args()
    settings = StoreSettings()
    with connect(settings.store_url.get_secret_value()) as client:
        database = client[settings.store_database]
        try:
            if arguments.list:
                at = version(database)
                for step in migrations:
                    _say(f"{'made' if step.number <= at else '    '} {step.number:04d} {step.about}")
                return 0
            count = migrate(database, migrations, arguments.to, _say)
        except (MigrationError, trouble) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    _say(f"{count} steps" if count else "nothing to do")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
