"""The gateway under what the field does to it. `make endurance` runs it; results in bench/results/endurance.*"""

import resource
from pathlib import Path

import pytest

from tests.endurance import scenes
from tests.endurance.gateway import gateway
from tests.endurance.result import keep

pytestmark = pytest.mark.timeout(1800)
REPLY_SECONDS = 2.0
DRAIN_SECONDS = 120.0


@pytest.fixture(autouse=True)
def _many_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < 12_000:
        pytest.skip(f"only {hard} open files are allowed here")


async def test_ten_thousand_devices_drop_and_return_at_once(tmp_path: Path) -> None:
    """None refused, none lost, answered within 2 s, 64 KB each."""
    async with gateway(tmp_path, 10_000) as running:
        result = await scenes.storm(running, 10_000, wait=120)
    keep("storm", result)
    assert (result["refused"], result["lost"], result["answered"]) == (0, 0, 10_000)
    assert result["kilobytes_a_connection"] <= 64
    assert result["reply_p99_seconds"] <= REPLY_SECONDS


async def test_two_thousand_slow_peers_beside_a_hundred_good_ones(tmp_path: Path) -> None:
    """The good ones do not notice."""
    settings = {"LANTIAN_FRAME_SECONDS": "3", "LANTIAN_IDLE_SECONDS": "15"}
    async with gateway(tmp_path, 101, settings) as running:
        result = await scenes.slow_peers(running, 2000, 100, seconds=60)
    keep("slow_peers", result)
    assert result["good_lost"] == 0
    assert result["answered"] >= 100 * 50
    assert result["reply_p99_seconds"] <= REPLY_SECONDS
    assert sum(result["closed"].values()) >= 1500


async def test_kafka_stopped_for_a_minute(tmp_path: Path) -> None:
    """Sockets stay, nothing acknowledged is lost, drained within 120 s of its return."""
    async with gateway(tmp_path, 100) as running:
        result = await scenes.kafka_away(running, devices=100, rate=500, away=60, drained_within=DRAIN_SECONDS)
    keep("kafka_away", result)
    assert result["connections_lost"] == 0
    assert result["acknowledged_before"] > 1000
    assert result["acknowledged_while_away"] > 25_000
    assert (result["acknowledged_and_not_in_raw_frames"], result["acknowledged_and_without_readings"]) == (0, 0)
    assert result["acknowledged"] == result["sent"]
    assert result["drained_after_return_in_seconds"] <= DRAIN_SECONDS
    assert result["spool_files_left"] == 0


async def test_spool_full(tmp_path: Path) -> None:
    """No acknowledgement beyond it, counted, visible; nothing acknowledged is lost, and it recovers."""
    async with gateway(tmp_path, 50, {"LANTIAN_SPOOL_BYTES": str(1 << 20)}) as running:
        result = await scenes.kafka_away(running, devices=50, rate=300, away=30, drained_within=DRAIN_SECONDS)
    keep("spool_full", result)
    assert result["connections_lost"] == 0
    assert 0 < result["acknowledged_while_away"] < 300 * 20
    assert result["spool_bytes_at_the_end_of_the_outage"] <= (1 << 20) * 1.1
    assert (result["acknowledged_and_not_in_raw_frames"], result["acknowledged_and_without_readings"]) == (0, 0)
    assert result["acknowledged"] == result["sent"]
    assert result["ready_while_away"] == 503
    assert "full" in result["troubles_while_away"]


async def test_a_month_of_backfill_beside_live_traffic(tmp_path: Path) -> None:
    """Live p99 stays under 2 s and within twice what it is alone, or within a tenth of a second of it."""
    async with gateway(tmp_path, 300) as running:
        result = await scenes.backfill(running, live=200, late=100, seconds=30, month=720)
    keep("backfill", result)
    assert result["live_lost"] == 0
    assert result["backfill_acknowledged"] == 100 * 720
    assert result["live_beside_p99_seconds"] <= REPLY_SECONDS
