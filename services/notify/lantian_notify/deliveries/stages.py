"""What happens to one claimed delivery, step by step: the second half of notify, from render to record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal

import structlog

from lantian_kit import tracing
from lantian_kit.clock import Clock
from lantian_notify.calls.call import CallStore
from lantian_notify.channels.base import Answer, Channel, ChannelKind, GiveUp, Message, Reason, Retry, Sent
from lantian_notify.deliveries.circuit import EndpointHealth
from lantian_notify.deliveries.delivery import Attempt, Delivery, DeliveryStore
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.registry.teams import Contact
from lantian_notify.wording.letter import Form, Letter

THROTTLED_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing may go to the recipient any more: it was voided, or its address was taken out."""

    reason: Literal["team-voided", "no-address"]


# The contact of (channel, recipient) at a time; None when the registry knows no such recipient then.
FindContact = Callable[[str, str, int], Contact | Unreachable | None]
# The letter of a delivery's items and link, in these forms.
Write = Callable[[Delivery, tuple[Form, ...]], Letter]

# Failures that say nothing of the endpoint.
_OURS: frozenset[Reason] = frozenset({"error", "no-secret", "rejected"})


@dataclass(slots=True)
class Passage:
    """One claimed delivery on its way through the stages."""

    delivery: Delivery
    health: EndpointHealth
    address: str = ""
    secret_name: str = ""
    answer: Answer | None = None
    at_ms: int = 0
    wall_ms: int = 0


