"""Notify without Kafka over the real document store and real sockets: deliverer, channels, store."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_notify.address import Gate, Resolver, parse_allowed
from lantian_notify.calls.call import CallStore
from lantian_notify.channels import CHANNELS
from lantian_notify.channels.base import Channel
from lantian_notify.channels.post import Post, system_resolver, trusted
from lantian_notify.channels.webhook import WebhookChannel
from lantian_notify.deliveries.deliver import Deliverer
from lantian_notify.deliveries.delivery import Delivery, DeliveryStore
from lantian_notify.deliveries.stages import Stages
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.sign import Secrets
from lantian_notify.wording.letter import Templates
from tests.support.notify_events import NOW_MS, a_delivery

INSIDE = "127.0.0.0/8"
TEMPLATES = Templates(None, "https://lantian.example")


class HandClock(ManualClock):
    """Suite time by hand; real wall time, because receivers check it."""

    def wall_ms(self) -> int:
        return int(time.time() * 1000)

    def wall_of(self, suite_ms: int) -> int:
        return suite_ms - self.now_ms() + self.wall_ms()


class Bench:
    """Notify without Kafka: deliverer, webhook channel, store."""

    def __init__(self, store: DeliveryStore, secrets: Path, calls: CallStore) -> None:
        self.clock = HandClock(NOW_MS)
        self.store = store
        self.calls = calls
        self.secrets = Secrets(secrets)
        self.started: list[Deliverer] = []
        self.make: Callable[[Post], Mapping[str, Channel]] = lambda post: {}

    async def deliverer(
        self, *, timeout_seconds: float = 60.0, allow: str = INSIDE, resolver: Resolver | None = None, ca: Any = None
    ) -> Deliverer:
        """A deliverer at work."""
        post = Post(
            Gate(resolver or system_resolver(), parse_allowed(allow)),
            self.secrets,
            self.clock,
            timeout_seconds=timeout_seconds,
            trust=trusted(ca),
        )
        metrics = NotifyMetrics(CollectorRegistry())
        stages = Stages(
            self.store,
            self.calls,
            {"webhook": WebhookChannel(post), **self.make(post)},
            CHANNELS,
            lambda *_: None,
            lambda delivery, forms: TEMPLATES.letter(delivery.items, delivery.link_url, forms),
            self.clock,
            metrics,
            hurry=lambda: None,
        )
        deliverer = Deliverer(self.store, stages, CHANNELS, self.clock, metrics, owner="me")
        await deliverer.start()
        self.started.append(deliverer)
        return deliverer

    async def patient(self) -> Deliverer:
        """Another deliverer in the place of those that were started, one that no busy machine makes give up."""
        for deliverer in self.started:
            await deliverer.stop()
        return await self.deliverer(timeout_seconds=60.0)

    async def send(self, deliverer: Deliverer, address: str, **changes: Any) -> None:
        """A new delivery, and the deliverer is told."""
        delivery = a_delivery(address=address, **changes)
        assert await self.store.insert(delivery)
        deliverer.kick([delivery.endpoint_id])

    async def when(self, condition: Callable[[Delivery], bool], delivery_id: str = "msg_1") -> Delivery:
        """The delivery once the condition holds."""
        for _ in range(1500):
            delivery = await self.store.get(delivery_id)
            assert delivery is not None
            if condition(delivery):
                return delivery
            await asyncio.sleep(0.02)
        raise AssertionError(f"it did not happen: {delivery}")

    async def attempts(self, count: int, delivery_id: str = "msg_1") -> Delivery:
        """The delivery once it has been tried so often and the record is written."""
        return await self.when(lambda delivery: len(delivery.attempts) >= count, delivery_id)

    def go_to(self, at_ms: int) -> None:
        """Moves suite time on to a moment."""
        self.clock.advance((at_ms - self.clock.now_ms() + 0.5) / 1000)
