"""MQTT 5 over TLS: a message is acknowledged to the broker only when Kafka has its readings."""

import functools
import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lantian_local.ports import PortLease
from tests.integration.ingest.certificates import authority, issued
from tests.integration.ingest.mqtt5 import broker5
from tests.integration.ingest.running_others import gateway, sent_by


@pytest.fixture
def port() -> Iterator[int]:
    """A free port, held against other suites."""
    lease = PortLease()
    yield lease.any()
    lease.release()


async def test_mqtt_5_with_a_client_certificate(kafka: str, tmp_path: Path, port: int) -> None:
    """The protocol asked for is spoken; what can not be read is acknowledged too, it lies in the evidence."""
    ours = authority(tmp_path, "ours")
    server, client = issued(tmp_path, "broker", ours), issued(tmp_path, "client", ours)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(ours[2]))
    context.load_cert_chain(server)
    context.verify_mode = ssl.CERT_REQUIRED
    tls = {"ca_file": str(ours[2]), "cert_file": str(client), "key_file": str(client)}
    file = tmp_path / "mqtt.yaml"
    field = {"field": "active_power", "pointer": "/w", "unit": "W"}
    mapping = {"topic": "five/+", "feed": "mqtt5-{1}", "time": {"pointer": "/ts", "unit": "ms"}, "fields": [field]}
    broker = {"host": "127.0.0.1", "port": port, "client_id": "lantian-test-5", "protocol": "5", "tls": tls}
    file.write_text(yaml.safe_dump({"broker": broker, "mappings": [mapping]}))
    async with (
        broker5(port, context) as other,
        gateway(kafka, tmp_path, external_readings=False, mqtt_file=file) as running,
    ):
        running.register("mqtt5-a", protocol="records", record_kind="power-meter")
        connected = functools.partial(running.registry.get_sample_value, "lantian_ingest_mqtt_connected")
        await running.until(lambda: connected() == 1 and other.subscribed.is_set())
        assert other.level == 5
        good = json.dumps({"ts": running.clock.now_ms() - 60_000, "w": 2500}).encode()
        other.publish(7, "five/a", good)
        other.publish(8, "five/a", b"\xff noise")
        await running.until(lambda: sorted(other.acknowledged) == [7, 8])
        assert running.outcomes("mqtt") == {"accepted": 1, "malformed": 1}
        ((value, _),) = await sent_by(kafka, "source-mqtt5-a")
        assert value == 2.5
