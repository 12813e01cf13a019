"""Indexes of lists of leads end with their order, as those of issues do; the one they replace goes."""

from lantian_kit.migrations import Database, Migration
from lantian_tasks.case_store import CASE_INDEXES, NEWEST_OF, REPLACED_OF_CASES

NEW = (*(f"newest_of_{name.removeprefix('keys.')}" for name in NEWEST_OF), "counted")


def forward(database: Database) -> None:
    """The release before finds its rows by the new ones too; its own it makes again when it starts."""
    database["cases"].create_indexes([index for index in CASE_INDEXES if index.document["name"] in NEW])
    _drop(database, REPLACED_OF_CASES)


def back(database: Database) -> None:
    """What the release before needs it makes when it starts."""
    _drop(database, NEW)


def _drop(database: Database, names: tuple[str, ...]) -> None:
    there = database["cases"].index_information()
    for name in names:
        if name in there:
            database["cases"].drop_index(name)


MIGRATION = Migration(3, "lists of leads are walked in their order", forward, back)
