"""Every service is stopped in good order and started again in the middle of traffic. `make rolling` runs it."""

import signal
from pathlib import Path

from lantian_local.layout import SERVICES
from tests.faults.rehearsal import Rehearsal, rehearse


async def test_nothing_is_lost_or_doubled_when_every_service_is_restarted(tmp_path: Path) -> None:
    """What an upgrade does, one service after the other."""
    await rehearse(Rehearsal("rolling", signal.SIGTERM, SERVICES), tmp_path)
