"""A resend is known, a revision is not taken for one, and the memory is bounded."""

import asyncio

from lantian_ingest.duplicates import Duplicates, Novelty

KEY = ("2011", 1000, None)


def test_resend_revision_and_the_rest() -> None:
    """By key and content."""
    seen = Duplicates()
    assert seen.see("M1", KEY, 1)[0] is Novelty.NEW
    assert seen.see("M1", KEY, 1)[0] is Novelty.DUPLICATE
    assert seen.see("M1", KEY, 2)[0] is Novelty.REVISED
    assert seen.see("M1", KEY, 2)[0] is Novelty.DUPLICATE
    assert seen.see("M1", ("2011", 1000, 2), 1)[0] is Novelty.NEW
    assert seen.see("M1", ("2061", 1000, None), 1)[0] is Novelty.NEW
    assert seen.see("M1", ("2011", 2000, None), 1)[0] is Novelty.NEW
    assert seen.see("M2", KEY, 1)[0] is Novelty.NEW


def test_oldest_is_forgotten_and_a_resend_is_young_again() -> None:
    """Bounded for each feed."""
    seen = Duplicates(kept=2)
    for time_ms in (1, 2):
        seen.see("M1", ("2011", time_ms, None), 0)
    assert seen.see("M1", ("2011", 1, None), 0)[0] is Novelty.DUPLICATE
    seen.see("M1", ("2011", 3, None), 0)
    assert seen.see("M1", ("2011", 1, None), 0)[0] is Novelty.DUPLICATE
    assert seen.see("M1", ("2011", 2, None), 0)[0] is Novelty.NEW


async def test_resend_waits_for_the_original() -> None:
    """And learns its fate."""
    seen = Duplicates()
    _, first = seen.see("M1", KEY, 1)
    _, again = seen.see("M1", KEY, 1)
    waiting = seen.safe(again)
    await asyncio.sleep(0)
    assert not waiting.done()
    seen.acknowledged(first)
    assert await waiting
    assert await seen.safe(again)


async def test_failed_record_is_forgotten() -> None:
    """Its waiting resend fails with it; the next one is new."""
    seen = Duplicates()
    _, first = seen.see("M1", KEY, 1)
    waiting = seen.safe(first)
    await asyncio.sleep(0)
    seen.failed("M1", KEY, first)
    assert not await waiting
    assert not await seen.safe(first)
    assert seen.see("M1", KEY, 1)[0] is Novelty.NEW


def test_failure_of_an_old_version_does_not_forget_the_new_one() -> None:
    """A revision may overtake the record it revises."""
    seen = Duplicates()
    _, first = seen.see("M1", KEY, 1)
    seen.see("M1", KEY, 2)
    seen.failed("M1", KEY, first)
    assert seen.see("M1", KEY, 2)[0] is Novelty.DUPLICATE
