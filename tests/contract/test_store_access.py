"""What access keeps: proved over the fake and over a real store."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from lantian_tasks.access.kept import AccessStore, write
from lantian_tasks.ledger.intake import SYSTEM
from lantian_tasks.store import MotorStore
from tests.support.tasks_access import FakeAccess


@pytest.fixture(params=["fake", "real"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[AccessStore]:
    """An empty store."""
    if request.param == "fake":
        yield FakeAccess()
        return
    real = MotorStore(request.getfixturevalue("store_url"), request.getfixturevalue("store_database"))
    await real.start()
    yield real.access
    await real.stop()


async def test_what_is_kept_comes_back(store: AccessStore) -> None:
    """Data and history, one revision after the other, and only on the revision that was read."""
    first = write(None, "account/a", {"n": 1}, 10, kind="added", actor=SYSTEM, ends_wall_ms=100)
    assert await store.kept("account/a") is None
    assert await store.keep(first)
    assert not await store.keep(first)
    second = write(first, "account/a", {"n": 2}, 20)
    third = write(second, "account/a", {"n": 3}, 30, kind="changed", actor=SYSTEM, reason="x", ends_wall_ms=0)
    assert not await store.keep(third)
    assert await store.keep(second)
    assert await store.keep(third)
    assert not await store.keep(second)
    found = await store.kept("account/a")
    assert found is not None
    assert (found.rev, found.data, found.ends_wall_ms) == (3, {"n": 3}, 0)
    assert found.history == third.history
    assert len(found.history) == 2


async def test_one_of_many_writers_wins(store: AccessStore) -> None:
    """For each revision."""
    await store.keep(write(None, "attempt/a", {"n": 0}, 1))
    before = await store.kept("attempt/a")
    wishes = [write(before, "attempt/a", {"n": number}, 2) for number in range(8)]
    assert sum(await asyncio.gather(*map(store.keep, wishes))) == 1


async def test_lists_and_forgetting(store: AccessStore) -> None:
    """By kind and id; what waits for its chain is never forgotten."""
    for number in range(4):
        await store.keep(write(None, f"attempt/{number}", {}, 1, ends_wall_ms=number))
    await store.keep(write(None, "session/0", {}, 1, kind="signed-in", actor=SYSTEM, ends_wall_ms=1))
    assert [kept.id for kept in await store.list_kept("attempt", "0", 2)] == ["1", "2"]
    assert await store.forget("attempt", 3) == 2
    assert await store.forget("session", 3) == 0
    assert [kept.id for kept in await store.list_kept("attempt", "", 9)] == ["0", "3"]
