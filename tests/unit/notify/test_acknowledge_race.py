"""An acknowledgement races the escalation and the sending, ten thousand times, each time woven in another order (F-16).

Tasks change places at every call of a store, as often as a seeded die says: the same seed is the same weave.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import structlog.testing

from lantian_notify.calls.call import Call, acknowledge
from lantian_notify.channels.base import Answer, Message, Sent
from lantian_notify.deliveries.stages import Stages
from tests.support.notify_events import an_event
from tests.support.notify_office import Office

RUNS = 10_000


class Race:
    """One call with two people on duty; whoever is sent something, and when the acknowledgement was committed."""

    def __init__(self, office: Office, template: Call, die: random.Random) -> None:
        self.office = office
        self.die = die
        self.log: list[str] = []
        office.store.deliveries.clear()
        office.store.endpoints.clear()
        office.store.buckets.clear()
        office.calls.calls = {template.call_id: template}
        office.calls.switch = self.switch
        self.call_id = template.call_id

    async def switch(self) -> None:
        """Lets the others go first, none to three times."""
        stored = self.office.calls.calls[self.call_id]
        if stored.state == "acknowledged" and "committed" not in self.log:
            self.log.append("committed")
        for _ in range(self.die.randrange(4)):
            await asyncio.sleep(0)

    async def send(self, message: Message) -> Answer:
        """Stands for the channel."""
        stored = self.office.calls.calls[self.call_id]
        self.log.append("sent after" if stored.state == "acknowledged" else "sent")
        for _ in range(self.die.randrange(3)):
            await asyncio.sleep(0)
        return Sent()

    async def step(self) -> None:
        """The timekeepers of two replicas."""
        await self.office.timekeeper.look()

    async def other_step(self) -> None:
        """The second one."""
        await self.office.another_timekeeper("other").look()

    async def deliver(self) -> None:
        """Sends whatever is there, twice."""
        for _ in range(2):
            await self.office.deliver_all()
            await self.switch()

    async def acknowledge(self) -> None:
        """A person, at some moment."""
        for _ in range(self.die.randrange(12)):
            await asyncio.sleep(0)
        await acknowledge(self.office.calls, self.call_id, by="a", via="link", now_ms=self.office.clock.now_ms())
        self.log.append("answered")

    async def run(self) -> None:
        """All of them at once, in any order; and once more when all is over."""
        tasks = [self.step, self.other_step, self.deliver, self.acknowledge]
        self.die.shuffle(tasks)
        await asyncio.gather(*(task() for task in tasks))
        self.log.append("over")
        self.office.clock.advance(3600.0)
        await self.office.timekeeper.look()
        await self.office.deliver_all()


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """Two people on duty; what ten thousand races log is not printed."""
    office = Office()
    office.staff("a", "b")
    with structlog.testing.capture_logs():
        yield office


async def test_nothing_is_sent_after_a_committed_acknowledgement(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the weave: the call ends acknowledged, its steps cancelled, and no message begins after that write."""
    assert await office.take(an_event()) == "notified"
    (fresh,) = office.calls.calls.values()
    seen: Counter[str] = Counter()
    for seed in range(RUNS):
        race = Race(office, fresh, random.Random(seed))
        monkeypatch.setattr(office.channel, "send", race.send)
        await race.run()
        office.calls.switch = None
        call = office.calls.calls[fresh.call_id]
        assert call.state == "acknowledged", (seed, race.log)
        assert not [step for step in call.steps if step.state == "pending"], (seed, race.log)
        assert "sent after" not in race.log, (seed, race.log)
        assert "sent" not in race.log[race.log.index("over") :], (seed, race.log)
        states = {delivery.state for delivery in office.store.deliveries.values()}
        assert states <= {"delivered", "cancelled"}, (seed, states)
        seen["sent"] += race.log.count("sent")
        seen["cancelled"] += sum(one.state == "cancelled" for one in office.store.deliveries.values())
        seen["never begun"] += not office.store.deliveries
        office.clock.advance(-3600.0)
    # The die has met all three: sent before it, cancelled by it, and no step begun at all.
    assert min(seen.values()) > 100, seen
    assert len(seen) == 3


async def test_a_sender_that_does_not_look_is_caught(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The race above can fail: without the look at the call, messages do go out after the acknowledgement."""
    assert await office.take(an_event()) == "notified"
    (fresh,) = office.calls.calls.values()
    late = 0

    async def blind(self: object, passage: object) -> bool:
        return True

    monkeypatch.setattr(Stages, "still_wanted", blind)
    for seed in range(200):
        race = Race(office, fresh, random.Random(seed))
        monkeypatch.setattr(office.channel, "send", race.send)
        await race.run()
        office.calls.switch = None
        late += "sent after" in race.log
        office.clock.advance(-3600.0)
    assert late > 0
