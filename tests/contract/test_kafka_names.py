"""kit/bus.py leans on private names of a pinned library: this fails when an upgrade takes one away."""

import inspect
from importlib.metadata import version

from kafka import KafkaProducer
from kafka.producer import producer_batch, record_accumulator, sender
from kafka.record import default_records, memory_records


def test_version_is_the_one_measured() -> None:
    """Another version needs kit/bus.py checked anew."""
    assert version("kafka-python") == "3.0.12"


def test_private_names_of_kafka_python_exist() -> None:
    """Each name that is read or written."""
    names = {
        KafkaProducer: ("self._accumulator =", "self._sender ="),
        record_accumulator.RecordAccumulator: (
            *("self._batches =", "def _tp_lock(self, tp)", "self._incomplete =", "self._closed =", "compression_attrs"),
            *("original_future.rebind(current_batch.produce_future, metadata.offset)", "len(batch._record_futures)"),
        ),
        memory_records.MemoryRecordsBuilder: ("self._builder =", "self._next_offset ="),
        default_records.DefaultRecordBatchBuilder: (
            *("self._buffer =", "self._num_records =", "self._last_offset =", "self._first_timestamp ="),
            "self._max_timestamp =",
        ),
        producer_batch.ProducerBatch: (
            *("self._record_futures =", "self.produce_future =", "success((base_offset, timestamp_ms, record_except"),
        ),
        sender.Sender: ("def wakeup(self)",),
    }
    for owner, found in names.items():
        source = inspect.getsource(owner)
        for name in found:
            assert name in source, f"{owner.__name__}: {name}"
