"""The probe against the running suite: its exceedance comes back as a webhook, and what it caused is voided."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import pytest

from lantian_local.demo.stage import Stage
from lantian_local.keys import probe_key
from lantian_local.ports import HOST, PortLease
from lantian_probe.rounds import registry

pytestmark = pytest.mark.asyncio(loop_scope="session")

AN_HOUR = 60
DIVISION = "990101"
SECONDS = 90.0


async def test_a_synthetic_exceedance_reaches_the_probe_and_is_voided(stage: Stage, tmp_path: Path) -> None:
    """Sent as by a device, told as to a team, voided with the key of its division's office."""
    lease = PortLease()
    url = f"http://{HOST}:{lease.any()}"
    secret = tmp_path / "secret"
    secret.write_text(stage.suite.webhook_secret("probe"))
    rows = list(registry(AN_HOUR, DIVISION, f"{url}/hooks/probe", "probe"))
    await stage.register(rows)
    # The probe's clock goes before the suite's by less than a minute, so that its next round is at hand.
    now, clock = stage.clock.now_ms(), stage.suite.clock
    setting = {
        "LANTIAN_HTTP_PORT": url.rpartition(":")[2],
        "LANTIAN_KAFKA_BOOTSTRAP": stage.suite.kafka_bootstrap,
        "LANTIAN_PROBE_GATEWAY": f"{HOST}:{stage.suite.hj212_port}",
        "LANTIAN_PROBE_ROUNDS_AN_HOUR": str(AN_HOUR),
        "LANTIAN_PROBE_WEBHOOK_SECRET_FILE": str(secret),
        "LANTIAN_PROBE_API_URL": stage.suite.tasks_url,
        "LANTIAN_PROBE_API_KEY": probe_key(stage.suite.home),
        "LANTIAN_CLOCK_WALL_EPOCH_MS": str(clock.wall_epoch_ms),
        "LANTIAN_CLOCK_SUITE_EPOCH_MS": str(clock.suite_epoch_ms + 57_000 - now % 60_000),
    }
    with (tmp_path / "probe.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lantian_probe", env={**os.environ, **setting}, stdout=log, stderr=log
        )
    try:
        async with aiohttp.ClientSession() as session, asyncio.timeout(SECONDS):
            while 'lantian_probe_voided_total{result="voided"} 1.0' not in await _metrics(session, url):
                assert process.returncode is None, (tmp_path / "probe.log").read_text()
                await asyncio.sleep(0.2)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        lease.release()
    assert process.returncode == 0
    issues = [found for found in await stage.ledger.issues() if found.source.startswith("probe-")]
    assert [issue.state for issue in issues if issue.rule == "hour-exceedance"] == ["voided"]
    assert not any(issue.retrospective for issue in issues)


async def _metrics(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with session.get(f"{url}/metrics") as answer:
            return await answer.text()
    except aiohttp.ClientError:
        return ""
