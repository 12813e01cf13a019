"""All of notify over stores in memory: events in, deliverer and timekeeper driven by hand, a channel that answers."""

from collections.abc import Iterable
from typing import Any

from lantian_kit.records import Record
from lantian_notify.calls.links import Links
from lantian_notify.channels import CHANNELS
from lantian_notify.deliveries.stages import Passage
from lantian_notify.registry.teams import Teams
from lantian_notify.routing.policy import Policy, load
from lantian_notify.timekeeper import Timekeeper
from lantian_notify.worker import EventHandler
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from lantian_proto.v1.registry_pb2 import ContactPoint, DutyRoster, DutyShift, RegistryChange
from lantian_proto.v1.task_event_pb2 import TaskEvent
from tests.support.notify_calls import FakeParkedStore, FakeSilenceStore
from tests.support.notify_deliverer import Bench
from tests.support.notify_events import NOW_MS, a_change

LINK_KEY = b"plain-words-for-tests-0123456789ab"
HOUR_MS = 3_600_000


def a_roster(roster_id: str, team_id: str, *shifts: DutyShift, revision: int = 1, **outer: Any) -> bytes:
    """A record of registry.v1 about a duty roster."""
    roster = DutyRoster(roster_id=roster_id, team_id=team_id, shifts=shifts)
    return RegistryChange(
        kind="duty-roster", id=roster_id, revision=revision, duty_roster=roster, **outer
    ).SerializeToString()


def a_shift(
    person_id: str, start_ms: int = NOW_MS - HOUR_MS, end_ms: int = NOW_MS + 24 * HOUR_MS, **contacts: str
) -> DutyShift:
    """A turn on duty; contacts by channel, an SMS number when none is given."""
    points = contacts or {"sms": f"1380000{sum(person_id.encode()):04}"}
    return DutyShift(
        person_id=person_id,
        name=f"值班{person_id}",
        contacts=[ContactPoint(channel=channel, address=address) for channel, address in points.items()],
        start_ms=start_ms,
        end_ms=end_ms,
    )


class Office(Bench):
    """One city team with two people on duty, a province above it; everything else is up to the test."""

    def __init__(self, policy: Policy | None = None, team_wait_seconds: float = 3600.0) -> None:
        super().__init__()
        self.silences = FakeSilenceStore()
        self.parked = FakeParkedStore()
        self.teams = Teams()
        self.policy = policy or load(None, frozenset(CHANNELS))
        self.kicked: list[str] = []
        self.links = Links((LINK_KEY,), "https://notify.example")
        self.handler = EventHandler(
            self.store,
            self.calls,
            self.silences,
            self.parked,
            self.teams,
            self.policy,
            CHANNELS,
            self.clock,
            self.metrics,
            kick=self.kick,
            wake=lambda: None,
            team_wait_seconds=team_wait_seconds,
        )
        self.timekeeper = self.another_timekeeper("me")

    def another_timekeeper(self, owner: str) -> Timekeeper:
        """One more replica over the same stores."""
        return Timekeeper(
            self.store,
            self.calls,
            self.silences,
            self.parked,
            self.teams,
            self.handler,
            self.links,
            self.clock,
            self.metrics,
            owner=owner,
            lease_seconds=30.0,
            kick=self.kick,
        )

    def kick(self, endpoint_ids: Iterable[str]) -> None:
        """Stands for the deliverer's."""
        self.kicked.extend(endpoint_ids)

    def staff(self, *people: str, **team: Any) -> None:
        """A city team with these people on duty, and the province's team with an SMS number."""
        self.teams.apply("team/team-1", a_change(**{"webhook_url": "", **team}))
        province = [ContactPoint(channel="sms", address="13900000000")]
        self.teams.apply(
            "team/province", a_change("province", name="省厅", division_code="13", webhook_url="", contacts=province)
        )
        self.teams.apply(
            "duty-roster/r1", a_roster("r1", "team-1", *(a_shift(person) for person in people or ("a", "b")))
        )

    async def take(self, value: IssueEvent | bytes | None) -> str:
        """The outcome of a record."""
        data = value.SerializeToString() if isinstance(value, IssueEvent) else value
        return await self.handler.handle(Record("issue-events.v1", 0, 1, NOW_MS, b"issue-1", data))

    async def take_task(self, event: TaskEvent) -> str:
        """The outcome of a record of task-events.v1."""
        record = Record("task-events.v1", 0, 1, NOW_MS, event.subject_id.encode(), event.SerializeToString())
        return await self.handler.handle_task(record)

    async def deliver_all(self) -> None:
        """Sends whatever is due now, in the order of the store, without lanes."""
        stages = self.stages()
        now, wall = self.clock.now_ms(), self.clock.wall_ms()
        for endpoint_id in await self.store.due_endpoints(now, wall):
            health = await self.store.health(endpoint_id)
            for delivery in await self.store.claim(
                endpoint_id, now, wall, limit=100, owner="me", until_wall_ms=wall + 30_000
            ):
                await stages.pass_through(Passage(delivery, health))
