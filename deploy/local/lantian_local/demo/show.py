"""The demo itself: registry, captured frames, simulated traffic, leads as they come, and the reckoning."""

import asyncio
import math
from dataclasses import replace

from rich.console import Console

from lantian_local.demo import captured, report, topics
from lantian_local.demo.receiver import Delivery
from lantian_local.demo.stage import RECEIVER_PORT, Stage
from lantian_local.ports import HOST
from lantian_local.suite import Suite
from lantian_proto.topics import LEADS, dead_letters_by
from lantian_simulator import registry, truth
from lantian_simulator.checker import Verdict, conserve
from lantian_simulator.fleet import Fleet, read_journal
from lantian_simulator.plant import HOUR_MS
from lantian_simulator.season import Season

STACKS = 200
SEED = 20260115
SHORTEST_HOURS = 12
"""Suite hours of traffic at least: whole hours between two arbitrary moments are one fewer."""
USUAL_SECONDS = 120.0
SETTLE_SECONDS = 30.0
DRAIN_SECONDS = 20.0
REPORT_SECONDS = 10.0


class TooSlow(ValueError):
    """The run is too short at this rate for every episode to open and close."""


def suite_hours(seconds: float, rate: float) -> float:
    """Suite hours in `seconds` of wall time. Raises TooSlow when the episodes do not fit."""
    hours = seconds * rate / 3600
    if hours < SHORTEST_HOURS:
        needed = math.ceil(SHORTEST_HOURS * 3600 / seconds)
        raise TooSlow(f"{seconds:g} s at {rate:g} times are {hours:.1f} h; 12 h are needed, so a rate of {needed}")
    return hours


async def run(suite: Suite, seconds: float | None, rate: float) -> int:
    """Run in a suite that is ready. With `seconds` it ends by itself; without it stays up until it is cancelled.

    Returns 0 when every injected episode gave exactly one issue and one webhook id, nothing false was found and no
    acknowledged frame is missing; 1 otherwise.
    """
    console = report.console()
    try:
        hours = suite_hours(seconds or USUAL_SECONDS, rate)
    except TooSlow as error:
        console.print(f"{error}", style="red")
        return 1
    voice = _Voice(console)
    async with Stage(suite, receiver_port=RECEIVER_PORT, listener=voice.hear) as stage:
        voice.stage = stage
        show = _Show(stage, console)
        try:
            code = await show.play(hours, drain=seconds is not None)
            if seconds is None:
                show.addresses()
                await asyncio.Event().wait()
        finally:
            await show.stop()
        return code


class _Voice:
    """Says each lead once, as its webhook comes."""

    def __init__(self, console: Console) -> None:
        self.stage: Stage | None = None
        self._console = console

    async def hear(self, delivery: Delivery, new: bool) -> None:
        if not new or self.stage is None:
            return
        self._console.print(report.lead_lines(delivery, _frame_seconds(self.stage, delivery)), soft_wrap=True)


def _seconds(stage: Stage, delivery: Delivery, since: str) -> float | None:
    """Wall seconds from a time of the lead to the webhook; None when it has none."""
    time_ms = delivery.time_ms(since)
    return None if time_ms is None else (delivery.wall_ms - stage.clock.wall_of(time_ms)) / 1000


def _frame_seconds(stage: Stage, delivery: Delivery) -> float | None:
    """Wall seconds from the newest frame of the evidence to the webhook; None for findings that no frame triggers."""
    if delivery.body["data"]["rule"]["id"] == truth.DROPOUT:
        return None
    return _seconds(stage, delivery, "received")


