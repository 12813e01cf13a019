"""The ledger is destroyed and brought back, from a backup and from the topics alone, and every promise is checked.

`make recovery` runs it; what the operator's commands said is written to bench/results/recovery.md.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lantian_local.__main__ import app
from lantian_local.backup.rebuilding import ledger_hash
from lantian_local.backup.store import connected
from lantian_local.demo.stage import Stage
from lantian_local.layout import ClockSetting
from lantian_local.suite import Suite
from lantian_tasks.audit_store import AUDITED
from tests.e2e.people import employ, void
from tests.e2e.wire import Device, hour_frame, local_ms, site
from tests.recovery.result import Told

ROOT = Path(__file__).parents[2]
EPOCH_MS = int(datetime(2026, 11, 20, 6, 0, 5, tzinfo=UTC).timestamp() * 1000)
FACTOR = "a21026"
LIMIT = 35.0
SECONDS = 90.0


def feed(number: int) -> str:
    """A feed's MN."""
    return f"RECOVERY{number:016d}"


async def exceed(stage: Stage, number: int) -> None:
    """One outlet exceeds its limit for an hour; returns when the frame was answered."""
    device = Device(stage)
    await device.send(hour_frame(feed(number), local_ms(2026, 11, 20, 12), f"{FACTOR}-Avg=99.5,{FACTOR}-Flag=N")[1])
    await device.reply()
    device.close()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Returns when the condition holds."""
    async with asyncio.timeout(SECONDS):
        while not await condition():  # noqa: ASYNC110  # the ledger tells nobody here
            await asyncio.sleep(0.2)


async def ledger_of(stage: Stage) -> dict[str, Any]:
    """Every issue as it is told, and whether its history verifies."""
    return {issue.issue_id: (issue, await stage.ledger.intact(issue.issue_id)) for issue in await stage.ledger.issues()}


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """Notes what the commands say; the result is written when both ways have been gone."""
    notes = Told()
    yield notes
    notes.write(ROOT / "bench" / "results")


@pytest.mark.timeout(600)
async def test_a_destroyed_ledger_comes_back_whole(tmp_path: Path, told: Told) -> None:
    """What was backed up is as it was; what came and was done after it comes from the topics, entry for entry."""
    home, file = tmp_path / "suite", tmp_path / "ledger.backup"
    employ(home)
    clock = ClockSetting.starting_now(1.0, EPOCH_MS)
    jars = ROOT / ".local" / "jars"
    suite = Suite(home=home, clock=clock, jar_cache=jars, partitions=1)
    async with suite, Stage(suite) as stage:
        rows = [row for number in range(4) for row in site(stage, feed(number), FACTOR, LIMIT)]
        await stage.register(list({(row["kind"], row["id"]): row for row in rows}.values()))
        for number in range(3):
            await exceed(stage, number)
        await until(lambda: _has(stage, 3))
        places = ("--store", suite.layout.store_url, "--kafka", suite.kafka_bootstrap)
        await until(lambda: _sealed(suite))
        await told.lantian("backup", "backup", str(file), *places)
        await told.lantian("backup", "audit", "verify", *places)
        saved = await ledger_of(stage)
        await exceed(stage, 3)
        await until(lambda: _has(stage, 4))
        voided, *untouched = sorted(saved)
        await void(stage, voided)
        later = await ledger_of(stage)
        await until(lambda: _copied(places))
        await until(lambda: _sealed(suite))
        digest = _hash(suite)
    assert later[voided][0].state == "voided"
    assert all(intact for _, intact in later.values())
    shutil.rmtree(home / "store")

    bare = Suite(home=home, clock=clock, jar_cache=jars, partitions=1, parts=("kafka", "store"))
    async with bare:
        places = ("--store", bare.layout.store_url, "--kafka", bare.kafka_bootstrap)
        await told.lantian("restore", "restore", str(file), *places)
        await told.lantian("restore", "audit", "restore", *places)
        # What came after the backup is in the chains already, and not yet in the ledger.
        lacking = await told.lantian("restore", "audit", "verify", *places, code=1)
        assert "is gone" in lacking
        said = await told.lantian("restore", "rebuild", "--newer", *places)
        assert f"documents are newer now, ledger {digest};" in said
        await told.lantian("restore", "audit", "verify", *places)

    suite = Suite(home=home, clock=clock, jar_cache=jars, partitions=1)
    async with suite, Stage(suite) as stage:
        await until(lambda: _has(stage, 4))
        found = await ledger_of(stage)
        places = ("--store", suite.layout.store_url, "--kafka", suite.kafka_bootstrap)
        await until(lambda: _sealed(suite))
        await told.lantian("restore", "audit", "verify", *places)
    assert [found[id_] for id_ in untouched] == [saved[id_] for id_ in untouched]
    assert found == later
    told.restored = True


@pytest.mark.timeout(600)
async def test_an_empty_store_is_rebuilt_from_the_topics(tmp_path: Path, told: Told) -> None:
    """No backup: every issue, lead and registry record as it was, equal by hash; and the suite goes on from there."""
    home = tmp_path / "suite"
    clock = ClockSetting.starting_now(1.0, EPOCH_MS)
    jars = ROOT / ".local" / "jars"
    suite = Suite(home=home, clock=clock, jar_cache=jars, partitions=2)
    async with suite, Stage(suite) as stage:
        rows = [row for number in range(4) for row in site(stage, feed(number), FACTOR, LIMIT)]
        await stage.register(list({(row["kind"], row["id"]): row for row in rows}.values()))
        for number in range(3):
            await exceed(stage, number)
        await until(lambda: _has(stage, 3))
        places = ("--store", suite.layout.store_url, "--kafka", suite.kafka_bootstrap)
        await until(lambda: _copied(places))
        await until(lambda: _sealed(suite))
        before, digest = await ledger_of(stage), _hash(suite)
    shutil.rmtree(home / "store")

    bare = Suite(home=home, clock=clock, jar_cache=jars, partitions=2, parts=("kafka", "store"))
    async with bare:
        places = ("--store", bare.layout.store_url, "--kafka", bare.kafka_bootstrap)
        said = await told.lantian("rebuild", "rebuild", *places)
        assert f"ledger {digest};" in said
        assert _hash(bare) == digest
        await told.lantian("rebuild", "audit", "restore", *places)
        await told.lantian("rebuild", "audit", "verify", *places)

    suite = Suite(home=home, clock=clock, jar_cache=jars, partitions=2)
    async with suite, Stage(suite) as stage:
        assert await ledger_of(stage) == before
        await exceed(stage, 3)
        await until(lambda: _has(stage, 4))
        found = await ledger_of(stage)
        places = ("--store", suite.layout.store_url, "--kafka", suite.kafka_bootstrap)
        await until(lambda: _sealed(suite))
        await told.lantian("rebuild", "audit", "verify", *places)
    assert {id_: found[id_] for id_ in before} == before
    assert all(intact for _, intact in found.values())
    told.hashes = (digest, said.partition("ledger ")[2].partition(";")[0])


async def _copied(places: tuple[str, ...]) -> bool:
    """Whether the topic holds the whole ledger, by the operator's own command."""
    done = await asyncio.to_thread(CliRunner().invoke, app, ["rebuild", "--check", *places])
    return done.exit_code == 0


async def _sealed(suite: Suite) -> bool:
    """Whether every entry of every document is in its chain, and every chain in its topic."""

    def waiting() -> int:
        with connected(suite.layout.store_url, dict) as client:
            ledger = client["lantian_tasks"]
            late = sum(ledger[name].count_documents({"audit_ms": {"$gt": 0}}) for name in AUDITED)
            return int(late + ledger["audit"].count_documents({"unanchored": 1}))

    return not await asyncio.to_thread(waiting)


def _hash(suite: Suite) -> str:
    with connected(suite.layout.store_url, dict) as client:
        return ledger_hash(client, "lantian_tasks")


async def _has(stage: Stage, count: int) -> bool:
    return len(await stage.ledger.issues()) == count
