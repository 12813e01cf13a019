"""The look at the store: gauges and readiness."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_notify.metrics import NotifyMetrics
from lantian_notify.watch import StoreWatch
from tests.support.notify_events import NOW_MS, a_delivery
from tests.support.notify_store import FakeDeliveryStore


class Bench:
    """A watch with everything around it."""

    def __init__(self) -> None:
        self.store = FakeDeliveryStore()
        self.clock = ManualClock(NOW_MS)
        self.registry = CollectorRegistry()
        self.watch = StoreWatch(self.store, (), self.clock, NotifyMetrics(self.registry))

    async def turn(self) -> None:
        """Lets the loop do what is to be done at this time."""
        for _ in range(50):
            await asyncio.sleep(0)


@pytest.fixture
async def bench() -> Bench:
    """A watch that is not started yet."""
    return Bench()


async def test_gauges_show_what_lies_in_the_store(bench: Bench) -> None:
    """Deliveries by state, and how long the oldest has waited."""
    await bench.store.insert(a_delivery("msg_1", created_ms=NOW_MS - 7000))
    await bench.store.insert(a_delivery("msg_2"))
    await bench.store.insert(a_delivery("msg_3", state="failed"))
    await bench.watch.look()
    samples = {
        state: bench.registry.get_sample_value("lantian_notify_deliveries", {"state": state})
        for state in ("pending", "delivered", "failed", "disabled")
    }
    assert samples == {"pending": 2, "delivered": 0, "failed": 1, "disabled": 0}
    assert bench.registry.get_sample_value("lantian_notify_oldest_pending_seconds") == 7


async def test_the_start_waits_for_the_store(bench: Bench) -> None:
    """Not ready before, ready after, not ready once it was away for 15 s, ready again."""
    bench.store.away = True
    start = asyncio.create_task(bench.watch.start())
    await bench.turn()
    assert not start.done()
    assert bench.watch.probe() == "the store was not seen yet"
    bench.store.away = False
    bench.clock.advance(0.5)
    await start
    assert bench.watch.probe() is None
    bench.store.away = True
    await bench.turn()
    bench.clock.advance(14)
    await bench.turn()
    assert bench.watch.probe() is None
    bench.clock.advance(1)
    assert bench.watch.probe() == "the store was not seen for 15 s"
    bench.store.away = False
    bench.clock.advance(5)
    await bench.turn()
    assert bench.watch.probe() is None
    await bench.watch.stop()
