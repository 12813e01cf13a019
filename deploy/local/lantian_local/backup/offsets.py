"""Where the consumer groups of the ledger stand: kept with a backup, set back with it, so that leads come again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from lantian_kit import kafka_security

GROUPS: Final = ("tasks", "tasks-hours", "notify", "notify-tasks")
PATIENCE_SECONDS: Final = 30.0
Offsets = dict[str, dict[str, dict[str, int]]]


class GroupBusy(Exception):
    """The group has members: its service must be stopped before its offsets are set back."""


@contextmanager
def _admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    admin = KafkaAdminClient(
        bootstrap_servers=bootstrap.split(","), client_id="lantian-backup", **kafka_security.options()
    )
    try:
        yield admin
    finally:
        admin.close()


def committed(bootstrap: str) -> Offsets:
    """Group, topic, partition as text, offset. Raises KafkaError."""
    found: Offsets = {}
    with _admin(bootstrap) as admin:
        for group in GROUPS:
            for place, told in _patiently(partial(admin.list_group_offsets, group))[group].items():
                if told.offset >= 0:
                    found.setdefault(group, {}).setdefault(place.topic, {})[str(place.partition)] = told.offset
    return found


def set_back(bootstrap: str, offsets: Offsets) -> int:
    """Makes the groups go on where they stood; how many partitions. Raises GroupBusy, KafkaError."""
    count = 0
    with _admin(bootstrap) as admin:
        for group, topics in offsets.items():
            wanted = {
                TopicPartition(topic, int(partition)): OffsetAndMetadata(offset, "", -1)
                for topic, partitions in topics.items()
                for partition, offset in partitions.items()
            }
            _patiently(partial(_alter, admin, group, wanted))
            count += len(wanted)
    return count


def _alter(admin: KafkaAdminClient, group: str, wanted: dict[TopicPartition, OffsetAndMetadata]) -> None:
    """Raises GroupBusy, and KafkaError for what passes by itself."""
    for place, outcome in admin.alter_group_offsets(group, wanted).items():
        error = outcome() if isinstance(outcome, type) else outcome
        if not isinstance(error, KafkaError) or error.errno == 0:
            continue
        if error.retriable:
            raise error
        raise GroupBusy(f"{group} can not be set back in {place.topic}: {error}; stop {group} first")


def set_back_in_time(bootstrap: str, group: str, topic: str, since_ms: int) -> int:
    """Makes a group take again what came into a topic from a time on; how many partitions. 0: everything there is.

    Raises GroupBusy, KafkaError.
    """
    with _admin(bootstrap) as admin:
        (facts,) = _patiently(partial(admin.describe_topics, [topic]))
        places = [TopicPartition(topic, row["partition_index"]) for row in facts["partitions"]]
        first = _offsets(admin, dict.fromkeys(places, OffsetSpec.EARLIEST))
        found = _offsets(admin, dict.fromkeys(places, since_ms)) if since_ms else first
        ends = _offsets(admin, dict.fromkeys(places, OffsetSpec.LATEST))
    wanted = {str(place.partition): found[place] if found[place] >= 0 else ends[place] for place in places}
    return set_back(bootstrap, {group: {topic: wanted}})


def _offsets(admin: KafkaAdminClient, wanted: dict[TopicPartition, Any]) -> dict[TopicPartition, int]:
    told = _patiently(partial(admin.list_partition_offsets, wanted))
    return {place: int(row.offset) for place, row in told.items()}


def _patiently(ask: Callable[[], Any]) -> Any:
    """The answer; a broker that has just started finds its groups only after some seconds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except KafkaError as error:
            if not error.retriable or time.monotonic() > deadline:
                raise
            time.sleep(0.5)
