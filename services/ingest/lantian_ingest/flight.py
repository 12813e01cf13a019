"""An arrival on its way to safety: Kafka, or the spool."""

import asyncio
import time
from collections.abc import Callable

from lantian_ingest.arrival import Arrival
from lantian_ingest.outcome import Outcome
from lantian_kit.bus import Delivered

Settled = Callable[[Outcome], None]


class Flight:
    """Ends once, with `landed` or `failed`; what comes later is not heard."""

    __slots__ = (
        "_after",
        "_ended",
        "_over",
        "_settled",
        "arrival",
        "begun",
        "done",
        "lost",
        "open",
        "place",
        "record",
        "refused",
        "sheltered",
    )

    def __init__(
        self,
        arrival: Arrival,
        settled: Settled,
        after: "asyncio.Future[bool] | None",
        over: "Callable[[Flight, bool], None]",
    ) -> None:
        self.arrival = arrival
        self.begun = time.monotonic()
        self.place: Delivered | None = None  # of its bytes, once Kafka has them
        self.open = 0  # batches of readings that Kafka has not answered for
        self.lost = False  # one of them did not get there
        self.done = True  # the producer has said its last word, or was never asked
        self.sheltered = False  # handed to the spool
        self.refused = False  # the spool could not take it
        self.record = -1  # its number there
        self._ended = False
        self._settled = settled
        self._after = after
        self._over = over

    @property
    def ended(self) -> bool:
        """True once it has its outcome."""
        return self._ended

    def landed(self) -> None:
        """All of it is safe; with `after`, as soon as that is known too."""
        after = self._after
        if after is None:
            self._end(True)
        elif after.done():
            self._end(after.result())
        else:
            after.add_done_callback(lambda future: self._end(not future.cancelled() and future.result()))

    def failed(self) -> None:
        """It is safe nowhere."""
        self._end(False)

    def _end(self, safe: bool) -> None:
        if self._ended:
            return
        self._ended = True
        self._over(self, safe)
        self._settled(self.arrival.outcome if safe else Outcome.UNDELIVERED)
