"""librdkafka, reading only: the ceiling of what a Python process can take from the topic."""

from confluent_kafka import Consumer

from bench.contenders.peers.job import Stopwatch


def main() -> None:
    """Counts bytes of all records."""
    watch = Stopwatch()
    consumer = Consumer(
        {
            "bootstrap.servers": watch.task.bootstrap,
            "group.id": watch.task.group,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 20,
        }
    )
    consumer.subscribe([watch.task.topic])
    size = 0
    while True:
        for message in consumer.consume(5_000, 0.05):
            size += len(message.value())
            watch.saw(message.partition())


if __name__ == "__main__":
    main()
