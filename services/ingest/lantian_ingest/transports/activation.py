"""Answers activations of terminals 备案激活: once the frame is safe, one at a time, beside the event loop."""

import asyncio
from typing import Final, NamedTuple, Protocol

import structlog

from lantian_ingest.decoders.vehicle.activation import Filed, Verdict, judge
from lantian_ingest.decoders.vehicle.envelope import Envelope
from lantian_ingest.decoders.vehicle.replies import activation_reply
from lantian_ingest.decoders.vehicle.session import Activation
from lantian_ingest.feed_events import FeedEvents

WAITING_AT_MOST: Final = 200  # a signature takes tens of ms; a terminal that hears nothing asks again


class Asked(NamedTuple):
    """One activation. `filed` is what the registry says of the vehicle, None where it names no chip."""

    vehicle: str  # pseudonym
    frame: Envelope
    body: Activation
    filed: Filed | None
    elsewhere: bool

    @property
    def signed(self) -> bytes:
        """What the signature is of: the data unit before it."""
        return self.frame.data[: len(self.frame.data) - len(self.body.signature)]


class Terminal(Protocol):
    """The connection it came on."""

    @property
    def open(self) -> bool:
        """True while it can be written to."""

    def answer(self, frame: bytes) -> None:
        """Sends an answer."""


class Activations:
    """Nobody is told `done` but by the registry: a vehicle without a filed chip gets no answer, and that is said."""

    def __init__(self, events: FeedEvents) -> None:
        self._events = events
        self._turn = asyncio.Semaphore(1)
        self._waiting: set[asyncio.Task[None]] = set()
        self._log = structlog.get_logger()

    def ask(self, asked: Asked, link: Terminal) -> None:
        """Takes one whose frame is safe."""
        if asked.filed is None:
            self._events.activation(asked.vehicle, "the registry has no chip for the vehicle; not answered")
        elif len(self._waiting) >= WAITING_AT_MOST:
            self._log.warning("too many activations at once, one is not answered", vehicle=asked.vehicle)
        else:
            task = asyncio.create_task(self._answer(asked, asked.filed, link), name="activation")
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)

    async def stop(self) -> None:
        """What waits is not answered any more."""
        for task in list(self._waiting):
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _answer(self, asked: Asked, filed: Filed, link: Terminal) -> None:
        async with self._turn:
            found: Verdict = await asyncio.to_thread(
                judge, asked.body, asked.signed, asked.frame.vin, filed, elsewhere=asked.elsewhere
            )
        if link.open:
            link.answer(activation_reply(asked.frame, found.status, found.cause))
        self._events.activation(asked.vehicle, found.why)
