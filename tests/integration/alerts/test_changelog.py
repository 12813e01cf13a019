"""The state's topic against a real broker: what is written is restored, and only the owner writes."""

import asyncio
import uuid

import pytest

from lantian_alerts.changelog import Fenced, KafkaChangelog
from lantian_kit.bus import create_topics
from lantian_proto.topics import Topic


@pytest.fixture
async def topic(kafka: str) -> str:
    """A compacted topic of its own with two partitions."""
    name = f"state-{uuid.uuid4().hex[:8]}"
    await asyncio.to_thread(create_topics, kafka, [Topic(name, "", "", 2, None, "compact", "t", (), "", ())])
    return name


async def test_blocks_come_back(kafka: str, topic: str) -> None:
    """The last value of each block of each partition comes back; a removed one does not."""
    changelog = KafkaChangelog(kafka, "test", topic)
    assert await changelog.open({0, 1}) == {0: {}, 1: {}}
    await changelog.write(0, {-1: b"scalars", 0: b"old", 1: b"gone"})
    await changelog.write(0, {-1: b"scalars 2", 0: b"new", 1: None})
    await changelog.write(1, {-1: b"other"})
    assert await changelog.open({0, 1}) == {0: {-1: b"scalars 2", 0: b"new"}, 1: {-1: b"other"}}
    await changelog.close()


async def test_a_late_owner_is_fenced(kafka: str, topic: str) -> None:
    """Who opened a partition before another did writes nothing any more, and what he began is not seen."""
    first, second = KafkaChangelog(kafka, "test", topic), KafkaChangelog(kafka, "test", topic)
    await first.open({0})
    await first.write(0, {-1: b"first"})
    assert await second.open({0}) == {0: {-1: b"first"}}
    with pytest.raises(Fenced):
        await first.write(0, {-1: b"stale"})
    await second.write(0, {-1: b"second"})
    assert await second.open({0}) == {0: {-1: b"second"}}
    await first.close()
    await second.close()


async def test_a_partition_not_opened_is_not_written(kafka: str, topic: str) -> None:
    """Only opened partitions are written."""
    changelog = KafkaChangelog(kafka, "test", topic)
    await changelog.open({0})
    with pytest.raises(Fenced):
        await changelog.write(1, {-1: b"x"})
    await changelog.close()
