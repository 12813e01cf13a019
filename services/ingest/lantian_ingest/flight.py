"""An arrival on its way to safety: Kafka, or the spool."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from lantian_ingest.arrival import Arrival
from lantian_ingest.outcome import Outcome

Settled = Callable[[Outcome], None]
NOWHERE: Final = -1


class Tower(Protocol):
    """Who hears how flights end: the intake."""

    def landed(self, flights: "Sequence[Flight]") -> None:
        """All of each of them is safe."""

    def failed(self, flight: "Flight") -> None:
        """It is safe nowhere."""


class Flight:
    """Ends once, with `landed` or `failed`; what comes later is not heard. `begun`: on the monotonic clock, seconds."""

    __slots__ = (
        "after",
        "arrival",
        "begun",
        "done",
        "ended",
        "lost",
        "open",
        "record",
        "refused",
        "seq",
        "settled",
        "sheltered",
        "tower",
    )

    def __init__(
        self,
        arrival: Arrival,
        settled: Settled,
        after: "asyncio.Future[bool] | None",
        tower: Tower,
        begun: float,
    ) -> None:
        self.arrival = arrival
        self.settled = settled
        self.after = after  # of the record it repeats: True when that one is safe
        self.tower = tower
        self.begun = begun
        self.seq = NOWHERE  # pointer to its bytes, once Kafka has them
        self.open = 0  # readings and statements that Kafka has not answered for
        self.lost = False  # one of them did not get there
        self.done = True  # the producer has said its last word, or was never asked
        self.sheltered = False  # handed to the spool
        self.refused = False  # the spool could not take it
        self.record = NOWHERE  # its number there
        self.ended = False  # it has its outcome

    def landed(self) -> None:
        """All of it is safe; with `after`, as soon as that is known too."""
        self.tower.landed((self,))

    def failed(self) -> None:
        """It is safe nowhere."""
        self.tower.failed(self)
