"""A bench over the real store, for the tests of this folder that want one."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lantian_notify.calls.store import MongoCallStore
from lantian_notify.deliveries.store import MongoDeliveryStore
from lantian_notify.store import Connection
from lantian_proto.topics import ISSUE_EVENTS, LEADS, REGISTRY, TASK_EVENTS, TOPICS, dead_letters_by
from tests.support.notify_wire import Bench
from tests.support.receiver import SECRET, LeadCollector


@pytest.fixture
async def wire(store_url: str, store_database: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """A store of its own and one secret."""
    (tmp_path / "team-1").write_text(SECRET)
    connection = Connection(store_url, store_database)
    store, calls = MongoDeliveryStore(connection.database), MongoCallStore(connection.database)
    await store.prepare()
    await calls.prepare()
    bench = Bench(store, tmp_path, calls)
    yield bench
    for deliverer in bench.started:
        await deliverer.stop()
        assert deliverer.failure is not None
        assert not deliverer.failure.done()
    await connection.close()


if TYPE_CHECKING:
    from tests.support.notify_process import ProcessBench


@pytest.fixture
async def running(
    kafka: str, store_url: str, store_database: str, unused_tcp_port: int, tmp_path: Path
) -> "AsyncIterator[ProcessBench]":
    """Everything around notify, running."""
    # Not at the top: this file is read before the warnings of kafka-python are forgiven (tests/conftest.py).
    from lantian_kit.bus import Producer, create_topics
    from tests.support.notify_process import KEY, ProcessBench

    names = (ISSUE_EVENTS, TASK_EVENTS, REGISTRY, *dead_letters_by("notify"), LEADS)
    wanted = [TOPICS[name] for name in names]
    await asyncio.to_thread(create_topics, kafka, wanted, replication=1, partitions_override=2)
    (tmp_path / "team-1").write_text(SECRET)
    env = {
        **os.environ,
        "LANTIAN_KAFKA_BOOTSTRAP": kafka,
        "LANTIAN_STORE_URL": store_url,
        "LANTIAN_STORE_DATABASE": store_database,
        "LANTIAN_HTTP_PORT": str(unused_tcp_port),
        "LANTIAN_INSTANCE": f"notify-{store_database}",
        "LANTIAN_NOTIFY_OPERATOR_KEY": KEY,
        "LANTIAN_WEBHOOK_SECRETS_DIR": str(tmp_path),
        "LANTIAN_WEBHOOK_ALLOW_CIDRS": "127.0.0.0/8",
    }
    producer = Producer(kafka, "test-notify", names)
    await producer.start()
    async with LeadCollector() as team:
        yield ProcessBench(env, unused_tcp_port, producer, team)
    await producer.stop()
