"""A consumer without a group, connected however long the broker takes."""

import asyncio
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from lantian_kit import kafka_security

PAUSE_SECONDS = 0.5


async def connected(bootstrap: str, client_id: str, **options: Any) -> AIOKafkaConsumer:
    """Started, commits nothing; `options` are the client library's. The caller stops it."""
    while True:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            client_id=client_id,
            group_id=None,
            enable_auto_commit=False,
            **options,
            **kafka_security.options(),
        )
        try:
            await consumer.start()
        except KafkaError as error:
            structlog.get_logger().warning("waiting for the broker", error=repr(error))
            await consumer.stop()
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return consumer
