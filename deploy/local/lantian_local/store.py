"""SecantusDB, a document store that speaks MongoDB's protocol, as a process of its own: for demo and tests only.

It is GPL-2.0 and runs as a separate program; nothing of the suite links it, and production uses MongoDB.
"""

import sysconfig
from pathlib import Path

from lantian_local.part import Part, listening
from lantian_local.ports import HOST

COMMAND = "secantusd-py"


def store(home: Path, *, port: int) -> Part:
    """The store with its data in `home`; every acknowledged write is on disk (`--sync-on-commit`)."""
    home = home.resolve()
    url = f"mongodb://{HOST}:{port}"
    return Part(
        name="store",
        argv=(
            str(Path(sysconfig.get_path("scripts")) / COMMAND),
            "--host", HOST,
            "--port", str(port),
            "--storage-path", str(home / "data"),
            "--cache-size", "256M",
            "--sync-on-commit",
        ),
        log=home.parent / "logs" / "store.log",
        address=url,
        ready=lambda: listening(port) or _answers(url),
        alive=lambda: listening(port),
        prepare=lambda say: home.mkdir(parents=True, exist_ok=True),
        stop_seconds=10,
    )  # fmt: skip


def _answers(url: str) -> str | None:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

    client: MongoClient[dict[str, object]] = MongoClient(url, serverSelectionTimeoutMS=2000)
    try:
        client.admin.command("ping")
    except PyMongoError as error:
        return str(error)
    finally:
        client.close()
    return None
