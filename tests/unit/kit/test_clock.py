"""The clock: epoch, rate, and a manual twin for tests."""

import asyncio

import pytest

from lantian_kit.clock import ManualClock, SuiteClock


def test_suite_time_runs_at_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day in two minutes: 720 suite seconds in a wall second."""
    monkeypatch.setattr("time.time", lambda: 1_000.0 + 10.0)
    clock = SuiteClock(rate=720.0, wall_epoch_ms=1_000_000, suite_epoch_ms=5_000_000)
    assert clock.now_ms() == 5_000_000 + 7_200_000
    assert clock.wall_ms() == 1_010_000
    assert clock.wall_of(clock.now_ms()) == 1_010_000


def test_plain_clock_is_wall_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without epoch and rate nothing is bent."""
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.5)
    assert SuiteClock().now_ms() == SuiteClock().wall_ms() == 1_700_000_000_500


def test_a_clock_that_stands_or_runs_back_is_refused() -> None:
    """Rates are positive."""
    with pytest.raises(ValueError, match="positive"):
        SuiteClock(rate=0)


async def test_manual_clock_wakes_only_who_is_due() -> None:
    """Two sleepers, one due."""
    clock = ManualClock()
    early, late = asyncio.create_task(clock.sleep(5)), asyncio.create_task(clock.sleep(60))
    await asyncio.sleep(0)
    clock.advance(10)
    await early
    assert not late.done()
    clock.advance(50)
    await late


async def test_a_moment_is_waited_for_whenever_the_wait_begins() -> None:
    """The clock may go on between the decision to wait and the wait: a moment that has passed is not waited for."""
    clock = ManualClock()
    moment = clock.now_ms() + 5000
    waiting = asyncio.create_task(clock.sleep_until(moment))
    clock.advance(5)
    await waiting
    suite = SuiteClock(rate=1000.0)
    await suite.sleep_until(suite.now_ms() + 5000)
    await suite.sleep_until(suite.now_ms() - 5000)
