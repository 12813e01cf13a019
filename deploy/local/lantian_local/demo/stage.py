"""What demo, end-to-end and fault tests put around a running suite: receiver, registry, traffic, and the checks."""

import asyncio
import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from lantian_kit.clock import SuiteClock
from lantian_local.demo import topics
from lantian_local.demo.ledger import Ledger
from lantian_local.demo.receiver import PATH, Listener, Receiver
from lantian_local.ports import HOST
from lantian_local.suite import Suite
from lantian_proto.topics import REGISTRY
from lantian_simulator import registry
from lantian_simulator.checker import Verdict, judge
from lantian_simulator.fleet import Fleet
from lantian_simulator.logger import Timing
from lantian_simulator.season import Season

RECEIVER_PORT = 18090
SECRET_NAME = "demo-team"
_LOOK_SECONDS = 0.5
# Tables follow their topic within a fetch; nothing outside of a service tells that it has.
_FOLLOW_SECONDS = 2.0


@dataclass(frozen=True)
class Files:
    """What a run leaves behind for whoever checks it."""

    folder: Path

    @property
    def truth(self) -> Path:
        """The injected episodes."""
        return self.folder / "truth.jsonl"

    @property
    def sent(self) -> Path:
        """Every frame acknowledged to a logger."""
        return self.folder / "sent.jsonl"


class Stage:
    """`async with Stage(suite)`: the receiver listens, the secret is where notify looks, the ledger can be asked."""

    def __init__(self, suite: Suite, *, receiver_port: int = 0, listener: Listener | None = None) -> None:
        self.suite = suite
        setting = suite.clock
        self.clock = SuiteClock(setting.rate, setting.wall_epoch_ms, setting.suite_epoch_ms)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        suite.secrets_dir.mkdir(parents=True, exist_ok=True)
        (suite.secrets_dir / SECRET_NAME).write_text(secret + "\n", encoding="ascii")
        self.receiver = Receiver(secret, self.clock.wall_ms, listener)
        self.ledger = Ledger(suite.tasks_url, suite.administrator_key)
        self.files = Files(suite.home / "run")
        self.files.folder.mkdir(exist_ok=True)
        self._receiver_port = receiver_port

    async def __aenter__(self) -> Self:
        try:
            await self.receiver.start(HOST, self._receiver_port)
        except OSError:
            await self.receiver.start(HOST, 0)  # somebody has the usual port
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.receiver.stop()
        await self.ledger.close()

    @property
    def team_address(self) -> registry.TeamAddress:
        """Where this stage's teams are reached."""
        return registry.TeamAddress(self.receiver.address + PATH.replace("{team}", "{division}"), SECRET_NAME)

    async def register(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Write registry entries through the API and return when the services have had time to take them."""
        await self.ledger.register(rows)
        wanted = {f"{row['kind']}/{row['id']}" for row in rows}
        while wanted:
            await asyncio.sleep(_LOOK_SECONDS)
            wanted -= await topics.keys(self.suite.kafka_bootstrap, REGISTRY)
        await asyncio.sleep(_FOLLOW_SECONDS)

    def fleet(self, season: Season, timing: Timing | None = None) -> Fleet:
        """The season's loggers, not started, aimed at the suite's gateway."""
        return Fleet(
            season.stations,
            clock=self.clock,
            host=HOST,
            port=self.suite.hj212_port,
            journal=self.files.sent,
            timing=timing,
        )

    async def verdict(self, season: Season) -> Verdict:
        """Judge what the ledger and the receiver hold now."""
        issues = [issue.seen() for issue in await self.ledger.issues()]
        webhooks = [delivery.seen() for delivery in self.receiver.deliveries]
        return judge(season.episodes, issues, webhooks, sources={outlet.source_id for outlet in season.outlets})

    async def settle(self, season: Season, seconds: float) -> Verdict:
        """Wait, at most `seconds` of wall time, until the verdict is right; returns the last one."""
        deadline = asyncio.get_running_loop().time() + seconds
        while True:
            verdict = await self.verdict(season)
            if verdict.right or asyncio.get_running_loop().time() >= deadline:
                return verdict
            await asyncio.sleep(_LOOK_SECONDS)
