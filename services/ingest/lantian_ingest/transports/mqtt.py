"""MQTT 3.1.1 and 5: subscribes to a broker's topics; a message of QoS 1 is acknowledged when it is safe."""

import asyncio
import ssl
from typing import Any, Final

import structlog
from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from lantian_ingest.decoders.records.documents import DocumentError
from lantian_ingest.metrics import IngestMetrics
from lantian_ingest.outcome import Outcome
from lantian_ingest.publishers.desk import Desk, Report, Sender
from lantian_ingest.transports.mqtt_mapping import Broker, MqttMapping
from lantian_kit.clock import Clock

PROTOCOL: Final = "mqtt"
QOS: Final = 1
PAUSE_SECONDS: Final = 0.2
LONGEST_PAUSE_SECONDS: Final = 5.0
RECONNECT_SECONDS: Final = 30
UNANSWERED_AT_MOST: Final = 5000  # messages of QoS 0 that wait; more are lost, as their sender has accepted


class MqttFeeds:
    """One client with a lasting session: what comes while we are away, or was not acknowledged, the broker sends again.

    paho's own thread speaks to the broker; every message is handed to the event loop, in order. Messages are
    acknowledged in order too (MQTT 5, 4.6), each when it is safe: also one that was refused, which lies in the evidence
    with its reason. A broker that can not be reached is tried again without end and does not make this process unready.
    """

    name = "mqtt"

    def __init__(
        self, mapping: MqttMapping, desk: Desk, clock: Clock, metrics: IngestMetrics, *, body_bytes: int
    ) -> None:
        self.failure: asyncio.Future[None] | None = None
        self._mapping = mapping
        self._desk = desk
        self._clock = clock
        self._metrics = metrics
        self._body_bytes = body_bytes
        self._log = structlog.get_logger()
        self._queue: asyncio.Queue[tuple[MQTTMessage, int]] = asyncio.Queue()
        self._client: Client | None = None
        self._worker: asyncio.Task[None] | None = None
        self._session = 0  # counts connections: an acknowledgement belongs to the one its message came by

    async def start(self) -> None:
        """Begins to connect; returns at once. Raises OSError for certificate or password files that can not be read."""
        self._loop = asyncio.get_running_loop()
        self.failure = self._loop.create_future()
        self._worker = asyncio.create_task(self._work(), name=self.name)
        self._worker.add_done_callback(self._ended)
        broker = self._mapping.broker
        self._client = self._made(broker)
        properties = None
        if broker.protocol == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = broker.session_seconds
            properties.ReceiveMaximum = broker.in_flight
        arguments: dict[str, Any] = {} if properties is None else {"properties": properties, "clean_start": False}
        self._client.connect_async(broker.host, broker.port, broker.keepalive_seconds, **arguments)
        self._client.loop_start()

    def _made(self, broker: Broker) -> Client:
        five = broker.protocol == "5"
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            clean_session=None if five else False,
            protocol=MQTTv5 if five else MQTTv311,
            manual_ack=True,
        )
        if broker.username:
            password = broker.password_file.read_text(encoding="utf-8").strip() if broker.password_file else None
            client.username_pw_set(broker.username, password)
        if broker.tls is not None:
            context = ssl.create_default_context(cafile=broker.tls.ca_file)
            if broker.tls.cert_file is not None:
                context.load_cert_chain(broker.tls.cert_file, broker.tls.key_file)
            client.tls_set_context(context)
        client.reconnect_delay_set(1, RECONNECT_SECONDS)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    async def stop(self) -> None:
        """Leaves; what was not acknowledged comes again with the next session."""
        client = self._client
        if client is not None:
            client.disconnect()
            await asyncio.to_thread(client.loop_stop)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        self._metrics.mqtt_connected.set(0)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None and self.failure is not None:
            self.failure.set_exception(error)

    # These three are called by paho's thread.

    def _on_connect(self, client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            self._tell(self._log.warning, "the MQTT broker refuses us", reason=str(code))
            return
        self._session += 1
        client.subscribe([(mapping.topic, QOS) for mapping in self._mapping.mappings])
        self._metrics.mqtt_connected.set(1)
        self._tell(self._log.info, "connected to the MQTT broker", topics=len(self._mapping.mappings))

    def _on_disconnect(self, client: Client, userdata: Any, flags: Any, code: Any, properties: Any) -> None:
        self._metrics.mqtt_connected.set(0)
        self._tell(self._log.warning, "the MQTT broker is away", reason=str(code))

    def _on_message(self, client: Client, userdata: Any, message: MQTTMessage) -> None:
        self._tell(self._arrived, message, self._session)

    def _arrived(self, message: MQTTMessage, session: int) -> None:
        """On the event loop. QoS 1 is bounded by what the broker may send unacknowledged; QoS 0 is here."""
        if message.qos == 0 and self._queue.qsize() >= UNANSWERED_AT_MOST:
            self._metrics.frames.labels(PROTOCOL, Outcome.UNDELIVERED).inc()
            return
        self._queue.put_nowait((message, session))

    def _tell(self, call: Any, *arguments: Any, **words: Any) -> None:
        """Calls on the event loop; nothing when that has ended."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: call(*arguments, **words))

    async def _work(self) -> None:
        """Takes in order and acknowledges in order, without waiting for one message before taking the next."""
        under_way: asyncio.Queue[tuple[MQTTMessage, int, asyncio.Task[None]]] = asyncio.Queue(
            self._mapping.broker.in_flight
        )
        acknowledging = asyncio.create_task(self._acknowledge(under_way), name="mqtt acknowledgements")
        try:
            while True:
                message, session = await self._queue.get()
                report = await self._judge(message)
                task = asyncio.create_task(self._take(report))
                await under_way.put((message, session, task))
        finally:
            acknowledging.cancel()
            await asyncio.gather(acknowledging, return_exceptions=True)

    async def _judge(self, message: MQTTMessage) -> Report:
        broker = self._mapping.broker
        body = bytes(message.payload)
        sender = Sender(PROTOCOL, broker.client_id, f"{broker.host}:{broker.port}/{message.topic}", _mapped)
        if len(body) > self._body_bytes:
            return self._desk.too_large(body, sender, f"at most {self._body_bytes} bytes")
        try:
            document = self._mapping.document(message.topic, body, self._clock.now_ms())
        except DocumentError as error:
            return self._desk.unreadable(body, sender, error)
        return await self._desk.judge_rows(body, document, sender)

    async def _take(self, report: Report) -> None:
        pause = PAUSE_SECONDS
        while await self._desk.take(report) is Outcome.UNDELIVERED:
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _acknowledge(self, under_way: "asyncio.Queue[tuple[MQTTMessage, int, asyncio.Task[None]]]") -> None:
        while True:
            message, session, task = await under_way.get()
            await task
            if message.qos and session == self._session and self._client is not None:
                self._client.ack(message.mid, message.qos)


def _mapped(feed: str) -> bool:
    """The mapping file says which feeds there are."""
    return True
