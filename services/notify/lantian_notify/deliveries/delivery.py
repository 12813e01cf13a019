"""A delivery: one notice on its way, every attempt on record; and what a store of them promises. Pure."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from lantian_notify.channels.base import Answer, GiveUp, Sent
from lantian_notify.deliveries.bucket import Rate
from lantian_notify.deliveries.circuit import EndpointHealth
from lantian_notify.deliveries.schedule import deadline_ms, next_attempt_ms
from lantian_notify.routing.facts import Facts
from lantian_notify.routing.route import Notice

# muted: a silence held it back; cancelled: somebody had acknowledged before it was sent.
State = Literal["pending", "delivered", "failed", "disabled", "muted", "cancelled"]
STATES: tuple[State, ...] = ("pending", "delivered", "failed", "disabled", "muted", "cancelled")
# Attempts kept with a delivery; replays by hand could add without end.
ATTEMPTS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. `at_ms` is suite time, `wall_ms` real time; `digest` is SHA-256 of the answer's first 256 bytes."""

    at_ms: int
    wall_ms: int
    address: str
    ip: str
    result: str
    detail: str
    status: int | None
    digest: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """`delivery_id` is the webhook-id. `rev` counts the writes: who saves an old one is refused.

    `tried` counts attempts since the last replay by hand. `urgency` orders what waits: the severity, and 0 for
    retrospective leads. While `lease_until_wall_ms` has not come the delivery belongs to `lease_owner`.
    `items` are the facts of the events a message for people tells of; its `body` is empty until it is rendered, at its
    first attempt. A delivery with a `group_key` takes more events in until then.
    """

    delivery_id: str
    state: State
    endpoint_id: str
    channel: str
    team_id: str
    address: str
    secret_name: str
    event_id: str
    kind: str
    issue_id: str
    number: str
    lead_id: str
    urgency: int
    body: bytes
    happened_ms: int
    received_ms: int
    created_ms: int
    deadline_ms: int
    next_at_ms: int
    tried: int = 0
    attempts: tuple[Attempt, ...] = ()
    replays_ms: tuple[int, ...] = ()
    reason: str = ""
    settled_ms: int = 0
    route_id: str = ""
    items: tuple[Mapping[str, Any], ...] = ()
    group_key: str = ""
    call_id: str = ""
    link_url: str = ""
    silence_id: str = ""
    lease_owner: str = ""
    lease_until_wall_ms: int = 0
    rev: int = 1

    def after(self, attempt: Attempt, answer: Answer, now_ms: int, rate: float) -> "Delivery":
        """The delivery after an attempt: delivered, given up, or due again. `rate` is the clock's."""
        tried = replace(
            self,
            tried=self.tried + 1,
            attempts=(*self.attempts, attempt)[-ATTEMPTS_KEPT:],
            lease_owner="",
            lease_until_wall_ms=0,
        )
        if isinstance(answer, Sent):
            return tried.settled("delivered", "", now_ms)
        if isinstance(answer, GiveUp):
            return tried.settled("disabled" if answer.disables else "failed", answer.reason, now_ms)
        at = next_attempt_ms(now_ms, tried.tried, self.delivery_id, (answer.after_seconds or 0.0) * rate)
        if at is None:
            return tried.settled("failed", "schedule-exhausted", now_ms)
        return replace(tried, next_at_ms=at, reason=answer.reason)

    def settled(self, state: State, reason: str, now_ms: int) -> "Delivery":
        """The delivery at its end; nobody tries it again unless a person asks."""
        return replace(self, state=state, reason=reason, settled_ms=now_ms, lease_owner="", lease_until_wall_ms=0)

    def replayed(self, now_ms: int) -> "Delivery":
        """The delivery sent anew by hand: same id, same body, a fresh schedule."""
        return replace(
            self,
            state="pending",
            tried=0,
            next_at_ms=now_ms,
            deadline_ms=deadline_ms(now_ms),
            replays_ms=(*self.replays_ms, now_ms)[-ATTEMPTS_KEPT:],
            reason="",
            settled_ms=0,
            silence_id="",
            call_id="",  # a person asks for it: an acknowledgement that came before does not stand against it
        )

    @property
    def gathering(self) -> bool:
        """Whether it takes more events in."""
        return self.state == "pending" and bool(self.group_key) and not self.body and not self.lease_until_wall_ms


