"""Rounds that wait for their start get a timer: this release starts them by itself, the one before did not."""

from lantian_kit.migrations import Database, Migration

WAITING = {"kind": "round", "state": {"$in": ["draft", "built"]}}


def forward(database: Database) -> None:
    """Of those whose start has passed long ago it is said once that they do not start any more."""
    for row in list(database["cases"].find({**WAITING, "timer_ms": 0}, {"rev": 1, "data.starts_ms": 1})):
        wanted = {"_id": row["_id"], "rev": row["rev"]}
        database["cases"].update_one(wanted, {"$set": {"timer_ms": row["data"]["starts_ms"]}})


def back(database: Database) -> None:
    """The release before takes a timer of a round for leads that have not followed it: a built one may have such."""
    for row in list(database["cases"].find({**WAITING, "timer_ms": {"$gt": 0}}, {"rev": 1, "state": 1, "data": 1})):
        if row["state"] == "draft" or row["data"]["carried_out"] == row["state"]:
            database["cases"].update_one({"_id": row["_id"], "rev": row["rev"]}, {"$set": {"timer_ms": 0}})


MIGRATION = Migration(4, "rounds wait for their start", forward, back)
