"""The probe against the running suite: its exceedance comes back as a webhook, and what it caused is voided."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from lantian_local.demo.stage import Stage
from tests.support.probe import probing

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECONDS = 120.0
DONE = 'lantian_probe_voided_total{result="voided"} 1.0'


async def test_a_synthetic_exceedance_reaches_the_probe_and_is_voided(stage: Stage, tmp_path: Path) -> None:
    """Sent as by a device, told as to a team, voided with the key of its division's office."""
    # Sixty rounds an hour, and a clock up to a minute before the suite's: the next round is at hand.
    ahead_ms = (50_000 - stage.clock.now_ms()) % 60_000
    async with probing(stage, tmp_path, an_hour=60, ahead_ms=ahead_ms) as url, aiohttp.ClientSession() as session:
        try:
            async with asyncio.timeout(SECONDS):
                while DONE not in await _metrics(session, url):  # noqa: ASYNC110  # a counter tells nobody
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError((tmp_path / "probe.log").read_text()) from None
    issues = [found for found in await stage.ledger.issues() if found.source.startswith("probe-")]
    assert "voided" in [issue.state for issue in issues if issue.rule == "hour-exceedance"]
    assert not any(issue.retrospective for issue in issues)


async def _metrics(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with session.get(f"{url}/metrics") as answer:
            return await answer.text()
    except aiohttp.ClientError:
        return ""  # it is still starting
