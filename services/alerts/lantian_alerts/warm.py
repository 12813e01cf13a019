"""Compiles the loop before the process joins its group: a first start takes seconds, later ones read the cache."""

import asyncio

import numpy as np

from lantian_alerts.core.alike import screen_pairs
from lantian_alerts.core.catalogue import Catalogue
from lantian_alerts.core.engine import Engine
from lantian_alerts.core.registry import Registry
from lantian_alerts.core.unpack import Unpacker
from lantian_alerts.rules import shipped
from lantian_proto.readings import Columns, encode, tick

ANY_TIME_MS = 1_700_000_000_000


class Warm:
    """A part that is done when it has started."""

    name = "compiled loop"
    failure: "asyncio.Future[None] | None" = None

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    async def start(self) -> None:
        """Takes one tick from its bytes through the loop, beside the event loop."""
        await asyncio.to_thread(self._take_a_tick)

    def _take_a_tick(self) -> None:
        engine = Engine(self._catalogue, Registry())
        for piece in Unpacker().unpack([encode(tick(ANY_TIME_MS))]):
            if isinstance(piece.columns, Columns):
                engine.step(0, piece.columns)
        nothing = np.zeros((0, 0), np.float32)
        screen_pairs(nothing, nothing, nothing, nothing, 0, 0.0, np.zeros((0, 0), np.uint8))

    async def stop(self) -> None:
        """Nothing to let go."""


def main() -> None:
    """`python -m lantian_alerts.warm`: compiles once, at installation, what every later start then reads."""
    asyncio.run(Warm(shipped()).start())


if __name__ == "__main__":
    main()
