"""A part that is one loop: it runs, it fails the process, it stops."""

import asyncio

import pytest

from lantian_kit.loop import LoopPart


class Counting(LoopPart):
    """Counts until it is told to fail."""

    name = "counting"

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0
        self.fails = asyncio.Event()

    async def _run(self) -> None:
        self.turns += 1
        await self.fails.wait()
        raise ValueError("a fault")


async def test_an_error_of_the_loop_fails_the_part() -> None:
    """Silence would look like peace."""
    part = Counting()
    await part.start()
    assert part.failure is not None
    part.fails.set()
    with pytest.raises(ValueError, match="a fault"):
        await part.failure
    await part.stop()


async def test_a_stop_is_no_failure() -> None:
    """Also before the loop has begun, and for a part that was never started."""
    part = Counting()
    await part.stop()
    await part.start()
    await part.stop()
    assert part.turns == 0
    await part.start()
    await asyncio.sleep(0)
    await part.stop()
    assert part.turns == 1
    assert part.failure is not None
    assert not part.failure.done()
