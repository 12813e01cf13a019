"""Cards of what is there already are written newest first, each once, whatever the times and the store do."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lantian_kit.worker import Unavailable
from lantian_tasks import catching_up
from lantian_tasks.catching_up import CatchingUp, Window

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000
TIMES = st.one_of(
    st.integers(0, NOW_MS + DAY_MS), st.integers(NOW_MS - DAY_MS, NOW_MS), st.sampled_from((0, NOW_MS, NOW_MS - 1))
)


class Documents:
    """Times of documents; away as often as told."""

    def __init__(self, times: Sequence[int], away: int = 0) -> None:
        self.times = times
        self.away = away
        self.read: list[int] = []
        self.sizes: list[int] = []
        self.work = CatchingUp("documents", self._read)

    async def _read(self, window: Window) -> int:
        if self.away:
            self.away -= 1
            raise Unavailable("told to be away")
        until = window.get("$lt", 1 << 60)
        found = [at for at in self.times if window["$gte"] <= at < until]
        missing = [at for at in self.times if self.work.covers(at) and at not in self.read]
        assert not missing, "it says that it has what it has not"
        self.read += found
        self.sizes.append(len(found))
        return len(found)


@given(st.lists(TIMES, max_size=30))
def test_each_once_and_the_newest_first(times: list[int]) -> None:
    """Also what was registered by a clock that was ahead, and what lies at the beginning of time."""
    documents = Documents(times)
    asyncio.run(documents.work.run(NOW_MS))
    assert sorted(documents.read) == sorted(times)
    assert documents.work.is_whole
    assert documents.work.covers(0)


def test_many_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that held too many is followed by smaller ones."""
    monkeypatch.setattr(catching_up, "MANY", 20)
    monkeypatch.setattr(catching_up, "FEW", 5)
    monkeypatch.setattr(catching_up, "VERY_FEW", 1)
    documents = Documents([NOW_MS - number * 60_000 for number in range(1000)])
    asyncio.run(documents.work.run(NOW_MS))
    assert len(documents.read) == 1000
    assert max(documents.sizes[2:]) <= 40


async def test_a_store_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And read from where it was."""
    monkeypatch.setattr(catching_up, "PAUSE_SECONDS", 0)
    documents = Documents([NOW_MS - 5, 7], away=3)
    await documents.work.run(NOW_MS)
    assert documents.read == [NOW_MS - 5, 7]


async def test_the_newest_page_is_there_before_the_rest() -> None:
    """As soon as it is full of cards that are all there; another order, or a page that is not full, waits."""
    documents, asked = Documents([NOW_MS - 5, NOW_MS - 9, 7]), 0

    async def page() -> list[tuple[str, int]]:
        nonlocal asked
        asked += 1
        return [(str(at), at) for at in sorted(documents.read, reverse=True)][:2]

    newest = asyncio.create_task(documents.work.page(page, full=2))
    await asyncio.sleep(0)
    assert not newest.done()
    work = asyncio.create_task(documents.work.run(NOW_MS))
    assert [at for _, at in await newest] == [NOW_MS - 5, NOW_MS - 9]
    assert asked == 2
    await work
    assert len(await documents.work.page(page, full=0)) == 2


async def test_who_needs_every_card_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question does not hang for minutes."""
    monkeypatch.setattr(catching_up, "PATIENCE_SECONDS", 0)
    documents = Documents([1])
    with pytest.raises(Unavailable, match="0 so far"):
        await documents.work.whole()
    await documents.work.run(NOW_MS)
    await documents.work.whole()
