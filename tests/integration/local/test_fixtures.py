"""The shared fixtures give a working Kafka and a working store."""

from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from pymongo import MongoClient


def test_a_record_sent_to_the_broker_can_be_read_back(kafka: str) -> None:
    """Send one record of 5 MiB (larger than the stock limit) with acks=all and fetch it."""
    value = b"x" * (5 * 1024 * 1024)
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic("fixtures.large", num_partitions=1, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=kafka, acks="all", max_request_size=8_000_000)
    producer.send("fixtures.large", value).get(timeout=30)
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, group_id=None)
    consumer.assign([TopicPartition("fixtures.large", 0)])
    consumer.seek_to_beginning()
    records: list[Any] = []
    while not records:
        records = [record for batch in consumer.poll(timeout_ms=5000).values() for record in batch]
    consumer.close()
    assert [record.value for record in records] == [value]


def test_a_document_written_to_the_store_can_be_read_back(store_url: str, store_database: str) -> None:
    """Insert one document into the test's own database, which starts empty."""
    with MongoClient[dict[str, Any]](store_url) as client:
        assert client[store_database].list_collection_names() == []
        client[store_database].things.insert_one({"_id": "a", "n": 1})
        assert client[store_database].things.find_one({"_id": "a"}) == {"_id": "a", "n": 1}


def test_each_test_gets_a_database_of_its_own(store_url: str, store_database: str) -> None:
    """Nothing written by the test before is visible."""
    with MongoClient[dict[str, Any]](store_url) as client:
        assert client[store_database].things.count_documents({}) == 0
