"""Records of several keys side by side, those of one key in order."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters, FailureLimit, TooManyFailures
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record
from lantian_kit.settings import ProcessSettings
from lantian_kit.worker import Batch, InvalidRecord, RecordWorker
from tests.support.bus import FakePublisher

NO_APP = -1  # the generation of a worker that was not started


def batch(*pairs: str, acks: list[bool]) -> Batch:
    """Records of `key:value`."""
    records: list[Any] = [
        SimpleNamespace(
            topic="t",
            partition=0,
            offset=number,
            timestamp=0,
            key=pair[:1].encode(),
            value=pair[2:].encode(),
            headers=(),
        )
        for number, pair in enumerate(pairs)
    ]
    return Batch(0, records, NO_APP, lambda: acks.append(True))


def worker(handle: Any, keys_at_once: int, limit: FailureLimit | None = None) -> RecordWorker:
    """Over a publisher in memory."""
    metrics = KitMetrics(CollectorRegistry())
    letters = DeadLetters(FakePublisher(), SuiteClock(), metrics, "tasks")
    return RecordWorker(
        ProcessSettings(),
        group="t",
        topic="t",
        handle=handle,
        dead_letters=letters,
        metrics=metrics,
        limit=limit,
        keys_at_once=keys_at_once,
    )


@pytest.mark.parametrize("keys_at_once", [1, 2, 8])
async def test_so_many_keys_at_once_and_each_in_order(keys_at_once: int) -> None:
    """Never more than asked for, never two of one key; the batch is acknowledged once, at the end."""
    busy: set[bytes | None] = set()
    most, seen, acks = 0, list[str](), list[bool]()

    async def handle(record: Record) -> str:
        nonlocal most
        assert record.key not in busy
        busy.add(record.key)
        most = max(most, len(busy))
        for _ in range(3):
            await asyncio.sleep(0)
        assert not acks
        seen.append(f"{(record.key or b'').decode()}:{(record.value or b'').decode()}")
        busy.remove(record.key)
        return "applied"

    pairs = [f"{key}:{number}" for number in range(4) for key in "abc"]
    await worker(handle, keys_at_once).on_batch(batch(*pairs, acks=acks))
    assert most == min(keys_at_once, 3)
    assert acks == [True]
    if keys_at_once == 1:
        assert seen == pairs
    for key in "abc":
        assert [one for one in seen if one[0] == key] == [f"{key}:{number}" for number in range(4)]


async def test_too_many_failures_end_the_others_and_acknowledge_nothing() -> None:
    """What another key is just doing is cut off: it is taken again by the next process."""
    acks: list[bool] = []
    ended: list[str] = []

    async def handle(record: Record) -> str:
        if record.key == b"a":
            await asyncio.sleep(0)
            raise InvalidRecord("undecodable", "no lead")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cut off")
        return "applied"

    limit = FailureLimit(failures=0, window=1)
    with pytest.raises(TooManyFailures):
        await worker(handle, 2, limit).on_batch(batch("a:1", "b:1", acks=acks))
    assert (acks, ended) == ([], ["cut off"])
