"""Parts are ended, one after the other, in the middle of traffic; afterwards every promise is checked."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lantian_local.demo import topics
from lantian_local.demo.stage import Stage
from lantian_local.layout import ClockSetting
from lantian_local.suite import Suite
from lantian_proto.topics import dead_letters_by
from lantian_simulator import registry, truth
from lantian_simulator.checker import conserve
from lantian_simulator.fleet import Fleet, read_journal
from lantian_simulator.logger import Timing
from lantian_simulator.plant import HOUR_MS
from lantian_simulator.season import Season
from tests.faults.result import machine, write

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results"
RATE = 120.0
STACKS = 60
SEED = 7
HOURS = 12.0
PLAN = truth.Plan(exceedances=14, dropouts=6, frozen=8)
# Shorter than any outage of the broker here: frames are given up and must come again from the loggers.
PATIENCE = {"ingest": {"LANTIAN_KAFKA_DELIVERY_SECONDS": "5"}}
FIRST_HOUR, LAST_HOUR = 2.0, 9.5
# At 120 times a lost answer must not look like an hour of silence: 10 wall seconds would be 20 minutes.
TIMING = Timing(answer_seconds=3.0)
BACK_SECONDS = 60.0
SETTLE_SECONDS = 90.0
DRAIN_SECONDS = 60.0


@dataclass(frozen=True)
class Rehearsal:
    """What is ended and how; `name` is that of the result's files."""

    name: str
    how: signal.Signals
    parts: tuple[str, ...]


async def rehearse(rehearsal: Rehearsal, tmp_path: Path) -> None:
    """Promises 1, 2, 3, 4 and 6 while every part of the rehearsal goes away once. Raises AssertionError."""
    home = tmp_path / "suite"
    suite = Suite(home=home, clock=ClockSetting.starting_now(RATE), jar_cache=ROOT / ".local" / "jars", env=PATIENCE)
    async with suite, Stage(suite) as stage:
        outlets = registry.outlets(STACKS, SEED)
        rows = registry.changes(outlets, stage.team_address)
        await stage.register(rows)
        start_ms = stage.clock.now_ms()
        duration_ms = int(HOURS * HOUR_MS)
        season = Season.plan(STACKS, seed=SEED, start_ms=start_ms, duration_ms=duration_ms, plan=PLAN)
        truth.write(stage.files.truth, season.episodes)
        async with _sending(stage.fleet(season, TIMING), start_ms) as fleet:
            kills = [await _end(stage, start_ms, rehearsal, number) for number in range(len(rehearsal.parts))]
            await _until(stage, start_ms + duration_ms)
            verdict = await stage.settle(season, SETTLE_SECONDS)
            # Asked while the loggers still send: once they are silent, every outlet is soon a dropout.
            issues = await stage.ledger.issues()
            broken = [issue.issue_id for issue in issues if not await stage.ledger.intact(issue.issue_id)]
            webhook_ids = stage.receiver.ids
            left = await fleet.drain(DRAIN_SECONDS)
            progress = fleet.progress()
        acknowledged = [(frame.station, frame.command, frame.request) for frame in read_journal(stage.files.sent)]
        kept = conserve(acknowledged, await topics.raw_frames(suite.kafka_bootstrap), left=left)
        dead = sum([(await topics.count(suite.kafka_bootstrap, name)).total() for name in dead_letters_by()])
        result: dict[str, Any] = {
            "machine": machine(),
            "setting": {"rate": RATE, "stacks": STACKS, "seed": SEED, "suite_hours": HOURS},
            "signal": rehearsal.how.name,
            "kills": kills,
            "traffic": {**asdict(progress.counters), "left": left},
            "scores": [asdict(score) for score in verdict.scores],
            "frames": {"acknowledged": kept.acknowledged, "records": kept.records, "by_outcome": kept.by_outcome},
            "issues": len(issues),
            "broken_audit_chains": broken,
            "webhook_ids": webhook_ids,
            "webhook_deliveries": len(stage.receiver.deliveries),
            "refused_deliveries": stage.receiver.refused,
            "dead_letters": dead,
            "problems": [*verdict.problems, *kept.problems],
        }
        write(RESULTS, rehearsal.name, result)
        assert result["problems"] == []
        assert left == 0
        assert broken == []
        assert stage.receiver.refused == 0
        assert dead == 0
        assert {"accepted", "duplicate"} >= set(kept.by_outcome)
        assert len(acknowledged) == progress.counters.measured
        assert kept.records <= progress.counters.measured + progress.counters.repeated
        assert len(season.episodes) == len(issues) == webhook_ids


@contextlib.asynccontextmanager
async def _sending(fleet: Fleet, start_ms: int) -> AsyncIterator[Fleet]:
    fleet.start(start_ms)
    try:
        yield fleet
    finally:
        await fleet.stop()


async def _end(stage: Stage, start_ms: int, rehearsal: Rehearsal, number: int) -> dict[str, Any]:
    """End one part at its suite hour and wait until it is back."""
    hour = FIRST_HOUR + (LAST_HOUR - FIRST_HOUR) * number / (len(rehearsal.parts) - 1)
    await _until(stage, start_ms + int(hour * HOUR_MS))
    part = rehearsal.parts[number]
    begun = time.monotonic()
    process = stage.suite.state.parts[part].process
    assert process is not None
    restarts = stage.suite.state.parts[part].restarts
    os.kill(process.pid, rehearsal.how)
    while stage.suite.state.parts[part].restarts == restarts:  # noqa: ASYNC110  # the suite tells nobody
        await asyncio.sleep(0.05)
    await stage.suite.wait_ready(part, BACK_SECONDS)
    return {"part": part, "suite_hour": round(hour, 2), "away_seconds": round(time.monotonic() - begun, 2)}


async def _until(stage: Stage, suite_ms: int) -> None:
    await stage.clock.sleep((suite_ms - stage.clock.now_ms()) / 1000)
