"""Notify as a process over a real Kafka, with a receiver."""

import asyncio
import uuid
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import aiohttp

from lantian_kit.bus import Producer
from lantian_proto.topics import ISSUE_EVENTS, REGISTRY
from lantian_proto.v1.issue_event_pb2 import IssueEvent
from tests.support.notify_events import a_change, an_event
from tests.support.process import running
from tests.support.receiver import LeadCollector

KEY = "operators-key-for-tests"
HEADERS = {"Authorization": f"Bearer {KEY}"}


@dataclass
class ProcessBench:
    """Topics, a producer, a receiver, and notify as often as it is started."""

    env: dict[str, str]
    port: int
    producer: Producer
    team: LeadCollector
    division: str = field(default_factory=lambda: f"9{uuid.uuid4().int % 100_000:05}")  # the topics are shared
    team_id: str = field(default_factory=lambda: f"team-{uuid.uuid4().hex[:8]}")

    def notify(self) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
        """The process, ready; ended hard when the test did not end it."""
        return running("notify", self.env, self.port)

    async def get(self, path: str) -> str:
        """What a route answers."""
        async with (
            aiohttp.ClientSession(headers=HEADERS) as session,
            session.get(f"http://127.0.0.1:{self.port}{path}") as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.text()

    async def counted(self, sample: str) -> None:
        """Waits until a line of /metrics is there."""
        async with asyncio.timeout(60):
            while sample not in await self.get("/metrics"):  # noqa: ASYNC110  # another process offers no event
                await asyncio.sleep(0.1)

    async def register_team(self, *kinds: str) -> None:
        """The team, in the registry; `kinds` are those it wants, none: registered issues."""
        value = a_change(self.team_id, division_code=self.division, webhook_url=self.team.url, event_kinds=kinds)
        await self.producer.send(REGISTRY, value, key=f"team/{self.team_id}".encode())

    async def tell(self, *events: IssueEvent) -> None:
        """Events of the team's division."""
        for event in events:
            await self.producer.send(ISSUE_EVENTS, event.SerializeToString(), key=event.issue_id.encode())

    def event(self, name: str) -> IssueEvent:
        """A registered issue in the team's division."""
        return an_event(event_id=f"{self.team_id}-{name}", issue_id=name, division_code=self.division)
