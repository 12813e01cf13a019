"""Means of minutes, hours and days in MongoDB: one document a source and UTC day, a collection each period."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from lantian_kit.worker import Unavailable
from lantian_proto.readings import Period
from lantian_tasks.clocks.calendar import DAY_MS
from lantian_tasks.compliance.judge import Hour
from lantian_tasks.leases import Collection, reaching_the_store

PERIODS = {Period.MINUTE: "minutes", Period.HOUR: "hours", Period.DAY: "days"}
"""Collections."""
ATTEMPTS = 3
HOUR_INDEXES = [IndexModel([("source_id", ASCENDING), ("day_ms", ASCENDING)], name="day")]


class MotorHours:
    """`collection` gives a collection by name, or raises Unavailable while the store is not open."""

    def __init__(self, collection: Callable[[str], Collection]) -> None:
        self._collection = collection

    async def keep_hours(self, source_id: str, hours: Sequence[Hour], period: Period = Period.HOUR) -> None:
        days: dict[int, dict[str, Any]] = defaultdict(dict)
        for hour in hours:
            day_ms = hour.time_ms - hour.time_ms % DAY_MS
            row = [hour.time_ms, hour.factor, hour.stat, hour.value, hour.flag]
            days[day_ms][f"hours.{hour.factor}_{hour.stat}_{hour.time_ms - day_ms}"] = row
        for day_ms, values in days.items():
            with reaching_the_store():
                await self._put(self._collection(PERIODS[period]), f"{source_id}|{day_ms}", source_id, day_ms, values)

    async def _put(self, collection: Collection, id_: str, source_id: str, day_ms: int, values: dict[str, Any]) -> None:
        """Each mean has a path of its own, so that writers of one day take nothing from each other, and a repeat writes
        the same. Of two that find no document yet MongoDB may refuse one: asked again it finds the other's.
        """
        written = {"$set": {"source_id": source_id, "day_ms": day_ms, **values}}
        for _ in range(ATTEMPTS):
            try:
                await collection.update_one({"_id": id_}, written, upsert=True)
            except DuplicateKeyError:
                continue
            return
        raise Unavailable(f"{id_} was refused {ATTEMPTS} times")

    async def hours(self, source_id: str, from_ms: int, to_ms: int, period: Period = Period.HOUR) -> list[Hour]:
        wanted = {"source_id": source_id, "day_ms": {"$gte": from_ms - DAY_MS, "$lte": to_ms}}
        with reaching_the_store():
            found = await self._collection(PERIODS[period]).find(wanted).to_list(length=None)
        kept = [Hour(*row) for document in found for row in document.get("hours", {}).values()]
        return [hour for hour in kept if from_ms <= hour.time_ms < to_ms]
