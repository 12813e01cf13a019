"""An acknowledgement that races the escalation and the sending, each time woven in another order (F-16).

Tasks change places at every call of a store, as often as a seeded die says: the same seed is the same weave.
"""

import asyncio
import random
from collections import Counter

from lantian_notify.calls.call import Call, acknowledge
from lantian_notify.channels.base import Answer, Message, Sent
from tests.support.notify_office import Office

HOUR_SECONDS = 3600.0


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
        office.channel.send = self.send  # type: ignore[method-assign]  # the channel of this race
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
        self.office.clock.advance(HOUR_SECONDS)
        await self.office.timekeeper.look()
        await self.office.deliver_all()


async def raced(office: Office, template: Call, seed: int) -> Race:
    """One race, run to its end. AssertionError: something was sent after the acknowledgement, or a step is left."""
    race = Race(office, template, random.Random(seed))
    await race.run()
    office.calls.switch = None
    call = office.calls.calls[template.call_id]
    assert call.state == "acknowledged", (seed, race.log)
    assert not [step for step in call.steps if step.state == "pending"], (seed, race.log)
    assert "sent after" not in race.log, (seed, race.log)
    assert "sent" not in race.log[race.log.index("over") :], (seed, race.log)
    states = {delivery.state for delivery in office.store.deliveries.values()}
    assert states <= {"delivered", "cancelled"}, (seed, states)
    office.clock.advance(-HOUR_SECONDS)
    return race


def met(race: Race) -> Counter[str]:
    """What a race has met: messages sent before the acknowledgement, cancelled by it, or no step begun at all."""
    deliveries = race.office.store.deliveries.values()
    cancelled = sum(one.state == "cancelled" for one in deliveries)
    return Counter({"sent": race.log.count("sent"), "cancelled": cancelled, "never begun": int(not deliveries)})
