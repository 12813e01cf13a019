"""What a silence held back is found by an index: its end and a replay by hand ask for it among years of deliveries."""

from lantian_kit.migrations import Database, Migration

DELIVERIES = "deliveries"
NAME = "silenced"


def forward(database: Database) -> None:
    """Only the few that a silence held back are in it."""
    database[DELIVERIES].create_index(
        [("silence_id", 1), ("created_ms", 1)], name=NAME, partialFilterExpression={"silence_id": {"$gt": ""}}
    )


def back(database: Database) -> None:
    """The release before reads them all."""
    if NAME in database[DELIVERIES].index_information():
        database[DELIVERIES].drop_index(NAME)


MIGRATION = Migration(1, "deliveries that a silence held back are found by an index", forward, back)
