"""A deliverer over the store in memory, a channel that answers as told, and a clock moved by hand."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_notify.channels import CHANNELS
from lantian_notify.channels.base import Answer, Message, Reply, Sent
from lantian_notify.deliveries.deliver import Deliverer
from lantian_notify.deliveries.stages import Stages, Unreachable
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.registry.teams import Contact
from lantian_notify.wording.letter import Templates
from tests.support.notify_calls import FakeCallStore
from tests.support.notify_events import NOW_MS, a_delivery
from tests.support.notify_store import FakeDeliveryStore

ADDRESS = "https://team.example/hook"
OTHER = "https://other.example/hook"


class FakeChannel:
    """Answers by address as told, Sent otherwise; an address in `stuck` waits until it is released."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.messages: list[Message] = []
        self.at_ms: list[int] = []
        self.always: dict[str, Answer | Exception] = {}
        self.stuck: dict[str, asyncio.Event] = {}
        self.under_way: dict[str, int] = defaultdict(int)
        self.widest: dict[str, int] = defaultdict(int)

    async def send(self, message: Message) -> Answer:
        address = message.address
        self.messages.append(message)
        self.at_ms.append(self.clock.now_ms())
        self.under_way[address] += 1
        self.widest[address] = max(self.widest[address], self.under_way[address])
        try:
            await asyncio.sleep(0)
            if address in self.stuck:
                await self.stuck[address].wait()
            answer = self.always.get(address, Sent(Reply(200, "d" * 64, "8.8.8.8")))
            if isinstance(answer, Exception):
                raise answer
            return answer
        finally:
            self.under_way[address] -= 1

    async def close(self) -> None:
        """Holds nothing."""

    def ids(self, address: str) -> list[str]:
        """Ids sent to an address."""
        return [message.notice_id for message in self.messages if message.address == address]


class Bench:
    """A deliverer with everything around it."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW_MS)
        self.store = FakeDeliveryStore()
        self.calls = FakeCallStore()
        self.templates = Templates(None, "https://lantian.example")
        self.hurried = 0
        self.channel = FakeChannel(self.clock)
        self.contacts: dict[str, Contact | Unreachable] = {}
        self.registry = CollectorRegistry()
        self.metrics = NotifyMetrics(self.registry)
        self.deliverer = self.another("me")

    def another(self, owner: str) -> Deliverer:
        """One more replica over the same store."""
        return Deliverer(self.store, self.stages(), CHANNELS, self.clock, self.metrics, owner=owner)

    def stages(self) -> Stages:
        """Render to record, over the channel that answers as told, whatever its name."""
        return Stages(
            self.store,
            self.calls,
            dict.fromkeys(CHANNELS, self.channel),
            CHANNELS,
            lambda channel, team_id, at_ms: self.contacts.get(team_id),
            lambda delivery, forms: self.templates.letter(delivery.items, delivery.link_url, forms),
            self.clock,
            self.metrics,
            hurry=self._hurry,
        )

    def _hurry(self) -> None:
        self.hurried += 1

    async def put(self, delivery_id: str = "msg_1", **changes: Any) -> None:
        """A delivery in the store."""
        await self.store.insert(a_delivery(delivery_id, **changes))

    def value(self, name: str, **labels: str) -> float:
        """A sample of the metrics, 0 when it was never touched."""
        return self.registry.get_sample_value(name, labels) or 0.0

    @asynccontextmanager
    async def running(self):  # type: ignore[no-untyped-def]  # the decorator's type says nothing a reader needs
        """The deliverer at work."""
        await self.deliverer.start()
        try:
            yield self
            assert self.deliverer.failure is not None
            assert not self.deliverer.failure.done()
        finally:
            await self.deliverer.stop()

    async def until(self, condition: Callable[[], object]) -> None:
        """Lets the loop turn until the condition holds; time stands."""
        for _ in range(2000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("it did not happen")

    def advance_ms(self, ms: int) -> None:
        """Moves time on by whole milliseconds, which a float of seconds can not promise."""
        self.clock.advance((ms + 0.5) / 1000)

    async def quiet(self) -> None:
        """Lets the loop turn long enough for anything that would happen at this time."""
        await self.quiet_for(300)

    async def quiet_for(self, turns: int) -> None:
        """Lets the loop turn so often."""
        for _ in range(turns):
            await asyncio.sleep(0)
