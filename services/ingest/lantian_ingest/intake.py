"""The one door behind all transports: evidence, readings, one outcome each, and no promise before both are safe."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, Protocol

import structlog

from lantian_ingest.arrival import LARGEST_RAW_BYTES, Arrival
from lantian_ingest.flight import Flight, Settled
from lantian_ingest.lane import Lane
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import ACCEPTED, DUPLICATE, UNDELIVERED, Outcome
from lantian_ingest.packer import Packer
from lantian_ingest.sightings import Sightings
from lantian_ingest.site_events import records
from lantian_kit import tracing
from lantian_kit.batches import Packed, packed, packed_headers
from lantian_kit.bus import Delivered, DeliveryError
from lantian_kit.publisher import Poster
from lantian_kit.tally import Tally, observe
from lantian_proto.readings import pointer
from lantian_proto.topics import RAW_FRAMES, SITE_EVENTS

STAGE: Final = "ingest"
DRAIN_SECONDS: Final = 15.0
TOGETHER_SECONDS: Final = 0.001  # what came within that is timed as one: a tenth of the finest bucket


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
        publisher: Poster,
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
        self._tallies = metrics.tallies
        self._counts: dict[tuple[str, Outcome], tuple[Tally, Tally]] = {}
        self._age = metrics.event_age.labels(STAGE)
        self._answer_seconds = [metrics.answer_seconds.labels(lane) for lane in ("live", "late")]
        # One object each for good: the producer tells of all those together that have the same.
        self._told_evidence, self._told_readings = self._evidence, self._readings

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
        self.take_all([(arrival, settled, after)])

    def take_all(self, arrivals: Sequence[tuple[Arrival, Settled, "asyncio.Future[bool] | None"]]) -> None:
        """Takes in what came together, in order: it is handed over together and mostly ends together. See `take`."""
        for arrival, _, _ in arrivals:
            if len(arrival.raw) > LARGEST_RAW_BYTES:
                raise ValueError(f"{len(arrival.raw)} bytes are too many for one record")
            if arrival.readings and arrival.outcome is not ACCEPTED:
                raise ValueError(f"readings of a frame that is {arrival.outcome}")
        now = time.monotonic()
        flights = [Flight(arrival, settled, after, self, now) for arrival, settled, after in arrivals]
        live = [flight for flight in flights if not flight.arrival.late]
        if len(live) < len(flights):
            for flight in flights:
                if flight.arrival.late:
                    self._lane.put(flight)
        if live:
            self._launch(live)

    def launch(self, flight: Flight) -> None:
        """On its way to Kafka; handed to the producer here and now, so that frames of one feed keep their order."""
        self._launch([flight])

    def _launch(self, flights: list[Flight]) -> None:
        refuge = self._refuge
        if refuge is not None and refuge.active:  # the lane goes on while the refuge begins
            for flight in flights:
                refuge.shelter(flight)
            return
        under_way, posted = self._flights, []
        for flight in flights:
            flight.done = False
            under_way[flight] = None
            arrival = flight.arrival
            sent = self._traced(arrival) if tracing.active() else arrival.packed_headers()
            posted.append((arrival.key, arrival.raw, sent, flight))
        self._publisher.post(RAW_FRAMES, posted, self._told_evidence)

    @staticmethod
    def _traced(arrival: Arrival) -> Packed:
        with tracing.beginning("frame"):
            found = tracing.injected(arrival.headers())
        return packed_headers(len(found), packed(found))

    def _evidence(self, flights: list[Flight], first: Delivered | None, error: DeliveryError | None) -> None:
        if first is None:
            self._metrics.delivery_failures.labels(RAW_FRAMES).inc(len(flights))
            self._log.warning("frames not acknowledged by Kafka", frames=len(flights), error=str(error))
            for flight in flights:
                self._astray(flight)
            return
        self._acknowledged = time.monotonic()
        seq = pointer(first.partition, first.offset) - 1
        arrived = []
        for flight in flights:
            seq += 1
            flight.seq = seq
            arrival = flight.arrival
            readings, events = arrival.readings, arrival.site_events
            if not readings and not events:
                arrived.append(flight)
                continue
            flight.open = len(readings) + len(events)
            load = self._packers[arrival.late].load
            for part in readings:
                part.seq = seq
                load(part, self._told_readings, flight)
            if events:
                self._say(flight)
        if arrived:
            self._arrived(arrived)

    def _say(self, flight: Flight) -> None:
        """Statements of a device follow their frame."""
        for key, value, sent in records(flight.arrival.site_events, flight.seq):
            said = self._publisher.enqueue(SITE_EVENTS, value, key=key, headers=sent)
            said.add_done_callback(lambda future: self._readings([flight], lost=future.exception() is not None))

    def _readings(self, flights: list[Flight], *, lost: bool) -> None:
        """Kafka has, or has not, some of what is in these frames."""
        arrived = []
        for flight in flights:
            flight.open -= 1
            flight.lost = flight.lost or lost  # counted and logged where the batch was sent
            if flight.open:
                continue
            if flight.lost:
                self._astray(flight)
            else:
                arrived.append(flight)
        if arrived:
            self._arrived(arrived)

    def _arrived(self, flights: list[Flight]) -> None:
        """Kafka has all of them."""
        for flight in flights:
            flight.done = True
            if flight.sheltered and self._refuge is not None:
                self._refuge.rescued(flight)
        self.landed(flights)

    def _astray(self, flight: Flight) -> None:
        """Kafka has not got all of it and will not by this way."""
        flight.done = True
        if flight.sheltered:
            return  # the refuge has it
        if self._refuge is not None and not flight.refused:
            self._refuge.shelter(flight)
        else:
            self.failed(flight)

    def landed(self, flights: Sequence[Flight]) -> None:
        """All of them are safe; one with `after` when that is known too."""
        ended = []
        for flight in flights:
            after = flight.after
            if flight.ended:
                continue
            if after is None:
                flight.ended = True
                ended.append(flight)
            elif after.done():
                self._end_after(flight, after)
            else:
                after.add_done_callback(partial(self._end_after, flight))
        if ended:
            self._over(ended, safe=True)

    def _end_after(self, flight: Flight, after: "asyncio.Future[bool]") -> None:
        if not flight.ended:
            flight.ended = True
            self._over([flight], safe=not after.cancelled() and after.result())

    def failed(self, flight: Flight) -> None:
        """It is safe nowhere."""
        if not flight.ended:
            flight.ended = True
            self._over([flight], safe=False)

    def _over(self, flights: list[Flight], *, safe: bool) -> None:
        """They have their outcome: counted, seen, and told to whoever brought them."""
        now, gone, note = time.monotonic(), self._flights.pop, self.sightings.note
        begun, late, times = 0.0, False, 0  # of those whose time is not observed yet: what came together ends together
        protocol, counted, same = "", UNDELIVERED, 0  # of those not counted yet
        for flight in flights:
            gone(flight, None)
            arrival = flight.arrival
            outcome = arrival.outcome if safe else UNDELIVERED
            if outcome is ACCEPTED or outcome is DUPLICATE:
                if abs(flight.begun - begun) > TOGETHER_SECONDS or arrival.late is not late:
                    self._observe(now - begun, late, times)
                    begun, late, times = flight.begun, arrival.late, 0
                times += 1
            if outcome is not counted or arrival.protocol != protocol:
                self._count(protocol, counted, same)
                protocol, counted, same = arrival.protocol, outcome, 0
            same += 1
            note(arrival, outcome)
            try:
                flight.settled(outcome)
            except Exception as error:  # noqa: BLE001  # a fault in telling one must not keep the others from hearing
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "an outcome could not be told", "exception": error}
                )
        self._observe(now - begun, late, times)
        self._count(protocol, counted, same)
        if self._waiting_for_room:
            self.make_room_if_any()

    def _observe(self, seconds: float, late: bool, times: int) -> None:
        if times:
            observe(self._answer_seconds[late], seconds, times)
            observe(self._age, seconds, times)

    def _count(self, protocol: str, outcome: Outcome, times: int) -> None:
        if not times:
            return
        tallies = self._counts.get((protocol, outcome))
        if tallies is None:
            tallies = self._counts[protocol, outcome] = (
                self._tallies.of(self._metrics.frames.labels(protocol, outcome)),
                self._tallies.of(self._metrics.events.labels(STAGE, outcome)),
            )
        for tally in tallies:
            tally.add(times)

    def make_room_if_any(self) -> None:
        """Calls whoever waits for room, if there is any."""
        if not self._waiting_for_room or len(self._flights) > self._limit // 2 or self.full:
            return
        waiting, self._waiting_for_room = self._waiting_for_room, deque()
        for resume in waiting:
            resume()
