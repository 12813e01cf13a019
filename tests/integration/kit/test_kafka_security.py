"""Every kind of client against a real broker that wants TLS and SCRAM, and is refused without."""

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from kafka.admin import KafkaAdminClient, ScramMechanism, UserScramCredentialUpsertion
from prometheus_client import CollectorRegistry

from lantian_kit.bus import Producer, create_topics
from lantian_kit.clock import SuiteClock
from lantian_kit.deadletter import DeadLetters
from lantian_kit.metrics import KitMetrics
from lantian_kit.records import Record
from lantian_kit.settings import ProcessSettings
from lantian_kit.whole import read_whole
from lantian_kit.worker import RecordWorker
from lantian_local.kafka import kafka as kafka_part
from lantian_local.part import Child, await_ready, in_silence
from lantian_local.ports import HOST, PortLease
from lantian_proto.topics import LEADS, TOPICS, dead_letters_of
from tests.conftest import JARS, READY_SECONDS
from tests.support.certificates import a_certificate

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="certificates are made by the openssl command")

USER, PASSWORD = "lantian-test", "not-a-secret-of-anybody"
LISTENER = """
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller},SECURE://{host}:{secure}
advertised.listeners=PLAINTEXT://{host}:{port},SECURE://{host}:{secure}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={keystore}
"""


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of the listener that wants proof, and the certificate to trust."""
    folder = tmp_path_factory.mktemp("secured")
    certificate, key = a_certificate(folder, name=HOST, address=True)
    keystore = folder / "keystore.pem"
    keystore.write_text(key.read_text() + certificate.read_text())
    lease = PortLease()
    port, controller, secure = (lease.any() for _ in range(3))
    part = kafka_part(folder / "kafka", port=port, controller=controller, jar_cache=JARS, quick=True)
    config = folder / "kafka" / "server.properties"

    def prepare(say: object) -> None:
        part.prepare(in_silence)
        more = LISTENER.format(host=HOST, port=port, controller=controller, secure=secure, keystore=keystore)
        config.write_text(config.read_text() + more)

    prepare(None)
    child = Child(replace(part, prepare=prepare))
    try:
        await_ready(child, READY_SECONDS)
        admin = KafkaAdminClient(bootstrap_servers=[f"{HOST}:{port}"])
        told = admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_512, password=PASSWORD, iterations=4096)]
        )
        admin.close()
        assert not any(told.values()), told
        yield f"{HOST}:{secure}", certificate
    finally:
        child.stop()
        lease.release()


def prove(monkeypatch: pytest.MonkeyPatch, trust: Path, password: str = PASSWORD) -> None:
    """The environment of a process that may."""
    monkeypatch.setenv("LANTIAN_KAFKA_SECURITY", "SASL_SSL")
    monkeypatch.setenv("LANTIAN_KAFKA_CA_FILE", str(trust))
    monkeypatch.setenv("LANTIAN_KAFKA_USER", USER)
    monkeypatch.setenv("LANTIAN_KAFKA_PASSWORD", password)


async def test_every_client_proves_itself(secured: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Administration, producing, reading, and a group under Faust."""
    bootstrap, certificate = secured
    prove(monkeypatch, certificate)
    written = [TOPICS[LEADS], replace(TOPICS[dead_letters_of("tasks")], name=dead_letters_of("secured"))]
    await asyncio.to_thread(create_topics, bootstrap, written, partitions_override=1)
    producer = Producer(bootstrap, "test", [LEADS, dead_letters_of("secured")])
    await producer.start()
    await producer.send(LEADS, b"a lead", key=b"s1")
    assert [record.value async for record in read_whole(bootstrap, LEADS)] == [b"a lead"]
    came = asyncio.Event()

    async def handle(record: Record) -> str:
        came.set()
        return "taken"

    metrics = KitMetrics(CollectorRegistry())
    letters = DeadLetters(producer, SuiteClock(), metrics, "kit")
    settings = ProcessSettings(kafka_bootstrap=bootstrap)
    worker = RecordWorker(settings, group="secured", topic=LEADS, handle=handle, dead_letters=letters, metrics=metrics)
    await worker.start()
    async with asyncio.timeout(READY_SECONDS):
        await came.wait()
    await worker.stop()
    await producer.stop()


@pytest.mark.parametrize("fault", ["password", "certificate"])
async def test_who_proves_nothing_is_refused(
    secured: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """A wrong password, and a broker whose certificate nobody vouches for."""
    bootstrap, certificate = secured
    trust = a_certificate(tmp_path)[0] if fault == "certificate" else certificate
    prove(monkeypatch, trust, "wrong" if fault == "password" else PASSWORD)
    with pytest.raises((KafkaError, OSError)):
        async with asyncio.timeout(READY_SECONDS):
            [record async for record in read_whole(bootstrap, LEADS)]
