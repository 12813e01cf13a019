"""SIGKILL each part once in the middle of traffic. `make faults` runs it."""

import signal
from pathlib import Path

from lantian_local.layout import PARTS
from tests.faults.rehearsal import Rehearsal, rehearse


async def test_nothing_is_lost_or_doubled_when_each_part_is_killed_once(tmp_path: Path) -> None:
    """Six kills."""
    await rehearse(Rehearsal("faults", signal.SIGKILL, PARTS), tmp_path)
