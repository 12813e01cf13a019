"""A gateway of one's own: a real Kafka that can be stopped, and ingest as the process that runs in production."""

import asyncio
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from prometheus_client.parser import text_string_to_metric_families

from lantian_kit.bus import Producer, create_topics
from lantian_kit.records import Record
from lantian_kit.whole import read_whole
from lantian_local.kafka import kafka
from lantian_local.part import Child, Part, await_ready, in_silence
from lantian_local.ports import PortLease
from lantian_local.service import says_ready
from lantian_proto.topics import REGISTRY, TOPICS
from lantian_proto.v1.registry_pb2 import Feed, RegistryChange

JARS = Path(__file__).resolve().parents[2] / ".local" / "jars"
PARTITIONS = 4
READY_SECONDS = 240.0


def name_of(number: int) -> str:
    """MN of a device."""
    return f"{number:024d}"


class Gateway:
    """Kafka and ingest; both can be ended and started again on the same ports and folders."""

    def __init__(self, folder: Path, lease: PortLease, settings: dict[str, str]) -> None:
        self.kafka_port, controller, self.port, self.http_port = (lease.any() for _ in range(4))
        self.bootstrap = f"127.0.0.1:{self.kafka_port}"
        self.spool = folder / "spool"
        self._kafka_part = kafka(
            folder / "kafka", port=self.kafka_port, controller=controller, jar_cache=JARS, quick=True
        )
        environment = {
            "LANTIAN_KAFKA_BOOTSTRAP": self.bootstrap,
            "LANTIAN_HTTP_PORT": str(self.http_port),
            "LANTIAN_HJ212_PORT": str(self.port),
            "LANTIAN_SPOOL_DIR": str(self.spool),
            "LANTIAN_CONNECTIONS_PER_ADDRESS_AT_MOST": "20000",
        }
        self._ingest_part = Part(
            name="ingest",
            argv=(sys.executable, "-m", "lantian_ingest"),
            env=environment | settings,
            log=folder / "ingest.log",
            address=f"http://127.0.0.1:{self.http_port}",
            ready=lambda: says_ready(self.http_port),
            alive=lambda: says_ready(self.http_port),
            stop_seconds=27,
        )
        self._kafka: Child | None = None
        self.ingest: Child | None = None

    async def start_kafka(self) -> None:
        """Returns when it serves."""
        self._kafka_part.prepare(in_silence)
        self._kafka = Child(self._kafka_part)
        await asyncio.to_thread(await_ready, self._kafka, READY_SECONDS)

    async def stop_kafka(self) -> None:
        """An orderly stop; its data stay."""
        if self._kafka is not None:
            child, self._kafka = self._kafka, None
            await asyncio.to_thread(child.stop)

    async def start_ingest(self) -> None:
        """Returns when it is ready."""
        self.ingest = Child(self._ingest_part)
        await asyncio.to_thread(await_ready, self.ingest, READY_SECONDS)

    async def stop_ingest(self, *, kill: bool = False) -> None:
        """SIGTERM, or SIGKILL."""
        if self.ingest is not None:
            child, self.ingest = self.ingest, None
            await asyncio.to_thread(child.kill if kill else child.stop)

    async def register(self, devices: int) -> None:
        """Feeds with any password; the source of each is named after it."""
        producer = Producer(self.bootstrap, "endurance-registry", [REGISTRY])
        await producer.start()
        futures = []
        for number in range(devices):
            name = name_of(number)
            feed = Feed(feed_id=name, source_id=f"source-{number}", protocol="hj212", sends_hours=True)
            change = RegistryChange(kind="feed", id=name, revision=1, feed=feed)
            futures.append(producer.enqueue(REGISTRY, change.SerializeToString(), key=f"feed/{name}".encode()))
        await asyncio.gather(*futures)
        await producer.stop()

    def resident_bytes(self) -> int:
        """Memory of ingest."""
        assert self.ingest is not None
        return int(psutil.Process(self.ingest.pid).memory_info().rss)

    def processor_seconds(self) -> float:
        """Processor time that ingest has used; on a busy machine it tells more than the wall."""
        assert self.ingest is not None
        times = psutil.Process(self.ingest.pid).cpu_times()
        return float(times.user + times.system)

    async def metrics(self) -> dict[str, float]:
        """Samples by name, or name and labels."""
        text = await asyncio.to_thread(self._get, "/metrics")
        return {
            sample.name + "".join(f",{value}" for _, value in sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
        }

    async def readiness(self) -> tuple[int, str]:
        """Status and body of /readyz."""
        try:
            return 200, (await asyncio.to_thread(self._get, "/readyz")).decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    async def wait_for(self, metric: str, value: float, seconds: float) -> float:
        """Seconds until a metric has a value. Raises TimeoutError."""
        begin = time.monotonic()
        async with asyncio.timeout(seconds):
            while (await self.metrics()).get(metric) != value:  # noqa: ASYNC110  # another process has it
                await asyncio.sleep(1)
        return time.monotonic() - begin

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=30) as response:
            body: bytes = response.read()
        return body

    async def records(self, topic: str) -> list[Record]:
        """Everything in a topic."""
        return [record async for record in read_whole(self.bootstrap, topic)]


@asynccontextmanager
async def gateway(folder: Path, devices: int, settings: dict[str, str] | None = None) -> AsyncIterator[Gateway]:
    """Started with that many devices registered, stopped at the end."""
    lease = PortLease()
    running = Gateway(folder, lease, settings or {})
    try:
        await running.start_kafka()
        await asyncio.to_thread(
            create_topics, running.bootstrap, TOPICS.values(), replication=1, partitions_override=PARTITIONS
        )
        await running.register(devices)
        await running.start_ingest()
        yield running
    finally:
        await running.stop_ingest()
        await running.stop_kafka()
        lease.release()


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
