"""Documents older than ledger.v1 are marked, so that the topic gets them too."""

from lantian_kit.migrations import Database, Migration
from lantian_tasks.copy_store import COPY_INDEX
from lantian_tasks.ledger.document import UNCOPIED
from lantian_tasks.ports import COPIED


def forward(database: Database) -> None:
    """The release before does not look at the mark; what it writes meanwhile is copied after its next write."""
    for name in COPIED:
        database[name].create_indexes([COPY_INDEX])
        database[name].update_many({UNCOPIED: {"$exists": False}}, {"$set": {UNCOPIED: 1}})


def back(database: Database) -> None:
    """The topic keeps what it has; nobody reads it then."""
    for name in COPIED:
        if UNCOPIED in database[name].index_information():
            database[name].drop_index(UNCOPIED)
        database[name].update_many({UNCOPIED: {"$exists": True}}, {"$unset": {UNCOPIED: ""}})


MIGRATION = Migration(1, "documents that ledger.v1 lacks are marked", forward, back)
