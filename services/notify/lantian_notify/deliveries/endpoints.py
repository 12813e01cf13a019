"""What operators see of deliveries, and replays by hand."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, model_validator

from lantian_kit.clock import Clock
from lantian_notify.access import OPERATORS, calling
from lantian_notify.deliveries.delivery import Delivery, DeliveryStore, State
from lantian_notify.once import NotifyRoute
from lantian_notify.pages import Cursor, Limit
from lantian_notify.parked.event import ParkedState, ParkedStore
from lantian_notify.problems import cursor_of, read_cursor
from lantian_proto.both import Both

REPLAYED_AT_MOST = 500


class AttemptView(BaseModel):
    """One attempt. Times are ms since 1970 UTC; `digest` is SHA-256 of the answer's first 256 bytes."""

    at_ms: int
    wall_ms: int
    address: str
    ip: str
    result: str
    detail: str
    status: int | None
    digest: str
    duration_ms: int


class DeliveryView(BaseModel):
    """A delivery; `delivery_id` is the webhook-id of every attempt. Phone numbers and push keys are masked."""

    delivery_id: str
    state: State
    reason: str
    endpoint_id: str
    team_id: str
    channel: str
    address: str
    route_id: str
    call_id: str
    silence_id: str
    event_id: str
    kind: str
    issue_id: str
    number: str
    lead_id: str
    urgency: int
    happened_ms: int
    created_ms: int
    next_at_ms: int
    settled_ms: int
    tried: int
    replays_ms: list[int]
    attempts: list[AttemptView]


class Page(BaseModel):
    """Newest first; `next` is the cursor of the following page, null on the last."""

    items: list[DeliveryView]
    next: str | None


class ReplayOrder(BaseModel):
    """Which settled deliveries to send again: at least a state or a silence, so that nobody repeats everything."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    endpoint: str | None = Field(default=None, max_length=300)
    silence_id: str | None = Field(default=None, max_length=100)
    since_ms: int = Field(default=0, ge=0)
    limit: int = Field(default=100, ge=1, le=REPLAYED_AT_MOST)

    @model_validator(mode="after")
    def _says_what(self) -> "ReplayOrder":
        if self.state in (None, "pending") and self.silence_id is None:
            raise ValueError(
                Both("name a state other than pending, or a silence", "请指明待发送以外的状态，或一项静默")
            )
        return self


class Replayed(BaseModel):
    """What was sent again, and what could not be because it changed meanwhile or an attempt is under way."""

    replayed: list[str]
    passed_over: list[str]


class ParkedView(BaseModel):
    """An event that met no team."""

    event_id: str
    state: ParkedState
    division_code: str
    issue_id: str
    created_ms: int
    deadline_ms: int
    settled_ms: int


class ParkedPage(BaseModel):
    """Newest first."""

    items: list[ParkedView]
    next: str | None


def delivery_routes(
    store: DeliveryStore, parked: ParkedStore, clock: Clock, kick: Callable[[list[str]], None]
) -> APIRouter:
    """For administrators."""
    routes = APIRouter(
        prefix="/v1", tags=["deliveries"], route_class=NotifyRoute, dependencies=[Depends(calling(OPERATORS))]
    )

    @routes.get("/deliveries", operation_id="listDeliveries")
    async def list_deliveries(
        state: State | None = None,
        endpoint: Annotated[str | None, Query(max_length=300)] = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page:
        """Deliveries, newest first."""
        before = read_cursor(cursor)
        found = await store.page(state=state, endpoint_id=endpoint, before=before, limit=limit + 1)
        more, found = len(found) > limit, found[:limit]
        following = cursor_of(found[-1].created_ms, found[-1].delivery_id) if more else None
        return Page(items=[view(delivery) for delivery in found], next=following)

    @routes.get("/deliveries/{delivery_id}", operation_id="getDelivery")
    async def get_delivery(delivery_id: str) -> DeliveryView:
        """One delivery with its attempts."""
        return view(await _one(store, delivery_id))

    @routes.post("/deliveries/{delivery_id}:replay", operation_id="replayDelivery", status_code=202)
    async def replay(delivery_id: str) -> DeliveryView:
        """Sends again by hand: same id and bytes, a fresh schedule; a disabled endpoint is tried again."""
        again = await _replay(await _one(store, delivery_id))
        if again is None:
            raise HTTPException(
                409,
                Both(
                    "an attempt is under way, or the delivery changed meanwhile", "正在发送，或刚刚有变动，请稍后再试"
                ),
            )
        return view(again)

    @routes.post("/deliveries:replay", operation_id="replayDeliveries", status_code=202)
    async def replay_many(order: ReplayOrder) -> Replayed:
        """Sends many again, oldest first; ask again for the rest when there are more than the limit."""
        ids = await store.matching(
            state=order.state,
            endpoint_id=order.endpoint,
            silence_id=order.silence_id,
            since_ms=order.since_ms,
            limit=order.limit,
        )
        done: list[str] = []
        for delivery_id in ids:
            delivery = await store.get(delivery_id)
            if delivery is not None and delivery.state != "pending" and await _replay(delivery) is not None:
                done.append(delivery_id)
        return Replayed(replayed=done, passed_over=[id_ for id_ in ids if id_ not in set(done)])

    @routes.get("/unserved", operation_id="listUnserved")
    async def list_unserved(
        state: ParkedState | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> ParkedPage:
        """Events whose division no team serves: waiting, told in the end, or nobody."""
        found = await parked.page_parked(state=state, before=read_cursor(cursor), limit=limit + 1)
        more, found = len(found) > limit, found[:limit]
        items = [ParkedView(**{name: getattr(one, name) for name in ParkedView.model_fields}) for one in found]
        return ParkedPage(items=items, next=cursor_of(found[-1].created_ms, found[-1].event_id) if more else None)

    async def _replay(delivery: Delivery) -> Delivery | None:
        if delivery.state == "pending" and delivery.lease_until_wall_ms > clock.wall_ms():
            return None
        again = delivery.replayed(clock.now_ms())
        # First: a replay behind an endpoint still disabled would end at once.
        await store.change_health(delivery.endpoint_id, lambda health: health.enabled())
        if not await store.save(again):
            return None
        kick([delivery.endpoint_id])
        return again

    return routes


async def _one(store: DeliveryStore, delivery_id: str) -> Delivery:
    delivery = await store.get(delivery_id)
    if delivery is None:
        raise HTTPException(404, Both("no such delivery", "没有这条通知"))
    return delivery


def view(delivery: Delivery) -> DeliveryView:
    """What an operator may see."""
    row: dict[str, Any] = asdict(delivery)
    row["address"] = masked(delivery.channel, delivery.address)
    for attempt in row["attempts"]:
        attempt["address"] = masked(delivery.channel, attempt["address"])
    return DeliveryView.model_validate(row)


def masked(channel: str, address: str) -> str:
    """An address as it may be shown: a phone number without its middle, a push subscription not at all."""
    if channel == "sms":
        return f"{address[:3]}****{address[-4:]}" if len(address) >= 9 else "****"
    if channel == "email":
        name, _, host = address.partition("@")
        return f"{name[:2]}***@{host}"
    return "(push subscription)" if channel == "webpush" and address else address
