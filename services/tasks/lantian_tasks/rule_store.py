"""What alerts says of its rules in MongoDB: one document each key of rules.v1, its bytes as they came."""

from collections.abc import Callable, Collection

from lantian_tasks.conditions import by_id
from lantian_tasks.leases import Collection as StoreCollection
from lantian_tasks.leases import reaching_the_store


class MotorRules:
    """`collection` gives the collection, or raises Unavailable while the store is not open."""

    def __init__(self, collection: Callable[[], StoreCollection]) -> None:
        self._collection = collection

    async def keep_rule_news(self, key: str, data: bytes) -> None:
        with reaching_the_store():
            await self._collection().update_one({"_id": key}, {"$set": {"data": data}}, upsert=True)

    async def rule_news(self, keys: Collection[str]) -> dict[str, bytes]:
        with reaching_the_store():
            found = await self._collection().find(by_id(list(keys))).to_list(length=None)
        return {document["_id"]: bytes(document["data"]) for document in found}
