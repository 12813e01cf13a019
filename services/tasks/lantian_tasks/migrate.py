"""The command `lantian-tasks-migrate`."""

from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from lantian_kit.migrate import PATIENCE_MS, run
from lantian_tasks.migrations import MIGRATIONS


def main() -> int:
    """See lantian_kit.migrate."""

    def connect(url: str) -> MongoClient[dict[str, Any]]:
        return MongoClient(
            url, serverSelectionTimeoutMS=PATIENCE_MS, w="majority", journal=True, readPreference="primary"
        )

    return run("tasks", MIGRATIONS, connect, PyMongoError)


if __name__ == "__main__":
    raise SystemExit(main())
