"""A rest that ends early when somebody has news."""

import asyncio

from lantian_kit.clock import Clock


async def nap(wake: asyncio.Event, clock: Clock, seconds: float) -> None:
    """Returns when `wake` is set or after so many seconds of `clock`, whichever comes first."""
    # A moment, not a span: the clock may go on before the task has begun to wait.
    moment = clock.now_ms() + int(seconds * 1000)
    ends = {asyncio.create_task(wake.wait()), asyncio.create_task(clock.sleep_until(moment))}
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for end in ends:
            end.cancel()
