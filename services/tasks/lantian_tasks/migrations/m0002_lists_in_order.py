"""Indexes of lists of issues end with their order; those they replace go."""

from lantian_kit.migrations import Database, Migration
from lantian_tasks.issue_queries import ISSUE_INDEXES, NEWEST_OF, REPLACED

NEW = (*(f"newest_of_{name}" for name in NEWEST_OF if name != "state"), "counted")


def forward(database: Database) -> None:
    """The release before finds its rows by the new ones too; its own it makes again when it starts."""
    database["issues"].create_indexes([index for index in ISSUE_INDEXES if index.document["name"] in NEW])
    _drop(database, REPLACED)


def back(database: Database) -> None:
    """What the release before needs it makes when it starts."""
    _drop(database, NEW)


def _drop(database: Database, names: tuple[str, ...]) -> None:
    there = database["issues"].index_information()
    for name in names:
        if name in there:
            database["issues"].drop_index(name)


MIGRATION = Migration(2, "lists of issues are walked in their order", forward, back)
