"""Vehicles, HTTP, Kafka and MQTT against a real Kafka, and a real MQTT broker: bad input costs only itself."""

import asyncio
import contextlib
import functools
import json
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvicorn
import yaml
from aiokafka import AIOKafkaProducer
from amqtt.broker import Broker  # type: ignore[import-untyped]
from fastapi import FastAPI
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from lantian_ingest.decoders.vehicle.pseudonym import Identity, pseudonym
from lantian_ingest.transports.vehicle import VehicleListener
from lantian_kit.health import Health
from lantian_local.ports import PortLease
from lantian_proto.events import PROTOBUF, header
from lantian_proto.topics import EXTERNAL_READINGS, RAW_FRAMES, dead_letters_of
from lantian_proto.v1.dead_letter_pb2 import DeadLetter
from lantian_proto.v1.external_pb2 import ExternalReadings, ExternalRecord, ExternalValue
from tests.integration.ingest.certificates import authority, client_context, issued
from tests.integration.ingest.running import records, values
from tests.integration.ingest.running_others import API_KEY, WAIT, Gateway, gateway, sent_by
from tests.unit.ingest.vehicle.frames import flagged, in_dialect, plain, six, stream


async def test_vehicle(kafka: str, tmp_path: Path) -> None:
    """Noise, a wrong check byte, a stranger and a future time before; the good frame's readings, and its answer."""
    vin = b"LGDCHA1G8MA700001"
    async with gateway(kafka, tmp_path, external_readings=False) as running:
        running.register(vin.decode(), protocol="vehicle")
        now = running.clock.now_ms() // 1000 * 1000
        unit = in_dialect("A", [(2, stream())], time_ms=now)
        bad = [b"\xff\x00 noise ", plain(2, unit, vin=vin)[:-1] + b"\x5a", plain(2, unit, vin=b"LGDCHA1G8MA700009")]
        bad.append(plain(2, in_dialect("A", [(2, stream())], time_ms=now + 86_400_000), vin=vin))
        login = flagged(1, six(now) + b"\0\1" + b"8986111922447196" + b"8385\0\0", vin=vin)
        reader, writer = await asyncio.open_connection("127.0.0.1", running.part(VehicleListener).port)
        try:
            writer.write(b"".join(bad) + plain(2, unit, vin=vin) + login)
            answer = await asyncio.wait_for(reader.readexactly(31), WAIT)
            assert (answer[2:4], answer[24:30]) == (b"\x01\x01", six(now))
        finally:
            writer.close()
            await writer.wait_closed()
        await running.intake.drain()
        counted = {"accepted": 2, "malformed": 2, "wrong-check": 1, "unknown-feed": 1}
        assert running.outcomes("vehicle") == counted
        values = await sent_by(kafka, f"source-{vin.decode()}")
        assert 30.0 in [value for value, _ in values]
        name = pseudonym(Identity.VIN, vin, bytes.fromhex("aa" * 32)).encode()
        own = [record for record in await records(kafka, RAW_FRAMES) if record.key == name]
        assert {(record.partition, record.offset) for record in own} >= {place for _, place in values}
        everything = [*await records(kafka, RAW_FRAMES), *own]
        assert not [record for record in everything if vin in (record.value or b"") + (record.key or b"")]


async def test_vehicles_over_tls(kafka: str, tmp_path: Path) -> None:
    """Only with a certificate of the named authority; in clear text nobody is answered."""
    vin = b"LGDCHA1G8MA700002"
    ours, theirs = authority(tmp_path, "ours"), authority(tmp_path, "theirs")
    server, good, bad = (issued(tmp_path, name, by) for name, by in (("server", ours), ("good", ours), ("bad", theirs)))
    settings: dict[str, Any] = {"vehicle_tls_certificate": server, "vehicle_tls_clients": ours[2], "frame_seconds": 2}
    async with gateway(kafka, tmp_path, external_readings=False, **settings) as running:
        running.register(vin.decode(), protocol="vehicle")
        now = running.clock.now_ms() // 1000 * 1000
        login = flagged(1, six(now) + b"\0\1" + b"8986111922447196" + b"8385\0\0", vin=vin)

        async def answered(context: ssl.SSLContext | None) -> bool:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                port = running.part(VehicleListener).port
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
                try:
                    writer.write(login)
                    return bool(await asyncio.wait_for(reader.readexactly(31), WAIT))
                finally:
                    writer.close()
            return False

        assert await answered(client_context(ours[2], good))
        assert not await answered(client_context(ours[2], bad))
        assert not await answered(client_context(ours[2], None))
        assert not await answered(None)
        assert running.outcomes("vehicle") == {"accepted": 1}


