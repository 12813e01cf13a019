"""The command `lantian-tasks-migrate`: a job before the services of a new release, or before they are taken back."""

import argparse
import sys

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from lantian_kit.migrations import MigrationError, migrate, version
from lantian_kit.settings import StoreSettings
from lantian_tasks.migrations import MIGRATIONS

PATIENCE_MS = 30_000


def main() -> int:
    """0 when the store stands where it should; 1 with the reason otherwise."""
    parser = argparse.ArgumentParser(description="Brings the store of tasks to this release's form, or back.")
    parser.add_argument("--to", type=int, default=None, help="number of the step to stand at; default: the last")
    parser.add_argument("--list", action="store_true", help="show the steps and where the store stands, change nothing")
    arguments = parser.parse_args()
    settings = StoreSettings()
    url = settings.store_url.get_secret_value()
    with MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=PATIENCE_MS) as client:
        database = client[settings.store_database]
        try:
            if arguments.list:
                at = version(database)
                for step in MIGRATIONS:
                    _say(f"{'made' if step.number <= at else '    '} {step.number:04d} {step.about}")
                return 0
            count = migrate(database, MIGRATIONS, arguments.to, _say)
        except (MigrationError, PyMongoError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    _say(f"{count} steps" if count else "nothing to do")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
