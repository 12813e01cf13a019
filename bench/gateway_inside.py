"""The gateway's own code without sockets and Kafka: from bytes read to the answer written, in this process.

The connection, pipeline, intake and packer are those of the service; the publisher answers in the next turn of the
event loop. So many frames a read as named; CPU seconds of this process.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

from prometheus_client import CollectorRegistry

from bench.gateway_client import ACCEPTED, Traffic, mn
from lantian_ingest.decoders.hj212.reader import Reader
from lantian_ingest.dialogue.desk import Desk
from lantian_ingest.dialogue.gaps import Gaps
from lantian_ingest.dialogue.hearing import Hearing
from lantian_ingest.duplicates import Duplicates
from lantian_ingest.feed_events import FeedEvents
from lantian_ingest.feeds import Feeds
from lantian_ingest.intake import Intake
from lantian_ingest.judge import Judge
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.packer import Packer
from lantian_ingest.pipeline import Pipeline
from lantian_ingest.presence import Presence
from lantian_ingest.settings import IngestSettings
from lantian_ingest.sightings import Sightings
from lantian_ingest.transports.tcp import Connection, TcpListener
from lantian_kit.bus import Delivered, partition_of
from lantian_kit.clock import SuiteClock
from lantian_kit.process import settle_memory
from lantian_kit.publisher import Posted, Told
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange

CONNECTIONS = 200
PARTITIONS = 4
READS_A_TURN = 8
FRAMES = 9_600
ROUNDS = 3


class Nowhere:
    """A publisher that keeps nothing and acknowledges everything."""

    def __init__(self) -> None:
        self._offset = 0

    def partitions(self, topic: str) -> int:
        return PARTITIONS

    def enqueue(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | None = None,
        headers: Sequence[tuple[str, bytes]] = (),
        partition: int | None = None,
    ) -> "asyncio.Future[Delivered]":
        future: asyncio.Future[Delivered] = asyncio.get_running_loop().create_future()
        self._offset += 1
        future.set_result(Delivered(topic, partition or 0, self._offset, 0))
        return future

    def post(self, topic: str, records: Iterable[Posted], told: Told) -> None:
        runs: dict[int, list[Any]] = {}
        for key, _, _, tag in records:
            runs.setdefault(partition_of(key, PARTITIONS), []).append(tag)
        for partition, tags in runs.items():
            self._offset += len(tags)
            asyncio.get_running_loop().call_soon(told, tags, Delivered(topic, partition, self._offset, 0), None)

    async def send(self, topic: str, value: bytes | None, **more: Any) -> Delivered:
        return await self.enqueue(topic, value, **more)


class Wire(asyncio.Transport):
    """Counts answers."""

    def __init__(self, number: int) -> None:
        super().__init__({"peername": ("127.0.0.1", 10_000 + number)})
        self.answers = 0
        self.max_size = 0

    def write(self, data: Any) -> None:
        self.answers += data.count(ACCEPTED)

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        return None

    def resume_reading(self) -> None:
        return None


def gateway() -> TcpListener:
    """As wired by the process, on a publisher that is none; the listener does not listen."""
    clock, metrics, publisher, feeds = SuiteClock(), IngestMetrics(CollectorRegistry()), Nowhere(), Feeds()
    for number in range(CONNECTIONS):
        feed = Feed(feed_id=mn(number), source_id=f"outlet-{number:06d}", protocol="hj212")
        change = RegistryChange(kind="feed", id=feed.feed_id, feed=feed)
        feeds.apply(f"feed/{feed.feed_id}", change.SerializeToString())
    packer, late = (Packer(publisher, clock, metrics) for _ in range(2))
    sightings, presence = Sightings(), Presence()
    intake = Intake(publisher, packer, late, metrics, sightings)
    desk = Desk(presence, publisher, clock, metrics)
    hearing = Hearing(presence, desk, Gaps(), FeedEvents(publisher, clock, metrics), sightings)
    reader = Reader()
    reader.prepare()
    settle_memory()
    pipeline = Pipeline(intake, Judge(feeds, reader), Duplicates(), clock, metrics, hearing=hearing)
    return TcpListener(pipeline, metrics, IngestSettings(hj212_port=0))


async def measure(per_read: int) -> float:
    """CPU microseconds a frame, the best of three rounds behind one that warms."""
    listener = gateway()
    listener.time = time.monotonic
    wires = [Wire(number) for number in range(CONNECTIONS)]
    connections = [Connection(listener) for _ in wires]
    for connection, wire in zip(connections, wires, strict=True):
        connection.connection_made(cast(asyncio.BaseTransport, wire))
    traffic = Traffic(CONNECTIONS)
    turns = FRAMES // CONNECTIONS // per_read
    times = []
    for _ in range(ROUNDS + 1):
        reads = [
            (number, b"".join(traffic.frame(number) for _ in range(per_read)))
            for _ in range(turns)
            for number in range(CONNECTIONS)
        ]
        wanted = sum(wire.answers for wire in wires) + len(reads) * per_read
        begin = time.process_time()
        for place, (number, data) in enumerate(reads):
            connections[number].data_received(data)
            if place % READS_A_TURN == READS_A_TURN - 1:
                await asyncio.sleep(0)
        while sum(wire.answers for wire in wires) < wanted:  # noqa: ASYNC110  # answers come by callback
            await asyncio.sleep(0.002)
        times.append((time.process_time() - begin) / (len(reads) * per_read))
    return min(times[1:]) * 1e6


def main() -> dict[str, float]:
    """CPU microseconds a frame, by frames a read."""
    return {f"microseconds_at_{count}_a_read": round(asyncio.run(measure(count)), 1) for count in (16, 4, 1)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(), indent=2) + "\n")
