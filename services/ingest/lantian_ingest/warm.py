"""Makes the fast way of the decoder ready beside the event loop: frames are taken in, the slow way, from the start."""

import asyncio
import gc

import structlog

from lantian_ingest.decoders.hj212.reader import Reader


class Warm:
    """A part that starts at once and is done some seconds later. Without the fast way a gateway is slow, not wrong."""

    name = "compiled decoder"
    failure: "asyncio.Future[None] | None" = None

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins; compiles for seconds at the very first start, later ones load what was compiled."""
        self._task = asyncio.create_task(asyncio.to_thread(self._reader.prepare), name=self.name)
        self._task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Waits: a thread in the middle of it can not be stopped."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    @staticmethod
    def _ended(task: "asyncio.Task[None]") -> None:
        gc.freeze()  # a compiler's million objects live for ever: no round of the collector need visit them
        if not task.cancelled() and (error := task.exception()) is not None:
            structlog.get_logger().error("frames are decoded the slow way", error=repr(error))


def main() -> None:
    """`python -m lantian_ingest.warm`: compiles once, at installation, what every later start then reads."""
    Reader().prepare()


if __name__ == "__main__":
    main()
