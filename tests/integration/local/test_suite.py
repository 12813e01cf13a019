"""A suite in this process: it restarts what dies, stops in order, explains a failed start and shares no port."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from pymongo import MongoClient

from lantian_local.keeper import StartFailed
from lantian_local.layout import ClockSetting
from lantian_local.state import AlreadyUp, PartPhase
from lantian_local.suite import Suite

STUB = (sys.executable, str(Path(__file__).with_name("stub_service.py")))
STUBS = {"ingest": STUB, "alerts": STUB}

NewSuite = Callable[..., Suite]


def pids(suite: Suite) -> dict[str, int]:
    """The process of each part that has one."""
    return {name: part.process.pid for name, part in suite.state.parts.items() if part.process is not None}


async def test_everything_chosen_is_ready_and_nothing_is_left(suite: NewSuite) -> None:
    """Processes, folder and ports are gone afterwards."""
    async with suite(parts=["store", "ingest", "alerts"], commands=STUBS) as running:
        assert running.state.ready()
        started = pids(running)
        assert list(started) == ["store", "ingest", "alerts"]
        with MongoClient[dict[str, Any]](running.store_url) as client:
            client.db.things.insert_one({"_id": 1})
        home = running.home
        assert home.is_dir()
    assert not any(psutil.pid_exists(pid) for pid in started.values())
    assert not home.exists()


async def test_a_killed_part_is_started_again(suite: NewSuite) -> None:
    """With a new process, its last exit and the number of restarts kept, and the others untouched."""
    async with suite(parts=["ingest", "alerts"], commands=STUBS) as running:
        before = pids(running)
        assert running.kill("alerts") == before["alerts"]
        await running.wait_ready("alerts")
        after = pids(running)
        assert after["alerts"] != before["alerts"]
        assert after["ingest"] == before["ingest"]
        state = running.state.parts["alerts"]
        assert (state.restarts, state.last_exit) == (1, -9)


async def test_documents_survive_a_killed_store(suite: NewSuite) -> None:
    """What was acknowledged before SIGKILL is there after the restart."""
    async with suite(parts=["store"]) as running:
        with MongoClient[dict[str, Any]](running.store_url) as client:
            client.db.things.insert_one({"_id": "kept"})
        running.kill("store")
        await running.wait_ready("store")
        with MongoClient[dict[str, Any]](running.store_url) as client:
            assert [document["_id"] for document in client.db.things.find()] == ["kept"]


async def test_services_stop_before_the_store(suite: NewSuite, tmp_path: Path) -> None:
    """A service that stops still finds the store: its process ended after the services had left their traces."""
    trail = tmp_path / "trail"
    env = {name: {"STUB_TRAIL": str(trail)} for name in STUBS}
    order: list[tuple[str, str]] = []

    def note(state: Any) -> None:
        order.extend((name, str(part.phase)) for name, part in state.parts.items())

    async with suite(parts=["store", "ingest", "alerts"], commands=STUBS, env=env, on_change=note):
        order.clear()
    assert sorted(trail.read_text().split()) == ["alerts-local", "ingest-local"]
    assert order.index(("store", "stopped")) > max(order.index((name, "stopped")) for name in STUBS)


async def test_a_service_that_cannot_start_fails_the_start_and_says_why(suite: NewSuite) -> None:
    """After a few tries; the error holds its name and log, and what had been started is stopped."""
    failing = suite(parts=["store", "ingest", "alerts"], commands=STUBS, env={"alerts": {"STUB_EXIT": "3"}})
    with pytest.raises(StartFailed, match="alerts: ended with 3") as raised:
        await failing.__aenter__()
    assert raised.value.log_tail.splitlines() == ["no reason at all"] * 3
    assert {part.phase for part in failing.state.parts.values()} == {PartPhase.STOPPED}
    assert pids(failing) == {}


async def test_a_home_is_held_by_one_suite(suite: NewSuite, tmp_path: Path) -> None:
    """The second is refused and the first goes on."""
    async with suite(parts=["ingest"], commands=STUBS, home=tmp_path) as first:
        with pytest.raises(AlreadyUp):
            await suite(parts=["ingest"], commands=STUBS, home=tmp_path).__aenter__()
        assert first.state.ready()


async def test_two_suites_run_side_by_side(suite: NewSuite) -> None:
    """Two brokers at once on different ports, each with the topics of the suite and its own records."""
    async with suite(parts=["kafka"]) as one, suite(parts=["kafka"], clock=ClockSetting(720.0, 1, 2)) as other:
        assert not {port for _, port in one.ports.items()} & {port for _, port in other.ports.items()}
        for running in (one, other):
            admin = KafkaAdminClient(bootstrap_servers=running.kafka_bootstrap)
            assert {"raw-frames.v1", "readings.v1", "dead-letters.tasks.v1"} <= set(admin.list_topics())
            admin.close()
        admin = KafkaAdminClient(bootstrap_servers=one.kafka_bootstrap)
        admin.create_topics([NewTopic("mine", num_partitions=1, replication_factor=1)])
        admin.close()
        admin = KafkaAdminClient(bootstrap_servers=other.kafka_bootstrap)
        assert "mine" not in admin.list_topics()
        admin.close()


async def test_records_outlive_kill_and_restart_on_other_ports(suite: NewSuite, tmp_path: Path) -> None:
    """A record acknowledged before SIGKILL is there once the broker is back, and in the next suite of that home."""
    async with suite(parts=["kafka"], home=tmp_path) as running:
        producer = KafkaProducer(bootstrap_servers=running.kafka_bootstrap, acks="all")
        producer.send("dead-letters.tasks.v1", b"kept", partition=0).get(timeout=30)
        producer.close()
        running.kill("kafka")
        await running.wait_ready("kafka")
        assert first_value(running.kafka_bootstrap) == b"kept"
        before = running.ports
    async with suite(parts=["kafka"], home=tmp_path) as again:
        assert again.ports.kafka != before.kafka
        assert first_value(again.kafka_bootstrap) == b"kept"


def first_value(bootstrap: str) -> bytes:
    """The first record of partition 0 of dead-letters.tasks.v1."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None)
    partition = TopicPartition("dead-letters.tasks.v1", 0)
    consumer.assign([partition])
    consumer.seek_to_beginning()
    try:
        while True:
            for record in consumer.poll(timeout_ms=5000).get(partition, []):
                value: bytes = record.value
                return value
    finally:
        consumer.close()
