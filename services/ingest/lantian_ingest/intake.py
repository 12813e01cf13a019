"""The one door behind all transports: evidence, readings, one outcome each, and no promise before both are safe."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

import structlog

from lantian_ingest.arrival import LARGEST_RAW_BYTES, Arrival
from lantian_ingest.flight import Flight, Settled
from lantian_ingest.lane import Lane
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import Outcome
from lantian_ingest.packer import Packer
from lantian_ingest.sightings import Sightings
from lantian_ingest.site_events import records
from lantian_kit.bus import Delivered, Publisher
from lantian_proto.readings import pointer
from lantian_proto.topics import RAW_FRAMES, SITE_EVENTS

STAGE: Final = "ingest"
DRAIN_SECONDS: Final = 15.0


class Refuge(Protocol):
    """Where frames are safe while Kafka is away: the spool and its drain."""

    @property
    def active(self) -> bool:
        """True while frames have to go through the refuge, so that none overtakes those in it."""

    @property
    def full(self) -> bool:
        """True when it takes no more."""

    def shelter(self, flight: Flight) -> None:
        """Takes a frame that Kafka does not have; tells it `landed` once it is on the disk, or `failed`."""

    def rescued(self, flight: Flight) -> None:
        """A frame taken in before has got to Kafka after all."""


class Intake:
    """Takes arrivals in, in order of each feed.

    Promise: `settled` hears the outcome as judged only when the bytes are in raw-frames.v1 and all readings in
    readings.v1, acknowledged by all replicas, or both in the fsynced spool. Else it hears UNDELIVERED: then nothing
    may be promised to the sender, and its resend must be taken as new.
    """

    name = "intake"

    def __init__(
        self,
        publisher: Publisher,
        packer: Packer,
        late_packer: Packer,
        metrics: IngestMetrics,
        sightings: Sightings,
        *,
        in_flight_frames: int = 20_000,
        lane: Lane | None = None,
    ) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._publisher = publisher
        self._packers = (packer, late_packer)
        self._metrics = metrics
        self.sightings = sightings
        self._limit = in_flight_frames
        self._lane = Lane(metrics) if lane is None else lane  # an empty lane is falsy
        self._lane.launch = self.launch
        self._refuge: Refuge | None = None
        self._flights: dict[Flight, None] = {}  # in the order of arrival
        metrics.in_flight.set_function(lambda: len(self._flights))  # asked for, not told twice a frame
        self._acknowledged = 0.0  # when Kafka last took a frame
        self._waiting_for_room: deque[Callable[[], None]] = deque()
        self._log = structlog.get_logger()
        # The children of the labelled metrics, looked up once: a look-up costs as much as a count.
        self._frames = {outcome: metrics.events.labels(STAGE, outcome) for outcome in Outcome}
        self._by_protocol: dict[tuple[str, Outcome], Callable[[], None]] = {}
        self._age = metrics.event_age.labels(STAGE)
        self._answer_seconds = [metrics.answer_seconds.labels(lane).observe for lane in ("live", "late")]

    def shelter_in(self, refuge: Refuge) -> None:
        """Gives it a refuge for the time without Kafka."""
        self._refuge = refuge

    async def start(self) -> None:
        """Begins with the lane of back-fill."""
        await self._lane.start()

    async def stop(self) -> None:
        """Sends what is open and waits for what is under way."""
        await self.drain()
        await self._lane.stop()

    async def drain(self) -> None:
        """Waits until every arrival has its outcome, at most 15 s."""
        deadline = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while (self._flights or len(self._lane)) and (left := deadline - asyncio.get_running_loop().time()) > 0:
            self.flush()
            await asyncio.sleep(min(left, 0.005))
        self.flush()

    def flush(self) -> None:
        """Sends every open batch of readings."""
        for packer in self._packers:
            packer.flush()

    @property
    def flights(self) -> list[Flight]:
        """What has no outcome yet, oldest first; without what waits in the lane of back-fill."""
        return list(self._flights)

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest one has been on its way to Kafka; 0 when none is."""
        oldest = next(iter(self._flights), None)
        return 0.0 if oldest is None else time.monotonic() - oldest.begun

    @property
    def silent_seconds(self) -> float:
        """How long frames have been waiting without Kafka acknowledging any; 0 when none waits."""
        return min(self.oldest_seconds, time.monotonic() - self._acknowledged)

    @property
    def full(self) -> bool:
        """True while so much is in flight that senders should not be read."""
        if len(self._flights) >= self._limit:
            return True
        return self._refuge is not None and self._refuge.active and self._refuge.full

    @property
    def late_full(self) -> bool:
        """True while the lane of back-fill is full: whoever sends back-fill should not be read."""
        return self._lane.full

    def when_room(self, resume: Callable[[], None]) -> None:
        """Calls `resume` once, when there is room again."""
        self._waiting_for_room.append(resume)

    async def hand_over(self, arrival: Arrival) -> Outcome:
        """Takes one in and returns its outcome when it is known; see `take`."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settled(outcome: Outcome) -> None:
            if not future.done():
                future.set_result(outcome)

        self.take(arrival, settled)
        return await future

    def take(self, arrival: Arrival, settled: Settled, after: "asyncio.Future[bool] | None" = None) -> None:
        """Takes one in; `settled` is called once with the outcome that was counted.

        With `after` it is safe only if that future says so too: the resend of a record still under way. Raises
        ValueError for more than 3 MB, and for readings of what was not accepted.
        """
        if len(arrival.raw) > LARGEST_RAW_BYTES:
            raise ValueError(f"{len(arrival.raw)} bytes are too many for one record")
        if arrival.readings and arrival.outcome is not Outcome.ACCEPTED:
            raise ValueError(f"readings of a frame that is {arrival.outcome}")
        flight = Flight(arrival, settled, after, self._over)
        if arrival.late:
            self._lane.put(flight)
        else:
            self.launch(flight)

    def launch(self, flight: Flight) -> None:
        """On its way to Kafka; handed to the producer here and now, so that frames of one feed keep their order."""
        refuge = self._refuge
        if refuge is not None and refuge.active:  # the lane goes on while the refuge begins
            refuge.shelter(flight)
            return
        arrival = flight.arrival
        flight.done = False
        self._flights[flight] = None
        raw = self._publisher.enqueue(RAW_FRAMES, arrival.raw, key=arrival.key, headers=arrival.headers())
        raw.add_done_callback(lambda future: self._evidence(flight, future))

    def _evidence(self, flight: Flight, raw: "asyncio.Future[Delivered]") -> None:
        error = raw.exception()
        if error is not None:
            self._metrics.delivery_failures.labels(RAW_FRAMES).inc()
            self._log.warning("frame not acknowledged by Kafka", error=str(error))
            self._astray(flight)
            return
        self._acknowledged = time.monotonic()
        place = flight.place = raw.result()
        readings, events = flight.arrival.readings, flight.arrival.site_events
        if not readings and not events:
            self._arrived(flight)
            return
        flight.open = len(readings) + len(events)
        packer = self._packers[flight.arrival.late]
        for part in readings:
            part.seq = pointer(place.partition, place.offset)
            packer.add(part).add_done_callback(lambda future: self._readings(flight, future))
        for key, value, sent in records(events, place):
            said = self._publisher.enqueue(SITE_EVENTS, value, key=key, headers=sent)
            said.add_done_callback(lambda future: self._readings(flight, future))

    def _readings(self, flight: Flight, batch: "asyncio.Future[Delivered]") -> None:
        flight.open -= 1
        flight.lost = flight.lost or batch.exception() is not None  # counted and logged where the batch was sent
        if flight.open:
            return
        if flight.lost:
            self._astray(flight)
        else:
            self._arrived(flight)

    def _arrived(self, flight: Flight) -> None:
        """Kafka has all of it."""
        flight.done = True
        if flight.sheltered and self._refuge is not None:
            self._refuge.rescued(flight)
        flight.landed()

    def _astray(self, flight: Flight) -> None:
        """Kafka has not got all of it and will not by this way."""
        flight.done = True
        if flight.sheltered:
            return  # the refuge has it
        if self._refuge is not None and not flight.refused:
            self._refuge.shelter(flight)
        else:
            flight.failed()

    def _over(self, flight: Flight, safe: bool) -> None:
        """It has its outcome."""
        self._flights.pop(flight, None)
        arrival = flight.arrival
        outcome = arrival.outcome if safe else Outcome.UNDELIVERED
        if safe and outcome in (Outcome.ACCEPTED, Outcome.DUPLICATE):
            seconds = time.monotonic() - flight.begun
            self._answer_seconds[arrival.late](seconds)
            self._age.observe(seconds)
        self._count(arrival.protocol, outcome)
        self.sightings.note(arrival, outcome)
        if self._waiting_for_room:
            self.make_room_if_any()

    def make_room_if_any(self) -> None:
        """Calls whoever waits for room, if there is any."""
        if not self._waiting_for_room or len(self._flights) > self._limit // 2 or self.full:
            return
        waiting, self._waiting_for_room = self._waiting_for_room, deque()
        for resume in waiting:
            resume()

    def _count(self, protocol: str, outcome: Outcome) -> None:
        count = self._by_protocol.get((protocol, outcome))
        if count is None:
            count = self._by_protocol[protocol, outcome] = self._metrics.frames.labels(protocol, outcome).inc
        count()
        self._frames[outcome].inc()
