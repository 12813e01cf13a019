"""Answers wishes for replays: the wishes come with the registry, the answers go to rules.v1, one after the other.

Whoever owns partition 0 of readings.v1 does it. Another owner, or two at once for a moment, gives an answer twice under
the same key; the later one stays. A wish that has an answer in the topic is not answered again.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.parameters import is_whole, numbers
from lantian_alerts.replay.answer import failed
from lantian_kit.bus import DeliveryError, Publisher
from lantian_kit.clock import Clock
from lantian_kit.loop import LoopPart
from lantian_proto.events import PROTOBUF, content_id, headers
from lantian_proto.replays import sealed
from lantian_proto.topics import RULES
from lantian_proto.v1.lead_pb2 import Text
from lantian_proto.v1.registry_pb2 import RegistryChange
from lantian_proto.v1.rule_pb2 import ReplayResult, RuleCatalogue, RuleInForce, RuleNews, RuleParameter

KIND: Final = "rule-replay"
CATALOGUE_KEY: Final = "catalogue"
SOURCE: Final = "/alerts"
TYPE: Final = "cn.lantian.rule-news.v1"
PAUSE_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 3600.0

Answer = Callable[[RegistryChange], Awaitable[ReplayResult]]
"""Runs one replay; whatever goes wrong with it is a result as well."""


def news_of(catalogue: Catalogue) -> RuleNews:
    """The catalogue as others need it: what may be changed, and within which bounds."""
    rules = []
    for entry in catalogue.entries.values():
        present = numbers(entry.rule)
        parameters = [
            RuleParameter(
                path=path,
                value=present[path],
                low=bound.low,
                high=bound.high,
                unit=bound.unit,
                whole=is_whole(entry.rule, path),
            )
            for path, bound in entry.changeable.items()
        ]
        title = Text(zh=entry.title.zh, en=entry.title.en)
        rules.append(RuleInForce(rule_id=entry.id, version=entry.version, title=title, parameters=parameters))
    return RuleNews(catalogue=RuleCatalogue(rules=rules))


class Wishes:
    """Which replays are wished and which are answered; fed by two tables, in any order."""

    def __init__(self) -> None:
        self._wished: dict[str, RegistryChange] = {}
        self._answered: set[str] = set()

    def take_registry(self, key: str, value: bytes | None) -> None:
        """A record of registry.v1; all but wishes is passed over."""
        kind, _, id_ = key.partition("/")
        if kind != KIND:
            return
        change = RegistryChange.FromString(value) if value is not None else None
        if change is None or change.voided:
            self._wished.pop(id_, None)
        else:
            self._wished[id_] = change

    def take_rules(self, key: str, value: bytes | None) -> None:
        """A record of rules.v1."""
        kind, _, id_ = key.partition("/")
        if kind == "replay" and value is not None:
            self._answered.add(id_)

    def answered(self, id_: str) -> None:
        """Nobody has to answer it again."""
        self._answered.add(id_)

    def next(self) -> RegistryChange | None:
        """The oldest wish without an answer."""
        open_ = [change for id_, change in self._wished.items() if id_ not in self._answered]
        return min(open_, key=lambda one: (one.changed_ms, one.id), default=None)


class ReplayDesk(LoopPart):
    """A part of the process. `elected` names the assignment under which it answers, None while another one does."""

    name = "replays"

    def __init__(
        self,
        catalogue: Catalogue,
        wishes: Wishes,
        answer: Answer,
        publisher: Publisher,
        clock: Clock,
        elected: Callable[[], int | None],
    ) -> None:
        super().__init__()
        self._catalogue, self._wishes, self._answer = catalogue, wishes, answer
        self._publisher, self._clock, self._elected = publisher, clock, elected

    async def _run(self) -> None:
        told: int | None = None
        while True:
            epoch = self._elected()
            try:
                if epoch is not None and epoch != told:
                    await self._tell(CATALOGUE_KEY, news_of(self._catalogue))
                    told = epoch
                change = self._wishes.next() if epoch is not None else None
                if change is not None:
                    await self._take(change)
                    continue
            except DeliveryError as error:
                structlog.get_logger().warning("answers wait", topic=RULES, reason=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _take(self, change: RegistryChange) -> None:
        result = await self._answer(change)
        result.finished_ms = self._clock.now_ms()
        await self._tell(f"replay/{change.id}", RuleNews(replay=sealed(result)))
        self._wishes.answered(change.id)
        structlog.get_logger().info("replayed", replay=change.id, rule=result.rule_id, state=result.state)

    async def _tell(self, key: str, news: RuleNews) -> None:
        data = news.SerializeToString(deterministic=True)
        now_ms = self._clock.now_ms()
        told = headers(TYPE, content_id(key, str(now_ms)), SOURCE, now_ms, PROTOBUF)
        await self._publisher.send(RULES, data, key=key.encode(), headers=told)


def beside(bootstrap: str, tick_gap_ms: int, longest_seconds: float = LONGEST_SECONDS) -> Answer:
    """Answers in a process of its own (`replay.answer`), which is ended after so long."""

    async def run(change: RegistryChange) -> ReplayResult:
        command = ["-m", "lantian_alerts.replay.answer", "--bootstrap", bootstrap, "--tick-gap-ms", str(tick_gap_ms)]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(longest_seconds):
                told, trouble = await process.communicate(change.SerializeToString())
        except TimeoutError:
            return failed(change.rule_replay, change.id, f"it took longer than {longest_seconds:g} s")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            lines = trouble.decode(errors="replace").strip().splitlines()
            return failed(change.rule_replay, change.id, lines[-1] if lines else f"status {process.returncode}")
        return ReplayResult.FromString(told)

    return run
