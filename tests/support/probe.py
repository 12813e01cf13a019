"""The probe as a process beside a running suite, with its registry, secret and key."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lantian_local.demo.stage import Stage
from lantian_local.keys import PROBE_DIVISION, PROBE_SECOND_KEY, probe_key
from lantian_local.ports import HOST, PortLease
from lantian_probe.rounds import registry


@asynccontextmanager
async def probing(stage: Stage, folder: Path, an_hour: int = 6, ahead_ms: int = 0) -> AsyncIterator[str]:
    """Base URL of its HTTP server; its clock goes `ahead_ms` of the suite's. Its log is probe.log in `folder`."""
    lease = PortLease()
    url = f"http://{HOST}:{lease.any()}"
    secret = folder / "probe-secret"
    secret.write_text(stage.suite.webhook_secret("probe"))
    await stage.register(list(registry(an_hour, PROBE_DIVISION, f"{url}/hooks/probe", "probe")))
    clock = stage.suite.clock
    setting = {
        "LANTIAN_HTTP_PORT": url.rpartition(":")[2],
        "LANTIAN_KAFKA_BOOTSTRAP": stage.suite.kafka_bootstrap,
        "LANTIAN_PROBE_GATEWAY": f"{HOST}:{stage.suite.hj212_port}",
        "LANTIAN_PROBE_ROUNDS_AN_HOUR": str(an_hour),
        "LANTIAN_PROBE_WEBHOOK_SECRET_FILE": str(secret),
        "LANTIAN_PROBE_API_URL": stage.suite.tasks_url,
        "LANTIAN_PROBE_API_KEY": probe_key(stage.suite.home),
        "LANTIAN_PROBE_SECOND_API_KEY": probe_key(stage.suite.home, PROBE_SECOND_KEY),
        "LANTIAN_CLOCK_RATE": str(clock.rate),
        "LANTIAN_CLOCK_WALL_EPOCH_MS": str(clock.wall_epoch_ms),
        "LANTIAN_CLOCK_SUITE_EPOCH_MS": str(clock.suite_epoch_ms + ahead_ms),
    }
    with (folder / "probe.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "lantian_probe", env={**os.environ, **setting}, stdout=log, stderr=log
        )
    try:
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
        lease.release()