async def test_vehicle_links_are_bounded(kafka: str, tmp_path: Path) -> None:
    """One too many from an address, half a frame, silence: each ends by itself; time is the sweeper's argument."""
    settings = {"external_readings": False, "connections_per_address_at_most": 1}
    async with gateway(kafka, tmp_path, **settings) as running:
        listener = running.part(VehicleListener)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(plain(2, b"\x1a\x0b\x16" * 20)[:50])
        second, other = await asyncio.open_connection("127.0.0.1", listener.port)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(second.read(), WAIT) == b""
        await running.until(lambda: listener.pending)
        listener.sweep(listener.time() + running.settings.frame_seconds + 1)
        await running.intake.drain()
        assert running.outcomes("vehicle") == {"malformed": 1}
        listener.sweep(listener.time() + running.settings.idle_seconds + 1)
        assert await asyncio.wait_for(reader.read(), WAIT) == b""
        for each in (writer, other):
            each.close()
            with contextlib.suppress(ConnectionError):
                await each.wait_closed()
        closed = {"protocol": "vehicle"}
        for reason in ("over-address-limit", "idle"):
            name = "lantian_ingest_connections_closed_total"
            found = functools.partial(running.registry.get_sample_value, name, {**closed, "reason": reason})
            await running.until(lambda found=found: found() == 1)  # type: ignore[misc]


@contextlib.asynccontextmanager
async def serving(running: Gateway) -> AsyncIterator[str]:
    """The endpoint on a real socket."""
    app = FastAPI()
    running.others.serve(app, Health())
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    try:
        await running.until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def test_http(kafka: str, tmp_path: Path) -> None:
    """202 means that body and readings lie in Kafka; noise before it is answered and kept."""
    async with gateway(kafka, tmp_path, external_readings=False) as running, serving(running) as url:
        running.register("http-1", protocol="records", record_kind="station")
        now = running.clock.now_ms()
        rows = [{"feed": "http-1", "time": now - 60_000, "period": "real-time", "pm25": 35.25}]
        bad: list[Any] = [b"\xff\x00", [{**rows[0], "pm25": 1e308}], [{**rows[0], "time": now + 86_400_000}]]
        bad += [[{**rows[0], "pm25": {"value": 1, "unit": "ppm"}}], [{**rows[0], "feed": "http-2"}]]
        headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": "application/json"}
        async with aiohttp.ClientSession(headers=headers) as http:
            for body in bad:
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                async with http.post(f"{url}/v1/readings", data=data) as answer:
                    assert answer.status == 400
                    assert answer.content_type == "application/problem+json"
            async with http.post(f"{url}/v1/readings", data=json.dumps(rows)) as answer:
                assert answer.status == 202
                taken = await answer.json()
        assert running.outcomes("http") == {"accepted": 1, "malformed": 4, "unknown-feed": 1}
        ((value, place),) = await sent_by(kafka, "source-http-1")
        own = [r for r in await records(kafka, RAW_FRAMES) if header(r.headers, "ce_id") == taken["evidence"]]
        assert [(record.partition, record.offset) for record in own] == [place]
        assert (value, json.loads(own[0].value or b"")) == (35.25, rows)


async def test_external_readings(kafka: str, tmp_path: Path) -> None:
    """JSON and Protobuf are packed; what is refused lies in the dead letters with its reason, and stops nothing."""
    async with gateway(kafka, tmp_path) as running:
        running.register("ext-1", protocol="records", record_kind="power-meter")
        running.register("ext-gate", protocol="records", record_kind="gate")
        now = running.clock.now_ms() - 60_000
        good = json.dumps({"feed": "ext-1", "time": now, "active_power": {"value": 1500, "unit": "W"}}).encode()
        record = ExternalRecord(feed_id="ext-1", time_ms=now + 1, values=[ExternalValue(field="running", text="on")])
        packed = ExternalReadings(kind="power-meter", records=[record]).SerializeToString()
        plate = {"feed": "ext-gate", "time": now, "plate": "京A12345", "direction": "in", "fuel": "diesel"}
        bad = {
            "json": b"\xff\x00 noise",
            "number": good.replace(b"1500", b'"NaN"'),
            "unit": good.replace(b'"W"', b'"mg/m3"'),
            "unknown-feed": good.replace(b"ext-1", b"ext-2"),
            "identity-kind": json.dumps({**plate, "emission_stage": 5}, ensure_ascii=False).encode(),
        }
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        await producer.start()
        try:
            for value in bad.values():
                await producer.send_and_wait(EXTERNAL_READINGS, value, key=b"ext-1")
            await producer.send_and_wait(EXTERNAL_READINGS, b"\x0a\xff", headers=[("content-type", PROTOBUF.encode())])
            await producer.send_and_wait(EXTERNAL_READINGS, good, key=b"ext-1")
            await producer.send_and_wait(
                EXTERNAL_READINGS, packed, key=b"ext-1", headers=[("content-type", PROTOBUF.encode())]
            )
        finally:
            await producer.stop()
        await running.until(lambda: sum(running.outcomes("kafka").values()) == 8)
        counted = {"accepted": 2, "malformed": 4, "unknown-feed": 1, "unsupported": 1}
        assert running.outcomes("kafka") == counted
        assert sorted(value for value, _ in await sent_by(kafka, "source-ext-1")) == [1.0, 1.5]
        await running.until(
            lambda: running.registry.get_sample_value(
                "lantian_dead_letters_total", {"topic": EXTERNAL_READINGS, "group": "ingest", "reason": "protobuf"}
            )
            == 1
        )
        letters = [DeadLetter.FromString(value) for value in await values(kafka, dead_letters_of("ingest"))]
        own = [letter for letter in letters if letter.topic == EXTERNAL_READINGS]
        assert {letter.reason for letter in own} >= bad.keys()
        assert not [letter for letter in own if "京A12345".encode() in letter.value]


