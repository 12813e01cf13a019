"""The endurance scenes in small: the same code with few devices; `make endurance` has the sizes that count."""

from pathlib import Path

import pytest

from tests.endurance import scenes
from tests.endurance.gateway import gateway

LONG = 240.0  # a machine may run several test sessions at once: no timing is judged here


@pytest.mark.timeout(900)
async def test_devices_return_at_once_and_kafka_goes_for_a_moment(tmp_path: Path) -> None:
    """None refused, none lost, all answered; nothing acknowledged without Kafka is missing when it is back."""
    async with gateway(tmp_path, 200) as running:
        storm = await scenes.storm(running, 200, wait=LONG)
        assert (storm["refused"], storm["lost"], storm["answered"]) == (0, 0, 200)
        away = await scenes.kafka_away(running, devices=20, rate=50, away=5, drained_within=LONG, wait=LONG)
    assert away["connections_lost"] == 0
    assert (away["acknowledged_and_not_in_raw_frames"], away["acknowledged_and_without_readings"]) == (0, 0)
    assert away["acknowledged"] == away["sent"]
    assert away["spool_files_left"] == 0
