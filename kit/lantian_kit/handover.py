"""Whole batches into the producer of kafka-python, past its own `send`; part of the door `bus`.

Leans on private names of kafka-python 3.0.12, which tests/contract/test_kafka_names.py guards: `_accumulator` and in it
`_batches`, `_tp_lock`, `_incomplete`, `_closed`; `_sender`; `_builder` and `_next_offset` of MemoryRecordsBuilder;
`_buffer`, `_num_records`, `_last_offset`, `_first_timestamp` and `_max_timestamp` of its builder; `_record_futures` of
ProducerBatch.
"""

import time
from collections.abc import Callable

from kafka import KafkaProducer
from kafka.errors import IllegalStateError
from kafka.producer.producer_batch import ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder

from lantian_kit.batches import Errors, Fate, Records, Slots


def built(records: Records, codec: int) -> MemoryRecordsBuilder:
    """A batch as the library would have built it; it writes header, check sum and compression when it sends."""
    found = MemoryRecordsBuilder(2, codec, 0)  # room for no bytes, so that it is full
    builder = found._builder
    builder._buffer += records.payload
    builder._num_records = found._next_offset = len(records.stamps)
    builder._last_offset = len(records.stamps) - 1
    builder._first_timestamp, builder._max_timestamp = records.stamps[0], max(records.stamps)
    return found


def hand_over(
    producer: KafkaProducer, records: Records, settled: Callable[[int, Errors | None], None], fate: Fate
) -> None:
    """Gives the records to the producer's sender, behind what it has of the partition.

    `settled` hears of all of them at once, the offset of the first or what is wrong; `fate` of each one instead when
    the broker made the library divide them. Both are called in its thread. Raises IllegalStateError when the producer
    is closed.
    """
    accumulator = producer._accumulator
    batch = ProducerBatch(records.place, built(records, accumulator.config["compression_attrs"]), now=time.monotonic())
    batch._record_futures = Slots(fate, len(records))
    batch.produce_future.add_callback(lambda result: settled(result[0], result[2]))
    batch.produce_future.add_errback(lambda error: settled(-1, lambda _: error))
    with accumulator._tp_lock(records.place):
        if accumulator._closed:
            raise IllegalStateError("the producer is closed")
        accumulator._batches[records.place].append(batch)
        accumulator._incomplete.add(batch)
    producer._sender.wakeup()