class _Show:
    def __init__(self, stage: Stage, console: Console) -> None:
        self._stage = stage
        self._suite = stage.suite
        self._console = console
        self._fleet: Fleet | None = None

    async def play(self, hours: float, *, drain: bool) -> int:
        """The whole run, up to and with the tables. Without `drain` the fleet goes on; 0 when all was as promised."""
        stage = self._stage
        outlets = registry.outlets(STACKS, SEED)
        rows = [*registry.changes(outlets, stage.team_address), *captured.changes()]
        await stage.register(rows)
        self._say(f"登记 {len(rows)} registry entries, {len(outlets)} outlets")
        frames = captured.load()
        await captured.replay(HOST, self._suite.hj212_port, frames)
        self._say(f"回放 {len(frames)} captured frames replayed")
        start_ms = stage.clock.now_ms()
        duration_ms = int(hours * HOUR_MS)
        season = Season.plan(STACKS, seed=SEED, start_ms=start_ms, duration_ms=duration_ms)
        truth.write(stage.files.truth, season.episodes)
        self._fleet = stage.fleet(season)
        self._fleet.start(start_ms)
        self._say(f"上报 {len(season.stations)} data loggers send; {len(season.episodes)} episodes are injected")
        await self._watch(start_ms + duration_ms)
        verdict = await stage.settle(season, SETTLE_SECONDS)
        # Counted while the loggers still send: once they are silent, every outlet is soon a dropout.
        totals = await self._totals()
        totals.backlog = await self._fleet.drain(DRAIN_SECONDS) if drain else self._fleet.progress().backlog
        # A logger that goes on sending has at most one frame under way between its journal and the topic.
        return await self._reckon(verdict, totals, totals.backlog if drain else len(season.stations))

    async def stop(self) -> None:
        """Silence the loggers."""
        if self._fleet is not None:
            await self._fleet.stop()

    def addresses(self) -> None:
        """Where a person can look."""
        for name, address in self._suite.urls.items():
            self._console.print(f"  {name:<8} {address}", highlight=False)
        self._console.print(f"  {'receiver':<8} {self._stage.receiver.address}", highlight=False)
        self._console.print(f"  {'OpenAPI':<8} {self._suite.tasks_url}/openapi.json", highlight=False)
        self._console.print(f"  {'metrics':<8} {self._suite.alerts_url}/metrics and the same path of the others")
        self._console.print(f"  {'key':<8} {self._suite.home / 'keys.json'} (administrator)", highlight=False)
        self._console.print("Ctrl-C 结束 ends it", highlight=False)

    async def _watch(self, end_ms: int) -> None:
        stage = self._stage
        assert self._fleet is not None
        while (left_ms := end_ms - stage.clock.now_ms()) > 0:
            await asyncio.sleep(min(REPORT_SECONDS, left_ms / 1000 / stage.clock.rate))
            progress = self._fleet.progress()
            self._say(
                f"已应答 acknowledged {progress.counters.acknowledged:,}, waiting {progress.backlog:,}, "
                f"repeated {progress.counters.repeated:,}, webhooks {stage.receiver.ids:,}"
            )

    async def _totals(self) -> report.Totals:
        stage, bootstrap = self._stage, self._suite.kafka_bootstrap
        issues = await stage.ledger.issues()
        deliveries = list(stage.receiver.deliveries)
        # The captured frames are years old: they travel as back-fill, which is made to wait behind what is live.
        live = [d for d in deliveries if d.body["data"]["class"] != "retrospective"]
        return report.Totals(
            readings=await topics.readings_count(bootstrap),
            leads=(await topics.count(bootstrap, LEADS)).total(),
            issues=len(issues),
            retrospective=sum(issue.retrospective for issue in issues),
            webhook_ids=stage.receiver.ids,
            deliveries=len(deliveries),
            refused=stage.receiver.refused,
            dead_letters=sum([(await topics.count(bootstrap, name)).total() for name in dead_letters_by()]),
            frame_to_webhook=[s for d in live if (s := _frame_seconds(stage, d)) is not None],
            found_to_webhook=[s for d in live if (s := _seconds(stage, d, "detected")) is not None],
        )

    async def _reckon(self, verdict: Verdict, totals: report.Totals, left: int) -> int:
        acknowledged = read_journal(self._stage.files.sent)  # before the topic, which must hold all of it
        raw = await topics.raw_frames(self._suite.kafka_bootstrap)
        kept = conserve([(frame.station, frame.command, frame.request) for frame in acknowledged], raw, left=left)
        totals = replace(totals, frames=kept.by_outcome, acknowledged=len(acknowledged))
        self._console.print(report.totals_table(totals))
        self._console.print(report.truth_table(verdict))
        problems = [*verdict.problems, *kept.problems]
        for problem in problems:
            self._console.print(f"  {problem}", style="red", highlight=False, markup=False)
        self._console.print("全部相符 all as injected" if not problems else "不符 not as injected", style="bold")
        return 0 if not problems else 1

    def _say(self, text: str) -> None:
        self._console.print(f"{report.clock_face(self._stage.clock.now_ms())}  {text}", style="dim", highlight=False)