def delivery_of(
    notice: Notice,
    facts: Facts,
    now_ms: int,
    *,
    body: bytes = b"",
    due_ms: int | None = None,
    group_key: str = "",
    call_id: str = "",
    link_url: str = "",
    silence_id: str = "",
) -> Delivery:
    """A delivery that is due at once, or at `due_ms`; with `silence_id` one that is held back."""
    return Delivery(
        delivery_id=notice.notice_id,
        state="muted" if silence_id else "pending",
        endpoint_id=notice.endpoint_id,
        channel=notice.contact.channel,
        team_id=notice.recipient_id,
        address=notice.contact.address,
        secret_name=notice.contact.secret_name,
        event_id=facts.event_id,
        kind=facts.kind,
        issue_id=facts.issue_id,
        number=facts.number,
        lead_id=facts.lead_id,
        urgency=facts.urgency,
        body=body,
        happened_ms=facts.at_ms,
        received_ms=facts.received_ms,
        created_ms=now_ms,
        deadline_ms=deadline_ms(now_ms if due_ms is None else due_ms),
        next_at_ms=now_ms if due_ms is None else due_ms,
        reason="silenced" if silence_id else "",
        settled_ms=now_ms if silence_id else 0,
        route_id=notice.route_id,
        items=() if body else (facts.stored(),),
        group_key=group_key,
        call_id=call_id,
        link_url=link_url,
        silence_id=silence_id,
    )


class StoreAway(Exception):
    """The store does not answer; nothing is known of the last write."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What lies in the store: deliveries by state, and when the oldest pending one came in (suite time)."""

    counts: dict[State, int]
    oldest_pending_ms: int | None


class DeliveryStore(Protocol):
    """Deliveries and the health of endpoints, shared by all replicas. Every method may raise StoreAway."""

    async def prepare(self) -> None:
        """Creates what the store needs, e.g. indexes; harmless when repeated."""

    async def insert(self, delivery: Delivery) -> bool:
        """True when it is new; False when the id is known, which changes nothing."""

    async def get(self, delivery_id: str) -> Delivery | None:
        """One delivery."""

    async def gathering(self, endpoint_id: str, group_key: str) -> Delivery | None:
        """The delivery of this group that takes more events in, if there is one."""

    async def placed(self, notice_id: str) -> str | None:
        """The delivery a notice of a group was meant for; None for a notice never seen."""

    async def place(self, notice_id: str, delivery_id: str) -> None:
        """Notes which delivery a notice of a group is meant for, before it is put in."""

    async def due_endpoints(self, now_ms: int, wall_ms: int) -> list[str]:
        """Endpoints with a pending delivery that is due and not leased."""

    async def next_due_ms(self, now_ms: int) -> int | None:
        """When the next pending delivery after now is due."""

    async def claim(
        self, endpoint_id: str, now_ms: int, wall_ms: int, *, limit: int, owner: str, until_wall_ms: int
    ) -> list[Delivery]:
        """Leases up to `limit` due deliveries, most urgent first, then oldest; each to one caller only."""

    async def save(self, delivery: Delivery) -> bool:
        """Writes the delivery if its `rev` is still the stored one, and counts it up; False when another was faster."""

    async def release(self, owner: str) -> int:
        """Ends the leases of an owner; returns how many. For a replica that begins a new life under its old name."""

    async def expire(self, now_ms: int, wall_ms: int) -> int:
        """Settles pending deliveries past their deadline and not leased as failed; returns how many."""

    async def page(
        self, *, state: State | None, endpoint_id: str | None, before: tuple[int, str] | None, limit: int
    ) -> list[Delivery]:
        """Newest first by (created_ms, delivery_id), from below `before`; bodies are left out."""

    async def matching(
        self, *, state: State | None, endpoint_id: str | None, silence_id: str | None, since_ms: int, limit: int
    ) -> list[str]:
        """Ids of deliveries created at or after a time, oldest first; for a replay of many."""

    async def take_token(self, bucket_id: str, rate: Rate, wall_ms: int) -> int:
        """Takes a token of a bucket shared by all replicas: 0, or the wall milliseconds until there is one."""

    async def backlog(self) -> Backlog:
        """For metrics."""

    async def health(self, endpoint_id: str) -> EndpointHealth:
        """How an endpoint fares; a fresh one when nothing is known."""

    async def change_health(
        self, endpoint_id: str, change: Callable[[EndpointHealth], EndpointHealth]
    ) -> EndpointHealth:
        """Applies a pure change to the latest health, again if another was faster."""


def finite_wait_seconds(until_ms: int | None, now_ms: int, at_most: float) -> float:
    """Suite seconds until a time, none negative, none beyond `at_most`."""
    wait = math.inf if until_ms is None else (until_ms - now_ms) / 1000
    return min(max(wait, 0.0), at_most)
