"""One suite for all end-to-end tests: real Kafka, real store, the four services, a receiver and a collector of traces.
Started once.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from lantian_local.demo.stage import Stage
from lantian_local.layout import SERVICES, ClockSetting
from lantian_local.suite import Suite
from tests.e2e.people import employ
from tests.support.collector import Collector

ROOT = Path(__file__).parents[2]
# The captured frame says 2021-07-22 14:00:00.509 in local time; the suite's clock stands just behind it.
EPOCH_MS = int(datetime(2021, 7, 22, 6, 0, 5, tzinfo=UTC).timestamp() * 1000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def collector() -> AsyncIterator[Collector]:
    """Where the services of the suite send every trace."""
    async with Collector() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> AsyncIterator[Stage]:
    """The running suite with its receiver; the clock runs at the real rate from the captured frame's time on."""
    home = tmp_path_factory.mktemp("e2e") / "suite"
    employ(home)
    env = {name: {"LANTIAN_TRACE_SHARE": "1", "LANTIAN_TRACE_COLLECTOR": collector.url} for name in SERVICES}
    # What would only make the tests wait: for the rest of a broken frame, and for the next count of feeds.
    env["ingest"] |= {"LANTIAN_FRAME_SECONDS": "2", "LANTIAN_FEED_FIGURES_SECONDS": "1"}
    suite = Suite(
        home=home,
        clock=ClockSetting.starting_now(1.0, EPOCH_MS),
        jar_cache=ROOT / ".local" / "jars",
        env=env,
        partitions=1,  # one order of everything, so that a later event proves that an earlier one was dealt with
    )
    async with suite, Stage(suite) as running:
        yield running
