"""The batch consumer leans on private names of pinned libraries: this fails when an upgrade takes one away."""

import inspect
from importlib.metadata import version

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher, FetchResult, PartitionRecords
from aiokafka.consumer.group_coordinator import GroupCoordinator
from faust.transport import consumer
from faust.transport.drivers import aiokafka as driver


def test_versions_are_the_ones_measured() -> None:
    """Another version needs the batch consumer checked anew."""
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka").startswith("0.14.")


def test_private_names_of_faust_exist() -> None:
    """Each name that kit/batch_consumer.py overrides or reads."""
    methods = {"_drain_messages": 1, "_wait_next_records": 1, "_new_offset": 1, "on_partitions_assigned": 2}
    for name, parameters in methods.items():
        method = getattr(consumer.Consumer, name)
        assert len(inspect.signature(method).parameters) == parameters + 1, name
    source = inspect.getsource(consumer.Consumer)
    names = ("_acked", "_acked_index", "_buffered_partitions", "_committed_offset", "_read_offset")
    for name in (*names, "suspend_flow", "flow_active"):
        assert name in source, name
    assert "_new_consumer_thread" in inspect.getsource(consumer.ThreadDelegateConsumer)
    assert "_create_worker_consumer" in inspect.getsource(driver.AIOKafkaConsumerThread)
    assert driver.Transport.Consumer is driver.Consumer


def test_private_names_of_aiokafka_exist() -> None:
    """The fetch sizes are read when the consumer starts, the instance id when it leaves."""
    source = inspect.getsource(AIOKafkaConsumer)
    for name in ("_fetch_max_wait_ms", "_fetch_min_bytes", "_coordinator"):
        assert f"self.{name}" in source, name
    assert "self._group_instance_id" in inspect.getsource(GroupCoordinator)


def test_private_names_of_the_fetcher_exist() -> None:
    """What whole_fetch exchanges: the reader of a partition's records, and the client that brings their bytes."""
    fetcher = inspect.getsource(Fetcher)
    for name in ("self._client.send(node_id, request)", "self._records[tp]", "MemoryRecords(part_data[-1])"):
        assert name in fetcher, name
    assert "def _create_fetch_waiter(self)" in fetcher
    for name in ("self._records", "self._aborted_transactions", "self._check_crcs", "self.next_fetch_offset"):
        assert name in inspect.getsource(PartitionRecords), name
    assert "in self._partition_records:" in inspect.getsource(FetchResult.getall)
    assert len(inspect.signature(driver.AIOKafkaConsumerThread._fetch_records).parameters) == 5