class Stages:
    """The stages and what they need; `passes` is their order."""

    def __init__(
        self,
        store: DeliveryStore,
        calls: CallStore,
        channels: Mapping[str, Channel],
        kinds: Mapping[str, ChannelKind],
        find_contact: FindContact,
        write: Write,
        clock: Clock,
        metrics: NotifyMetrics,
        hurry: Callable[[], None],
    ) -> None:
        self._store = store
        self._calls = calls
        self._channels = channels
        self._kinds = kinds
        self._find_contact = find_contact
        self._write = write
        self._clock = clock
        self._metrics = metrics
        self._hurry = hurry
        self.passes = (
            self.find_address,
            self.take_turn,
            self.render,
            self.still_wanted,  # the last before the message goes out: nothing may come between them
            self.send_once,
            self.rate_endpoint,
            self.record,
        )

    async def pass_through(self, passage: Passage) -> None:
        """The stages, in order, until one ends the passage. Raises StoreAway."""
        for stage in self.passes:
            if not await stage(passage):
                return

    async def find_address(self, passage: Passage) -> bool:
        """Where the team is reached now: a corrected address also heals what waits for it."""
        delivery = passage.delivery
        now = self._clock.now_ms()
        contact = self._find_contact(delivery.channel, delivery.team_id, now)
        if isinstance(contact, Unreachable):
            await self._save(delivery.settled("failed", contact.reason, now))
            return False
        passage.address = contact.address if contact else delivery.address
        passage.secret_name = contact.secret_name if contact else delivery.secret_name
        health = passage.health.at(passage.address)
        if health.disabled_reason:
            await self._save(delivery.settled("disabled", health.disabled_reason, now))
            return False
        return True

    async def take_turn(self, passage: Passage) -> bool:
        """A token of the robot's bucket; without one the delivery waits, which is no attempt."""
        delivery = passage.delivery
        kind = self._kinds.get(delivery.channel)
        if kind is None or kind.rate is None:
            return True
        # By address, not by team: two teams may share one robot.
        robot = sha256(f"{passage.address}\n{passage.secret_name}".encode()).hexdigest()[:24]
        wait_wall_ms = await self._store.take_token(f"{delivery.channel}:{robot}", kind.rate, self._clock.wall_ms())
        if not wait_wall_ms:
            return True
        until = self._clock.now_ms() + int(wait_wall_ms * self._clock.rate) + 1
        self._metrics.turns_waited.labels(delivery.channel).inc()
        # The lane rests, so that the gravest of all that wait goes first when a token is there.
        await self._store.change_health(delivery.endpoint_id, lambda health: health.rested(until))
        await self._save(replace(delivery, next_at_ms=until, lease_owner="", lease_until_wall_ms=0))
        return False

    async def render(self, passage: Passage) -> bool:
        """The bytes of a message for people: written down before they go out, so that every attempt sends the same."""
        delivery = passage.delivery
        if delivery.body:
            return True
        kind = self._kinds.get(delivery.channel)
        if kind is None or kind.compose is None:
            return True
        try:
            body = kind.compose(self._write(delivery, kind.forms))
        except ValueError as error:
            structlog.get_logger().error("no message can be made", delivery=delivery.delivery_id, error=str(error))
            await self._save(delivery.settled("failed", "not-rendered", self._clock.now_ms()))
            return False
        rendered = replace(delivery, body=body)
        if not await self._store.save(rendered):
            self._metrics.fenced.inc()
            return False
        passage.delivery = replace(rendered, rev=delivery.rev + 1)
        return True

    async def still_wanted(self, passage: Passage) -> bool:
        """Not after an acknowledgement: the call is read as it is committed now, and nothing is awaited between."""
        delivery = passage.delivery
        if not delivery.call_id:
            return True
        call = await self._calls.get_call(delivery.call_id)
        if call is not None and not call.expects_more:
            await self._save(delivery.settled("cancelled", "acknowledged", self._clock.now_ms()))
            return False
        return True

    async def send_once(self, passage: Passage) -> bool:
        """One attempt by the channel."""
        delivery = passage.delivery
        passage.at_ms, passage.wall_ms = self._clock.now_ms(), self._clock.wall_ms()
        message = Message(delivery.delivery_id, passage.address, passage.secret_name, delivery.body, delivery.tried + 1)
        channel = self._channels.get(delivery.channel)
        if channel is None:
            passage.answer = GiveUp("error", f"no channel {delivery.channel}")
            return True
        try:
            with tracing.going_on(f"deliver {delivery.channel}", lead_id=delivery.lead_id):
                passage.answer = await channel.send(message)
        except Exception as error:  # noqa: BLE001  # a fault of a channel must count as an attempt, not stop the lane
            structlog.get_logger().exception("the channel failed", channel=delivery.channel)
            passage.answer = Retry("error", type(error).__name__)
        return True

    async def rate_endpoint(self, passage: Passage) -> bool:
        """What the answer says of the endpoint, for everything else that goes there."""
        answer, address = passage.answer, passage.address
        now, rate = self._clock.now_ms(), self._clock.rate
        endpoint_id = passage.delivery.endpoint_id

        def change(health: EndpointHealth) -> EndpointHealth:
            if isinstance(answer, Sent):
                return health.succeeded(address)
            if isinstance(answer, GiveUp):
                return health.disabled(address, now, answer.reason) if answer.disables else health
            if not isinstance(answer, Retry) or answer.reason in _OURS:
                return health
            rest = 0.0
            if answer.throttle:
                rest = THROTTLED_SECONDS if answer.after_seconds is None else answer.after_seconds * rate
            return health.failed(address, now, rest)

        if change(passage.health) != passage.health:  # an endpoint that goes on as before costs no write
            await self._store.change_health(endpoint_id, change)
        return True

    async def record(self, passage: Passage) -> bool:
        """The attempt, and when the next one is; refused when the lease was lost to another replica."""
        answer, delivery = passage.answer, passage.delivery
        assert answer is not None
        result = "sent" if isinstance(answer, Sent) else answer.reason
        self._metrics.attempts.labels(delivery.channel, result).inc()
        attempt = Attempt(
            at_ms=passage.at_ms,
            wall_ms=passage.wall_ms,
            address=passage.address,
            ip=answer.reply.ip,
            result=result,
            detail="" if isinstance(answer, Sent) else answer.detail[:200],
            status=answer.reply.status,
            digest=answer.reply.digest,
            duration_ms=self._clock.wall_ms() - passage.wall_ms,
        )
        current = replace(delivery, address=passage.address, secret_name=passage.secret_name)
        await self._save(current.after(attempt, answer, self._clock.now_ms(), self._clock.rate))
        return True

    async def _save(self, delivery: Delivery) -> None:
        log = structlog.get_logger().bind(
            delivery=delivery.delivery_id, endpoint=delivery.endpoint_id, state=delivery.state, reason=delivery.reason
        )
        if not await self._store.save(delivery):
            self._metrics.fenced.inc()
            log.warning("another replica took the delivery over")
            return
        if delivery.state == "pending":
            log.info("attempt failed", tried=delivery.tried, next_at_ms=delivery.next_at_ms)
            return
        self._metrics.settled.labels(delivery.state).inc()
        if delivery.state == "cancelled":
            log.info("acknowledged before it was sent")
        elif delivery.state != "delivered":
            log.error("not delivered: a person must look")
            await self._hurry_call(delivery)
        elif delivery.received_ms:
            age_ms = self._clock.wall_ms() - self._clock.wall_of(delivery.received_ms)
            self._metrics.event_age.labels("notify").observe(max(age_ms, 0) / 1000)

    async def _hurry_call(self, delivery: Delivery) -> None:
        """The next step at once, when the message of the last one can not arrive."""
        if not delivery.call_id:
            return
        call = await self._calls.get_call(delivery.call_id)
        if call is not None and await self._calls.save_call(call.hurried(self._clock.now_ms())):
            self._hurry()
