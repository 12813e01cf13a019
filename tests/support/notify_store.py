"""The store of notify in memory; it passes the same contract cases as the one in MongoDB."""

from collections.abc import Callable
from dataclasses import replace

from lantian_notify.deliveries.bucket import Bucket, Rate
from lantian_notify.deliveries.circuit import EndpointHealth
from lantian_notify.deliveries.delivery import STATES, Backlog, Delivery, State, StoreAway


class FakeDeliveryStore:
    """A DeliveryStore; set `away` and every call raises StoreAway."""

    def __init__(self) -> None:
        self.away = False
        self.deliveries: dict[str, Delivery] = {}
        self.endpoints: dict[str, EndpointHealth] = {}
        self.notices: dict[str, str] = {}
        self.buckets: dict[str, Bucket] = {}

    def _ask(self) -> None:
        if self.away:
            raise StoreAway("told to be away")

    async def prepare(self) -> None:
        self._ask()

    async def insert(self, delivery: Delivery) -> bool:
        self._ask()
        if delivery.delivery_id in self.deliveries:
            return False
        self.deliveries[delivery.delivery_id] = delivery
        return True

    async def get(self, delivery_id: str) -> Delivery | None:
        self._ask()
        return self.deliveries.get(delivery_id)

    def _due(self, now_ms: int, wall_ms: int) -> list[Delivery]:
        return [
            delivery
            for delivery in self.deliveries.values()
            if delivery.state == "pending" and delivery.next_at_ms <= now_ms and delivery.lease_until_wall_ms <= wall_ms
        ]

    async def due_endpoints(self, now_ms: int, wall_ms: int) -> list[str]:
        self._ask()
        return sorted({delivery.endpoint_id for delivery in self._due(now_ms, wall_ms)})

    async def next_due_ms(self, now_ms: int) -> int | None:
        self._ask()
        later = [
            delivery.next_at_ms
            for delivery in self.deliveries.values()
            if delivery.state == "pending" and delivery.next_at_ms > now_ms
        ]
        return min(later, default=None)

    async def claim(
        self, endpoint_id: str, now_ms: int, wall_ms: int, *, limit: int, owner: str, until_wall_ms: int
    ) -> list[Delivery]:
        self._ask()
        due = [delivery for delivery in self._due(now_ms, wall_ms) if delivery.endpoint_id == endpoint_id]
        due.sort(key=lambda delivery: (-delivery.urgency, delivery.created_ms, delivery.delivery_id))
        claimed = [
            replace(delivery, lease_owner=owner, lease_until_wall_ms=until_wall_ms, rev=delivery.rev + 1)
            for delivery in due[:limit]
        ]
        self.deliveries.update({delivery.delivery_id: delivery for delivery in claimed})
        return claimed

    async def save(self, delivery: Delivery) -> bool:
        self._ask()
        stored = self.deliveries.get(delivery.delivery_id)
        if stored is None or stored.rev != delivery.rev:
            return False
        if not delivery.items:
            delivery = replace(delivery, body=stored.body, items=stored.items)
        self.deliveries[delivery.delivery_id] = replace(delivery, rev=delivery.rev + 1)
        return True

    async def gathering(self, endpoint_id: str, group_key: str) -> Delivery | None:
        self._ask()
        found = [
            delivery
            for delivery in self.deliveries.values()
            if (delivery.endpoint_id, delivery.group_key, delivery.state) == (endpoint_id, group_key, "pending")
        ]
        newest = max(found, key=lambda delivery: delivery.created_ms, default=None)
        return newest if newest is not None and newest.gathering else None

    async def placed(self, notice_id: str) -> str | None:
        self._ask()
        return self.notices.get(notice_id)

    async def place(self, notice_id: str, delivery_id: str) -> None:
        self._ask()
        self.notices[notice_id] = delivery_id

    async def matching(
        self, *, state: State | None, endpoint_id: str | None, silence_id: str | None, since_ms: int, limit: int
    ) -> list[str]:
        self._ask()
        found = [
            delivery
            for delivery in self.deliveries.values()
            if (state is None or delivery.state == state)
            and (endpoint_id is None or delivery.endpoint_id == endpoint_id)
            and (silence_id is None or delivery.silence_id == silence_id)
            and delivery.created_ms >= since_ms
        ]
        found.sort(key=lambda delivery: (delivery.created_ms, delivery.delivery_id))
        return [delivery.delivery_id for delivery in found[:limit]]

    async def take_token(self, bucket_id: str, rate: Rate, wall_ms: int) -> int:
        self._ask()
        after, wait_ms = self.buckets.get(bucket_id, Bucket()).take(rate, wall_ms)
        if not wait_ms:
            self.buckets[bucket_id] = after
        return wait_ms

    async def release(self, owner: str) -> int:
        self._ask()
        held = [
            delivery
            for delivery in self.deliveries.values()
            if delivery.state == "pending" and delivery.lease_owner == owner
        ]
        for delivery in held:
            self.deliveries[delivery.delivery_id] = replace(
                delivery, lease_owner="", lease_until_wall_ms=0, rev=delivery.rev + 1
            )
        return len(held)

    async def expire(self, now_ms: int, wall_ms: int) -> int:
        self._ask()
        late = [
            delivery
            for delivery in self.deliveries.values()
            if delivery.state == "pending"
            and delivery.deadline_ms <= now_ms
            and delivery.lease_until_wall_ms <= wall_ms
        ]
        for delivery in late:
            self.deliveries[delivery.delivery_id] = replace(
                delivery, state="failed", reason="expired", settled_ms=now_ms, rev=delivery.rev + 1
            )
        return len(late)

    async def page(
        self, *, state: State | None, endpoint_id: str | None, before: tuple[int, str] | None, limit: int
    ) -> list[Delivery]:
        self._ask()
        found = [
            replace(delivery, body=b"", items=())
            for delivery in self.deliveries.values()
            if (state is None or delivery.state == state)
            and (endpoint_id is None or delivery.endpoint_id == endpoint_id)
            and (before is None or (delivery.created_ms, delivery.delivery_id) < before)
        ]
        found.sort(key=lambda delivery: (delivery.created_ms, delivery.delivery_id), reverse=True)
        return found[:limit]

    async def backlog(self) -> Backlog:
        self._ask()
        states = [delivery.state for delivery in self.deliveries.values()]
        pending = [delivery.created_ms for delivery in self.deliveries.values() if delivery.state == "pending"]
        return Backlog({state: states.count(state) for state in STATES}, min(pending, default=None))

    async def health(self, endpoint_id: str) -> EndpointHealth:
        self._ask()
        return self.endpoints.get(endpoint_id, EndpointHealth(endpoint_id))

    async def change_health(
        self, endpoint_id: str, change: Callable[[EndpointHealth], EndpointHealth]
    ) -> EndpointHealth:
        self._ask()
        self.endpoints[endpoint_id] = change(self.endpoints.get(endpoint_id, EndpointHealth(endpoint_id)))
        return self.endpoints[endpoint_id]
