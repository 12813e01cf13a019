"""Which errors of the driver mean that the store is away, and which are told as they are."""

import pytest
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    DuplicateKeyError,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
    WTimeoutError,
)

from lantian_kit.worker import Unavailable
from lantian_tasks.conditions import containing
from lantian_tasks.leases import places_taken, reaching_the_store

TAKEN = {"index": 1, "code": 11000, "errmsg": "E11000 duplicate key error"}
TOO_LARGE = {"index": 2, "code": 10334, "errmsg": "BSONObj size is invalid"}
UNCONFIRMED = [{"code": 64, "errmsg": "waiting for replication timed out"}]


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("connection closed"),
        NotPrimaryError("not primary"),
        ExecutionTimeout("operation exceeded time limit", 50),
        WriteConcernError("waiting for replication", 64),
        WTimeoutError("waiting for replication timed out", 64),
        OperationFailure("Read concern majority reads are currently not possible.", 134),
        OperationFailure("operation was interrupted", 11602),
        BulkWriteError({"writeErrors": [TAKEN], "writeConcernErrors": UNCONFIRMED}),
    ],
    ids=lambda error: f"{type(error).__name__} {getattr(error, 'code', '')}",
)
def test_a_store_that_is_away_or_did_not_confirm_is_unavailable(error: PyMongoError) -> None:
    """The worker comes back with the same record."""
    with pytest.raises(Unavailable, match="store: "), reaching_the_store():
        raise error


@pytest.mark.parametrize(
    "error",
    [
        DuplicateKeyError("E11000", 11000),
        OperationFailure("unknown operator: $x", 2),
        BulkWriteError({"writeErrors": [TOO_LARGE], "writeConcernErrors": []}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_mistake_is_no_absence(error: PyMongoError) -> None:
    """To try it again would be to try it for ever."""
    with pytest.raises(type(error)), reaching_the_store():
        raise error


def test_places_of_what_exists_are_told() -> None:
    """Only when that is all that went wrong."""
    assert places_taken(BulkWriteError({"writeErrors": [TAKEN], "writeConcernErrors": []})) == [1]
    for details in (
        {"writeErrors": [TAKEN, TOO_LARGE], "writeConcernErrors": []},
        {"writeErrors": [TAKEN], "writeConcernErrors": UNCONFIRMED},
    ):
        with pytest.raises(BulkWriteError):
            places_taken(BulkWriteError(details))


def test_a_search_holds_no_zero_byte() -> None:
    """MongoDB refuses such a pattern; the letter is still looked for."""
    (condition,) = containing("a\0.b", ["name"])["$or"]
    assert condition == {"name": {"$regex": r"a\x00\.b", "$options": "i"}}