@contextlib.asynccontextmanager
async def mqtt_broker(port: int, certificate: Path | None = None) -> AsyncIterator[None]:
    """amqtt, in this loop; it speaks 3.1.1."""
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    listener: dict[str, Any] = {"type": "tcp", "bind": f"127.0.0.1:{port}"}
    if certificate is not None:
        listener |= {"ssl": True, "certfile": str(certificate), "keyfile": str(certificate)}
    config = {
        "listeners": {"default": listener},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    broker = Broker(config)
    await broker.start()
    try:
        yield
    finally:
        await broker.shutdown()


def publish(port: int, messages: list[tuple[str, bytes]], context: ssl.SSLContext | None = None) -> None:
    """A publisher that waits for every acknowledgement of the broker."""
    client = Client(CallbackAPIVersion.VERSION2, client_id="plant")
    if context is not None:
        client.tls_set_context(context)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        for topic, payload in messages:
            client.publish(topic, payload, qos=1).wait_for_publish(WAIT)
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.fixture
def port() -> Iterator[int]:
    """A free port, held against other suites."""
    lease = PortLease()
    yield lease.any()
    lease.release()


@pytest.mark.filterwarnings("ignore::DeprecationWarning:amqtt.*", "ignore::ResourceWarning")
@pytest.mark.parametrize("tls", [False, True], ids=["clear", "tls"])
async def test_mqtt(kafka: str, tmp_path: Path, port: int, *, tls: bool) -> None:
    """Mapped messages become readings; noise and strangers are counted; a broker that comes late is found."""
    broker: dict[str, Any] = {"host": "127.0.0.1", "port": port, "client_id": "lantian-test", "protocol": "3.1.1"}
    certificate, context = None, None
    if tls:
        ours = authority(tmp_path, "ours")
        certificate, context = issued(tmp_path, "broker", ours), client_context(ours[2], None)
        broker["tls"] = {"ca_file": str(ours[2])}
    letter = "t" if tls else "a"
    mapping = {
        "broker": broker,
        "mappings": [
            {
                "topic": "plants/+/power",
                "feed": "mqtt-{1}",
                "time": {"pointer": "/ts", "unit": "ms"},
                "fields": [{"field": "active_power", "pointer": "/w", "unit": "W"}],
            }
        ],
    }
    file = tmp_path / "mqtt.yaml"
    file.write_text(yaml.safe_dump(mapping))
    async with gateway(kafka, tmp_path, external_readings=False, mqtt_file=file) as running:
        running.register(f"mqtt-{letter}", protocol="records", record_kind="power-meter")
        connected = functools.partial(running.registry.get_sample_value, "lantian_ingest_mqtt_connected")
        assert connected() == 0
        async with mqtt_broker(port, certificate):
            await running.until(lambda: connected() == 1)
            now = running.clock.now_ms() - 60_000
            good = json.dumps({"ts": now, "w": 2500}).encode()
            bad = [b"\xff\x00", b"{}", good.replace(b"2500", b'"NaN"'), good.replace(b"2500", b"1e308")]
            future = json.dumps({"ts": now + 86_400_000, "w": 1}).encode()
            messages = [(f"plants/{letter}/power", payload) for payload in [*bad, future]]
            messages += [("plants/b/power", good), (f"plants/{letter}/power", good)]
            await asyncio.to_thread(publish, port, messages, context)
            await running.until(lambda: sum(running.outcomes("mqtt").values()) == len(messages))
            assert running.outcomes("mqtt") == {"accepted": 1, "malformed": 5, "unknown-feed": 1}
            ((value, _),) = await sent_by(kafka, f"source-mqtt-{letter}")
            assert value == 2.5
