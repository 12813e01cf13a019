"""aiokafka, reading only: what Faust's own client can take from the topic."""

import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer

from bench.contenders.contender import Task, Warming, report


async def main() -> None:
    """Counts bytes of all records."""
    task = Task.from_arguments(sys.argv[1:])
    consumer = AIOKafkaConsumer(
        task.topic, bootstrap_servers=task.bootstrap, group_id=task.group, auto_offset_reset="earliest",
        fetch_max_wait_ms=20, fetch_min_bytes=65536,
    )  # fmt: skip
    await consumer.start()
    warming, seen, before, size, cpu, wall = Warming(task), 0, 0, 0, 0.0, 0.0
    while seen < task.records:
        for place, records in (await consumer.getmany(timeout_ms=200, max_records=5_000)).items():
            size += sum([len(record.value) for record in records])
            seen += len(records)
            warming.saw(place.partition, len(records))
            if cpu == 0.0 and warming.over():
                cpu, wall, before = time.process_time(), time.perf_counter(), seen
    report(task, seen - before, time.process_time() - cpu, time.perf_counter() - wall, 0)


if __name__ == "__main__":
    asyncio.run(main())
