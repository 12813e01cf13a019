"""Dead letters keep the record whole; the limit stops a service that fails too often."""

import pytest
from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_kit.deadletter import DeadLetters, FailureLimit, TooManyFailures
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record
from lantian_proto.events import header
from lantian_proto.topics import dead_letters_of
from lantian_proto.v1.dead_letter_pb2 import DeadLetter
from tests.support.bus import FakePublisher

RECORD = Record("leads.v1", 2, 17, 1_700_000_000_000, b"key", b"\xff\xfe", (("ce_type", b"x"),))


async def test_a_letter_holds_everything() -> None:
    """Reason, bytes, place, attempts; the same id each time."""
    publisher, registry = FakePublisher(), CollectorRegistry()
    letters = DeadLetters(publisher, ManualClock(), KitMetrics(registry), "tasks")
    for _ in range(2):
        await letters.put(RECORD, "undecodable", "é" * 2000, group="tasks", attempts=3)
    first, second = (
        DeadLetter.FromString(record.value or b"") for record in publisher.records(dead_letters_of("tasks"))
    )
    assert first.dead_letter_id == second.dead_letter_id
    assert (first.reason, first.topic, first.partition, first.offset) == ("undecodable", "leads.v1", 2, 17)
    assert (first.key, first.value, first.attempts, first.group) == (b"key", b"\xff\xfe", 3, "tasks")
    assert [(item.name, item.value) for item in first.headers] == [("ce_type", b"x")]
    assert len(first.detail.encode()) <= 1024
    assert header(publisher.records(dead_letters_of("tasks"))[0].headers, "ce_id") == first.dead_letter_id
    labels = {"topic": "leads.v1", "group": "tasks", "reason": "undecodable"}
    assert registry.get_sample_value("lantian_dead_letters_total", labels) == 2


def test_limit_counts_within_its_window() -> None:
    """Old failures are forgotten, a burst is not."""
    limit = FailureLimit(failures=2, window=5)
    for failed in [True, True, False, False, False, False, False, True, True]:
        limit.note(failed)
    with pytest.raises(TooManyFailures):
        limit.note(True)
