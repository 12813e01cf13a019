"""Writing means where a server refuses one of two that create a document at the same moment."""

from typing import Any

import pytest
from pymongo.errors import DuplicateKeyError

from lantian_kit.worker import Unavailable
from lantian_tasks.compliance.judge import Hour
from lantian_tasks.hour_store import MotorHours


class Racing:
    """A collection that refuses the first writes as MongoDB does."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.written: list[dict[str, Any]] = []

    async def update_one(self, wanted: dict[str, Any], update: dict[str, Any], upsert: bool) -> None:
        """An upsert."""
        assert upsert
        if self.refusals:
            self.refusals -= 1
            raise DuplicateKeyError("E11000 duplicate key error")
        self.written.append(update["$set"])


async def test_who_was_refused_writes_into_the_others_document() -> None:
    """Once more is enough: the document is there."""
    collection: Any = Racing(1)
    await MotorHours(lambda name: collection).keep_hours("s1", [Hour(0, "a21026", 12, 7.0, 78)])
    assert collection.written == [{"source_id": "s1", "day_ms": 0, "hours.a21026_12_0": [0, "a21026", 12, 7.0, 78]}]


async def test_a_store_that_refuses_still_is_away() -> None:
    """The record comes again."""
    collection: Any = Racing(3)
    with pytest.raises(Unavailable):
        await MotorHours(lambda name: collection).keep_hours("s1", [Hour(0, "a21026", 12, 7.0, 78)])
