"""Deliveries, their endpoints and rates in MongoDB."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from lantian_notify.deliveries.bucket import Bucket, Rate
from lantian_notify.deliveries.circuit import EndpointHealth
from lantian_notify.deliveries.delivery import STATES, Attempt, Backlog, Delivery, State, StoreAway
from lantian_notify.store import Document, answering, page, save

DELIVERIES = "deliveries"
ENDPOINTS = "delivery_endpoints"
NOTICES = "delivery_notices"
BUCKETS = "delivery_buckets"
HEALTH_TRIES = 20

_FIELDS = {field.name: field.default for field in fields(Delivery) if field.name not in ("delivery_id", "rev")}
_LISTED = {"body": 0, "items": 0}


class MongoDeliveryStore:
    """A DeliveryStore. A delivery changes only by `_id` and `rev` (compare and set)."""

    def __init__(self, database: Any) -> None:
        self._deliveries = database[DELIVERIES]
        self._endpoints = database[ENDPOINTS]
        self._notices = database[NOTICES]
        self._buckets = database[BUCKETS]

    async def prepare(self) -> None:
        async with answering():
            await self._deliveries.create_index([("state", ASCENDING), ("next_at_ms", ASCENDING)])
            await self._deliveries.create_index(
                [("endpoint_id", ASCENDING), ("state", ASCENDING), ("urgency", DESCENDING), ("created_ms", ASCENDING)]
            )
            await self._deliveries.create_index([("state", ASCENDING), ("created_ms", DESCENDING), ("_id", DESCENDING)])
            await self._deliveries.create_index([("created_ms", DESCENDING), ("_id", DESCENDING)])

    async def insert(self, delivery: Delivery) -> bool:
        async with answering():
            try:
                await self._deliveries.insert_one(_document(delivery))
            except DuplicateKeyError:
                return False
            return True

    async def get(self, delivery_id: str) -> Delivery | None:
        async with answering():
            found = await self._deliveries.find_one({"_id": delivery_id})
        return None if found is None else _delivery(found)

    async def gathering(self, endpoint_id: str, group_key: str) -> Delivery | None:
        async with answering():
            found = (
                await self._deliveries.find({"endpoint_id": endpoint_id, "state": "pending", "group_key": group_key})
                .sort([("created_ms", DESCENDING)])
                .limit(1)
                .to_list(1)
            )
        newest = _delivery(found[0]) if found else None
        return newest if newest is not None and newest.gathering else None

    async def placed(self, notice_id: str) -> str | None:
        async with answering():
            found = await self._notices.find_one({"_id": notice_id})
        return None if found is None else str(found["delivery_id"])

    async def place(self, notice_id: str, delivery_id: str) -> None:
        async with answering():
            change = await self._notices.update_one({"_id": notice_id}, {"$set": {"delivery_id": delivery_id}})
            if change.matched_count:
                return
            try:
                await self._notices.insert_one({"_id": notice_id, "delivery_id": delivery_id})
            except DuplicateKeyError:
                await self._notices.update_one({"_id": notice_id}, {"$set": {"delivery_id": delivery_id}})

    async def due_endpoints(self, now_ms: int, wall_ms: int) -> list[str]:
        async with answering():
            names: list[str] = await self._deliveries.distinct("endpoint_id", _due(now_ms, wall_ms))
        return sorted(names)

    async def next_due_ms(self, now_ms: int) -> int | None:
        async with answering():
            found = await self._deliveries.find_one(
                {"state": "pending", "next_at_ms": {"$gt": now_ms}},
                {"next_at_ms": 1},
                sort=[("next_at_ms", ASCENDING)],
            )
        return None if found is None else int(found["next_at_ms"])

    async def claim(
        self, endpoint_id: str, now_ms: int, wall_ms: int, *, limit: int, owner: str, until_wall_ms: int
    ) -> list[Delivery]:
        lease = {"lease_owner": owner, "lease_until_wall_ms": until_wall_ms}
        claimed = []
        async with answering():
            found = (
                await self._deliveries.find({"endpoint_id": endpoint_id, **_due(now_ms, wall_ms)})
                .sort([("urgency", DESCENDING), ("created_ms", ASCENDING), ("_id", ASCENDING)])
                .limit(limit)
                .to_list(limit)
            )
            for document in found:
                # By _id and rev: find_one_and_update scans in SecantusDB, and the loser of a race must know.
                answer = await self._deliveries.update_one(
                    {"_id": document["_id"], "rev": document["rev"]}, {"$set": lease, "$inc": {"rev": 1}}
                )
                if answer.modified_count == 1:
                    claimed.append(_delivery({**document, **lease, "rev": document["rev"] + 1}))
        return claimed

    async def save(self, delivery: Delivery) -> bool:
        document = _document(delivery)
        # What is rendered never changes, and it is most of the document.
        kept = ("_id", "rev") if delivery.items else ("_id", "rev", "body", "items")
        change = {name: value for name, value in document.items() if name not in kept}
        return await save(self._deliveries, delivery.delivery_id, change, delivery.rev)

    async def release(self, owner: str) -> int:
        free = {"lease_owner": "", "lease_until_wall_ms": 0}
        async with answering():
            answer = await self._deliveries.update_many(
                {"state": "pending", "lease_owner": owner}, {"$set": free, "$inc": {"rev": 1}}
            )
        return int(answer.modified_count)

    async def expire(self, now_ms: int, wall_ms: int) -> int:
        query = {"state": "pending", "deadline_ms": {"$lte": now_ms}, "lease_until_wall_ms": {"$lte": wall_ms}}
        end = {"state": "failed", "reason": "expired", "settled_ms": now_ms}
        async with answering():
            answer = await self._deliveries.update_many(query, {"$set": end, "$inc": {"rev": 1}})
        return int(answer.modified_count)

    async def page(
        self, *, state: State | None, endpoint_id: str | None, before: tuple[int, str] | None, limit: int
    ) -> list[Delivery]:
        query: Document = {}
        if state is not None:
            query["state"] = state
        if endpoint_id is not None:
            query["endpoint_id"] = endpoint_id
        found = await page(self._deliveries, query, before, limit, _LISTED)
        return [_delivery({**document, "body": b"", "items": ()}) for document in found]

    async def matching(
        self, *, state: State | None, endpoint_id: str | None, silence_id: str | None, since_ms: int, limit: int
    ) -> list[str]:
        wanted = {"state": state, "endpoint_id": endpoint_id, "silence_id": silence_id}
        query: Document = {name: value for name, value in wanted.items() if value is not None}
        query["created_ms"] = {"$gte": since_ms}
        async with answering():
            found = (
                await self._deliveries.find(query, {"_id": 1})
                .sort([("created_ms", ASCENDING), ("_id", ASCENDING)])
                .limit(limit)
                .to_list(limit)
            )
        return [str(document["_id"]) for document in found]

    async def take_token(self, bucket_id: str, rate: Rate, wall_ms: int) -> int:
        for _ in range(HEALTH_TRIES):
            async with answering():
                found = await self._buckets.find_one({"_id": bucket_id})
                known = Bucket() if found is None else Bucket(found["tokens"], found["at_wall_ms"])
                after, wait_ms = known.take(rate, wall_ms)
                if wait_ms:
                    return wait_ms
                if found is None:
                    try:
                        await self._buckets.insert_one({"_id": bucket_id, "rev": 1, **asdict(after)})
                    except DuplicateKeyError:
                        continue
                    return 0
                answer = await self._buckets.update_one(
                    {"_id": bucket_id, "rev": found["rev"]}, {"$set": asdict(after), "$inc": {"rev": 1}}
                )
                if answer.modified_count == 1:
                    return 0
            await asyncio.sleep(0)
        raise StoreAway(f"bucket {bucket_id} changed {HEALTH_TRIES} times while it was written")

    async def backlog(self) -> Backlog:
        counts: dict[State, int] = {}
        async with answering():
            for state in STATES:
                if state != "delivered":
                    counts[state] = await self._deliveries.count_documents({"state": state})
            # Nearly all are delivered, and counting them one by one every few seconds would be felt.
            every = await self._deliveries.estimated_document_count()
            counts["delivered"] = max(0, every - sum(counts.values()))
            oldest = await self._deliveries.find_one(
                {"state": "pending"}, {"created_ms": 1}, sort=[("created_ms", ASCENDING)]
            )
        return Backlog(counts, None if oldest is None else int(oldest["created_ms"]))

    async def health(self, endpoint_id: str) -> EndpointHealth:
        async with answering():
            found = await self._endpoints.find_one({"_id": endpoint_id})
        return _health(endpoint_id, found)

    async def change_health(
        self, endpoint_id: str, change: Callable[[EndpointHealth], EndpointHealth]
    ) -> EndpointHealth:
        for _ in range(HEALTH_TRIES):
            async with answering():
                found = await self._endpoints.find_one({"_id": endpoint_id})
                after = change(_health(endpoint_id, found))
                values = {name: value for name, value in asdict(after).items() if name != "endpoint_id"}
                if found is None:
                    try:
                        await self._endpoints.insert_one({"_id": endpoint_id, "rev": 1, **values})
                    except DuplicateKeyError:
                        continue
                    return after
                answer = await self._endpoints.update_one(
                    {"_id": endpoint_id, "rev": found["rev"]}, {"$set": values, "$inc": {"rev": 1}}
                )
                if answer.modified_count == 1:
                    return after
            await asyncio.sleep(0)
        raise StoreAway(f"health of {endpoint_id} changed {HEALTH_TRIES} times while it was written")


def _due(now_ms: int, wall_ms: int) -> Document:
    return {"state": "pending", "next_at_ms": {"$lte": now_ms}, "lease_until_wall_ms": {"$lte": wall_ms}}


def _document(delivery: Delivery) -> Document:
    document = {name: getattr(delivery, name) for name in _FIELDS}
    document["attempts"] = [asdict(attempt) for attempt in delivery.attempts]
    document["replays_ms"] = list(delivery.replays_ms)
    document["items"] = [dict(item) for item in delivery.items]
    return {"_id": delivery.delivery_id, "rev": delivery.rev, **document}


def _delivery(document: Mapping[str, Any]) -> Delivery:
    # A field that a former release did not write has its default.
    values = {name: document.get(name, default) for name, default in _FIELDS.items()}
    values["items"] = tuple(values["items"])
    values["attempts"] = tuple(Attempt(**row) for row in document["attempts"])
    values["replays_ms"] = tuple(document["replays_ms"])
    values["body"] = bytes(document["body"])
    return Delivery(delivery_id=document["_id"], rev=document["rev"], **values)


def _health(endpoint_id: str, document: Mapping[str, Any] | None) -> EndpointHealth:
    fresh = EndpointHealth(endpoint_id)
    if document is None:
        return fresh
    names = [field.name for field in fields(EndpointHealth) if field.name != "endpoint_id"]
    return replace(fresh, **{name: document[name] for name in names})
